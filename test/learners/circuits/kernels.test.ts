import assert from "node:assert/strict";
import { test } from "node:test";
import { LEAST, workspace } from "../../../src/learners/circuits/kernels.ts";
import { randomFromSeed } from "../../../src/random.ts";

const random = randomFromSeed(1);

test("the product of matrices is that of three plain loops, the left one transposed or not", () => {
  for (const [rows, columns, inner] of [
    [4, 8, 1],
    [8, 16, 5],
    [64, 24, 33],
  ] as const) {
    const place = workspace(1 << 18);
    const a = place.floats(rows * inner);
    const turned = place.floats(rows * inner);
    const b = place.floats(inner * columns);
    const c = place.floats(rows * columns);
    for (let i = 0; i < rows; i++)
      for (let t = 0; t < inner; t++) turned.view[t * rows + i] = a.view[i * inner + t] = random.normal();
    for (let i = 0; i < b.view.length; i++) b.view[i] = random.normal();
    for (const transposed of [false, true]) {
      c.view.fill(9);
      const [at, row, next] = transposed ? [turned.at, 4, 4 * rows] : [a.at, 4 * inner, 4];
      place.kernels.product(
        c.at,
        4 * columns,
        at as number,
        row as number,
        next as number,
        b.at,
        4 * columns,
        rows,
        columns,
        inner,
      );
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < columns; j++) {
          let sum = 0;
          for (let t = 0; t < inner; t++)
            sum = Math.fround(sum + Math.fround(a.view[i * inner + t]! * b.view[t * columns + j]!));
          // In the same order: the same bits.
          assert.equal(c.view[i * columns + j], sum);
        }
    }
  }
});

test("rows are gathered, scattered, scaled, blended and divided as plain loops would", () => {
  const place = workspace(1 << 16);
  const { kernels } = place;
  const [rows, width, entries] = [7, 12, 5];
  const fill = (count: number) => {
    const placed = place.floats(count);
    for (let i = 0; i < count; i++) placed.view[i] = 0.1 + random.uniform();
    return placed;
  };
  const x = fill(rows * width);
  const y = fill(rows * width);
  const table = fill(entries * width);
  const codes = place.bytes(rows);
  for (let r = 0; r < rows; r++) codes.view[r] = random.integer(entries);
  const before = x.view.slice();
  const each = (
    wanted: (i: number, r: number, k: number) => number,
    found: Float32Array,
    from = rows * width,
  ): void => {
    for (let i = 0; i < from; i++) assert.equal(found[i], Math.fround(wanted(i, Math.floor(i / width), i % width)));
  };
  const entry = (r: number, k: number): number => table.view[codes.view[r]! * width + k]!;
  kernels.gatherMultiply(x.at, table.at, codes.at, rows, 4 * width);
  each((i, r, k) => before[i]! * entry(r, k), x.view);
  kernels.gather(x.at, table.at, codes.at, rows, 4 * width);
  each((_, r, k) => entry(r, k), x.view);
  kernels.multiply(x.at, y.at, 4 * rows * width);
  each((i, r, k) => entry(r, k) * y.view[i]!, x.view);
  const product = x.view.slice();
  kernels.multiplyAdd(x.at, y.at, y.at, 4 * rows * width);
  each((i) => product[i]! + Math.fround(y.view[i]! * y.view[i]!), x.view);
  x.view.set(before);
  const factors = place.floats(2);
  factors.view.set([0.25, 3]);
  kernels.blend(x.at, y.at, factors.at, 4 * rows * width);
  each((i) => Math.fround(before[i]! * 0.25) + Math.fround(y.view[i]! * 3), x.view);
  kernels.divide(x.at, y.at, x.at, 4 * rows * width);
  each((i) => y.view[i]! / Math.fround(Math.fround(before[i]! * 0.25) + Math.fround(y.view[i]! * 3)), x.view);
  const sums = place.floats(rows);
  x.view.set(before);
  x.view[3] = 0;
  kernels.normalise(x.at, sums.at, rows, 4 * width);
  for (let r = 0; r < rows; r++) {
    let sum = 0;
    for (let k = 0; k < width; k++) sum += r === 0 && k === 3 ? 0 : before[r * width + k]!;
    assert.ok(Math.abs(sums.view[r]! - sum) < 1e-5);
    for (let k = 0; k < width; k++)
      if (r > 0 || k !== 3) assert.ok(Math.abs(x.view[r * width + k]! - before[r * width + k]! / sum) < 1e-6);
  }
  assert.equal(x.view[3], Math.fround(LEAST));
  table.view.fill(0);
  kernels.scatterAdd(table.at, codes.at, y.at, rows, 4 * width);
  for (let e = 0; e < entries; e++)
    for (let k = 0; k < width; k++) {
      let sum = 0;
      for (let r = 0; r < rows; r++) if (codes.view[r] === e) sum = Math.fround(sum + y.view[r * width + k]!);
      assert.equal(table.view[e * width + k], sum);
    }
});

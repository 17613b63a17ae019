import assert from "node:assert/strict";
import { test } from "node:test";
import { designPilot, MULTIPLES, SHARES, sizesUpTo } from "../../../src/hybrid/planner/design.ts";

test("the default sizes rise about twofold to what is there, at most seven of them", () => {
  assert.deepEqual(sizesUpTo(50_000), [25, 50, 100, 250, 500, 1000, 2000]);
  assert.deepEqual(sizesUpTo(700), [25, 50, 100, 250, 500, 700]);
  assert.deepEqual(sizesUpTo(2100), [25, 50, 100, 250, 500, 1000, 2100]);
  assert.deepEqual(sizesUpTo(125), [25, 50, 100, 125]);
  for (let rows = 30; rows < 6000; rows += 13) {
    const sizes = sizesUpTo(rows);
    assert.ok(sizes.length <= 7 && (sizes.at(-1) as number) <= rows);
    for (let i = 1; i < sizes.length; i++)
      assert.ok((sizes[i] as number) >= 1.24 * (sizes[i - 1] as number), `${sizes}`);
  }
});

test("every size, multiple, seed and arm is measured once, and the shares of one total from none to all", () => {
  const design = designPilot({ sizes: sizesUpTo(5000), multiples: MULTIPLES, seeds: 3, arms: ["mix", "pretrain"] });
  const cells = design.draws.flatMap(({ size, seed, cells: own }) =>
    own.map(({ real, synthetic, arm }) => [size, seed, real, synthetic, arm].join(" ")),
  );
  assert.equal(new Set(cells).size, cells.length);
  for (const size of design.sizes)
    for (const seed of [0, 1, 2])
      for (const multiple of MULTIPLES)
        for (const arm of multiple === 0 ? ["mix"] : ["mix", "pretrain"])
          assert.ok(cells.includes([size, seed, size, multiple * size, arm].join(" ")));
  assert.equal(design.total, 1000);
  const line = design.draws.filter(({ seed }) => seed === 0).flatMap(({ cells: own }) => own);
  for (const share of SHARES)
    assert.ok(
      line.some(({ real, synthetic }) => real + synthetic === 1000 && Math.abs(synthetic / 1000 - share) < 1e-9),
      `${share}`,
    );
  // Synthetic rows alone are those of the draw beside whose rows they were measured at 97.5 %.
  assert.ok(cells.includes("25 0 25 975 mix") && cells.includes("25 0 0 1000 mix"));
  for (const { synthetic, cells: own } of design.draws)
    assert.equal(synthetic, Math.max(...own.map((cell) => cell.synthetic)));
  assert.equal(design.draws.length, 21);
});

test("without synthetic rows there is nothing along the share, and no generator", () => {
  const design = designPilot({ sizes: [10, 20], multiples: [0], seeds: 2, arms: ["mix", "pretrain"] });
  assert.deepEqual(
    design.draws.map(({ size, seed, synthetic, cells }) => [size, seed, synthetic, cells.length]),
    [
      [20, 0, 0, 1],
      [20, 1, 0, 1],
      [10, 0, 0, 1],
      [10, 1, 0, 1],
    ],
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Json } from "../../src/llm/model.ts";
import { type Attempt, anotherSample, attemptsOf } from "../../src/text/identity.ts";
import type { Recipe } from "../../src/text/recipe.ts";

type Cells = Readonly<Record<string, Json>>;

const sourceOf = (rows: readonly Cells[]) => ({ count: rows.length, row: (index: number) => rows[index] as Cells });

/** The attempts of one pass, or of the first few. */
function attempts(
  rows: readonly Cells[],
  options: {
    readonly source?: Partial<Recipe["source"]>;
    readonly columns?: readonly string[];
    readonly passes?: number;
  } = {},
): readonly Attempt[] {
  const recipe = {
    source: { from: "x", ...options.source },
    rows: options.passes === undefined ? ("all" as const) : 1,
    seed: 3,
  };
  const at = attemptsOf(recipe, { source: sourceOf(rows), columns: options.columns ?? ["a", "b"] });
  return Array.from({ length: rows.length * (options.passes ?? 1) }, (_, i) => at(i) as Attempt);
}

const marks = (all: readonly Attempt[]): string[] => all.map(({ identity, sample }) => `${identity} ${sample}`);

/** Few values, so that rows are often equal. */
const rowsOf = fc.array(fc.record({ a: fc.nat(2), b: fc.constantFrom("x", "y", null) }), {
  minLength: 1,
  maxLength: 30,
});

/** What is in one list and not in the other, equal items counted. */
function missingFrom(items: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return items.filter((item) => {
    const at = left.indexOf(item);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

for (const order of ["as-is", "shuffled"] as const)
  test(`an edited, inserted or removed row changes what no other row is (${order})`, () => {
    fc.assert(
      fc.property(rowsOf, fc.nat(), fc.nat(2), (rows: readonly Cells[], at, a) => {
        const i = at % rows.length;
        const row = { a, b: "z" };
        const before = marks(attempts(rows, { source: { order } }));
        const same = (after: readonly string[]): void => {
          assert.equal(new Set(after).size, after.length);
          assert.ok(missingFrom(before, after).length <= 1, "more than one row is gone");
          assert.ok(missingFrom(after, before).length <= 1, "more than one row is new");
        };
        same(marks(attempts(rows.with(i, row), { source: { order } })));
        same(marks(attempts(rows.toSpliced(i, 0, row), { source: { order } })));
        same(marks(attempts(rows.toSpliced(i, 1), { source: { order } })));
        // The rows that are left come in the same order.
        const after = marks(attempts(rows.toSpliced(i, 0, row), { source: { order } }));
        assert.deepEqual(
          after.filter((mark) => before.includes(mark)),
          before,
        );
      }),
      { seed: 5, numRuns: 200 },
    );
  });

test("no two attempts are alike, equal rows and later passes included, and each has its own sample", () => {
  fc.assert(
    fc.property(rowsOf, fc.integer({ min: 1, max: 4 }), (rows, passes) => {
      const all = attempts(rows, { passes });
      assert.equal(new Set(all.map(({ identity }) => identity)).size, all.length);
      assert.equal(new Set(all.map(({ sample }) => sample)).size, all.length);
      for (const { sample } of all) assert.ok(Number.isInteger(sample) && sample >= 0 && sample < 2 ** 30);
    }),
    { seed: 6, numRuns: 200 },
  );
});

test("a row is what the recipe reads of it, whatever the order of its columns", () => {
  const rows = [
    { a: 1, b: "x", c: 1 },
    { a: 2, b: "y", c: 2 },
  ];
  const edited = [{ b: "x", c: 7, a: 1 }, rows[1] as Cells];
  assert.deepEqual(marks(attempts(rows)), marks(attempts(edited)));
  assert.notDeepEqual(marks(attempts(rows, { columns: ["a", "c"] })), marks(attempts(edited, { columns: ["a", "c"] })));
});

test("with a key a row stays itself when its other cells are edited", () => {
  const rows = [
    { id: 1, a: 1, b: "x" },
    { id: 2, a: 2, b: "y" },
  ];
  const edited = [{ id: 1, a: 9, b: "z" }, rows[1] as Cells];
  const source = { key: "id" };
  assert.deepEqual(marks(attempts(rows, { source })), marks(attempts(edited, { source })));
  assert.equal(attempts(edited, { source })[0]?.source.a, 9);
});

test("a source that is used up ends, or begins again where a number of rows is wanted", () => {
  const given = { source: sourceOf([{ a: 1 }, { a: 2 }]), columns: ["a"] };
  const source = { from: "x" };
  assert.equal(attemptsOf({ source }, given)(2), undefined);
  assert.equal(attemptsOf({ source, rows: 5 }, given)(2)?.sourceIndex, 0);
  assert.equal(attemptsOf({ source: { from: "x", repeat: false }, rows: 5 }, given)(2), undefined);
  assert.equal(attemptsOf({ source, rows: 5 }, { source: sourceOf([]), columns: [] })(0), undefined);
});

test("without a source an attempt is known by its number", () => {
  const at = attemptsOf({ rows: 3 }, { source: null, columns: [] });
  assert.deepEqual(at(7), { sample: 7, source: {}, sourceIndex: null, identity: "7" });
});

test("a shuffled order is a permutation that depends on the seed, and is even", () => {
  const rows = Array.from({ length: 2000 }, (_, a) => ({ a }));
  const orderOf = (seed: number): number[] => {
    const at = attemptsOf(
      { source: { from: "x", order: "shuffled" }, seed },
      { source: sourceOf(rows), columns: ["a"] },
    );
    return rows.map((_, i) => at(i)?.sourceIndex as number);
  };
  const first = orderOf(1);
  assert.deepEqual(
    [...first].sort((x, y) => x - y),
    rows.map(({ a }) => a),
  );
  assert.notDeepEqual(first, orderOf(2));
  // Spearman's correlation with the file's order: of 2,000 it is normal with deviation 1 / √1999; 4.9 of them is one false alarm in a million.
  const mean = 999.5;
  const covariance = first.reduce((sum, x, i) => sum + (x - mean) * (i - mean), 0);
  const variance = first.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  assert.ok(Math.abs(covariance / variance) < 4.9 / Math.sqrt(1999));
});

test("the samples of many rows spread over all 30 bits", () => {
  const rows = Array.from({ length: 4096 }, (_, a) => ({ a, b: "x" }));
  const samples = attempts(rows).map(({ sample }) => sample);
  for (let bit = 0; bit < 30; bit++) {
    const ones = samples.filter((sample) => (sample >>> bit) & 1).length;
    // Binomial(4096, ½) has deviation 32: 5.4 of them is a false alarm of 1e-6 over all 30.
    assert.ok(Math.abs(ones - 2048) < 5.4 * 32, `bit ${bit}: ${ones}`);
  }
  assert.ok(new Set(samples).size >= 4094);
});

test("steps that ask alike have samples of their own", () => {
  const samples = [5, anotherSample(5, 1), anotherSample(5, 2), anotherSample(6, 1)];
  assert.equal(new Set(samples).size, 4);
});

test("many rows are known in constant memory a row", () => {
  const count = 200_000;
  const row = { a: "a text of some length that stays the same", b: 0 };
  const source = { count, row: (index: number) => ({ ...row, b: index }) };
  const before = process.memoryUsage().arrayBuffers;
  const at = attemptsOf({ source: { from: "x" } }, { source, columns: ["a", "b"] });
  assert.equal(at(count - 1)?.sourceIndex, count - 1);
  const bytes = (process.memoryUsage().arrayBuffers - before) / count;
  assert.ok(bytes <= 24, `${bytes} bytes a row`);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Budget, createBudget } from "../../../src/dp/budget.ts";
import { randomFromSeed, secureSource } from "../../../src/random.ts";
import { type CliqueEstimate, type Curator, createCurator } from "../../../src/synthesizers/private/curator.ts";
import { type Asked, scriptedBudget } from "./scripted-budget.ts";

const names = ["a", "b", "c"];
const sizes = [2, 3, 2];

/** Rows as columns of codes. */
function columnsOf(rows: readonly (readonly number[])[]): Uint8Array[] {
  return sizes.map((_, j) => Uint8Array.from(rows, (row) => row[j] as number));
}

function everyRow(): number[][] {
  const out: number[][] = [];
  for (let a = 0; a < 2; a++) for (let b = 0; b < 3; b++) for (let c = 0; c < 2; c++) out.push([a, b, c]);
  return out;
}

const cliques = [[0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]];

/** Estimates that no grid holds. */
function oddEstimates(seed: number, weights: readonly number[]): CliqueEstimate[] {
  const random = randomFromSeed(seed);
  return cliques.map((clique, i) => ({
    clique,
    estimate: Float64Array.from({ length: clique.reduce((cells, j) => cells * (sizes[j] as number), 1) }, () =>
      random.uniform() < 0.2 ? 0 : (random.uniform() * 7) / 3,
    ),
    weight: weights[i] as number,
    expected: random.uniform() * 2,
  }));
}

test("one row more changes each score by at most what is accounted for, over all tables of up to three rows", () => {
  const rows = everyRow();
  const tables: number[][][] = [[]];
  for (let i = 0; i < 12; i++) for (let j = i; j < 12; j++) tables.push([rows[i] as number[], rows[j] as number[]]);
  for (let i = 0; i < 12; i++) tables.push([rows[i] as number[]]);
  for (const weights of [
    [2, 2, 2, 4, 4, 4, 6],
    [0.1, 0.7, 1 / 3, 2.2, 5e6, 3, 0],
    [7000, 1, 1, 6500, 3, 2, 9000],
  ]) {
    const estimates = oddEstimates(3, weights);
    const asked = (table: readonly (readonly number[])[]): { scores: readonly number[]; sensitivity: number } => {
      const budget = scriptedBudget(1);
      createCurator({ codes: columnsOf(table), sizes, names, budget }).choose(estimates, { rho: 0.01 });
      const [line] = budget.asked;
      return { scores: line?.truth as readonly number[], sensitivity: line?.sensitivity as number };
    };
    let most = 0;
    for (const table of tables) {
      const before = asked(table);
      for (const row of rows) {
        const after = asked([...table, row]);
        assert.equal(after.sensitivity, before.sensitivity);
        before.scores.forEach((score, i) => {
          // Exactly: not even rounding may add to it.
          assert.ok(Math.abs((after.scores[i] as number) - score) <= before.sensitivity);
          most = Math.max(most, Math.abs((after.scores[i] as number) - score));
        });
      }
    }
    // The bound is reached: it is no larger than it must be.
    assert.equal(most, asked([]).sensitivity);
  }
});

test("one row more changes the counts that are measured by one in one cell, over all tables of two rows", () => {
  const rows = everyRow();
  const asked = (table: readonly (readonly number[])[], clique: readonly number[]): readonly number[] => {
    const budget = scriptedBudget(1);
    createCurator({ codes: columnsOf(table), sizes, names, budget }).measure(clique, { rho: 0.01 });
    return budget.asked[0]?.truth as readonly number[];
  };
  for (const clique of cliques)
    for (const one of rows)
      for (const other of rows) {
        const before = asked([one], clique);
        const change = asked([one, other], clique).map((count, i) => count - (before[i] as number));
        assert.deepEqual(
          change.filter((value) => value !== 0),
          [1],
        );
      }
});

test("scores are weight × (error − what is expected), up to the grid", () => {
  const random = randomFromSeed(5);
  const rows = Array.from({ length: 200 }, () => [random.integer(2), random.integer(3), random.integer(2)]);
  const estimates = oddEstimates(9, [2, 2, 2, 4, 4, 4, 6]);
  const budget = scriptedBudget(1);
  createCurator({ codes: columnsOf(rows), sizes, names, budget }).choose(estimates, { rho: 0.01 });
  estimates.forEach(({ clique, estimate, weight, expected }, i) => {
    const counts = new Map<number, number>();
    for (const row of rows) {
      const cell = clique.reduce((at, j) => at * (sizes[j] as number) + (row[j] as number), 0);
      counts.set(cell, (counts.get(cell) ?? 0) + 1);
    }
    const error = estimate.reduce((sum, value, cell) => sum + Math.abs((counts.get(cell) ?? 0) - value), 0);
    const score = ((budget.asked[0] as Asked).truth as readonly number[])[i] as number;
    assert.ok(Math.abs(score - weight * (error - expected)) < 1e-3);
  });
});

/** Rows whose every reading is noted, with the number of ledger lines at the time. */
function watched(codes: readonly Uint8Array[], note: () => void): Uint8Array[] {
  return codes.map(
    (column) =>
      new Proxy(column, {
        get(target, name) {
          if (typeof name === "string" && /^\d+$/.test(name)) note();
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
      }),
  );
}

test("rows are read only inside calls that add one line to the ledger", () => {
  const random = randomFromSeed(2);
  const rows = Array.from({ length: 50 }, () => [random.integer(2), random.integer(3), random.integer(2)]);
  let reads = 0;
  const budget: Budget = createBudget({
    epsilon: 5,
    delta: 1e-6,
    unit: { kind: "row", rows: 1 },
    source: secureSource(),
  });
  const curator = createCurator({
    codes: watched(columnsOf(rows), () => {
      reads++;
    }),
    sizes,
    names,
    budget,
  });
  const rho = curator.remaining / 10;
  const call = (act: () => unknown): number => {
    const [lines, before] = [budget.lines.length, reads];
    act();
    assert.equal(budget.lines.length, lines + 1);
    return reads - before;
  };
  assert.ok(call(() => curator.measure([0, 1], { rho })) > 0);
  assert.ok(call(() => curator.choose(oddEstimates(1, [1, 1, 1, 1, 1, 1, 1]), { rho })) > 0);
  const free = [reads, budget.lines.length];
  const merged: Curator = curator.merged([
    { mergedOf: Uint8Array.of(0, 1), size: 2 },
    { mergedOf: Uint8Array.of(0, 0, 1), size: 2 },
    { mergedOf: Uint8Array.of(0, 0), size: 1 },
  ]);
  assert.deepEqual(merged.sizes, [2, 2, 1]);
  assert.ok(merged.remaining > 0 && merged.sigmaFor(rho) > 0);
  assert.deepEqual([reads, budget.lines.length], free, "what costs nothing reads nothing");
  call(() => merged.measure([0, 1], { rho }));
  // Too little is left: nothing is said, no line is written.
  assert.throws(() => curator.measure([0], { rho: 100 * rho }), { code: "budget-exceeded" });
  assert.equal(budget.lines.length, 3);
});

test("merged values have the sums of their counts", () => {
  const random = randomFromSeed(4);
  const rows = Array.from({ length: 80 }, () => [random.integer(2), random.integer(3), random.integer(2)]);
  const budget = scriptedBudget(1);
  const map = { mergedOf: Uint8Array.of(1, 0, 1), size: 2 };
  const same = { mergedOf: Uint8Array.of(0, 1), size: 2 };
  const curator = createCurator({ codes: columnsOf(rows), sizes, names, budget }).merged([same, map, same]);
  curator.measure([0, 1], { rho: 0.01 });
  const wanted = [0, 0, 0, 0];
  for (const [a, b] of rows as [number, number][]) wanted[2 * a + (b === 1 ? 0 : 1)]!++;
  assert.deepEqual(budget.asked[0]?.truth, wanted);
});

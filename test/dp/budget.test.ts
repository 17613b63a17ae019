import assert from "node:assert/strict";
import { test } from "node:test";
import { rhoFor } from "../../src/dp/accountant.ts";
import { type Budget, createBudget, type PrivacyUnit } from "../../src/dp/budget.ts";
import { compareSquare, rationalOf } from "../../src/dp/rational.ts";
import { randomFromSeed, type SecureSource, secureSource } from "../../src/random.ts";
import { chiSquaredRatio, discreteGaussianLaw, seededSource } from "./laws.ts";

const row: PrivacyUnit = { kind: "row", rows: 1 };
const person = (rows: number): PrivacyUnit => ({ kind: "group", column: "person", rows });

const budgetOf = (options: Partial<Parameters<typeof createBudget>[0]> = {}): Budget =>
  createBudget({ epsilon: 1, delta: 1e-9, unit: row, source: seededSource(74), ...options });

/** A source that counts what is drawn. */
function countingSource(): SecureSource & { drawn: number } {
  const inner = seededSource(75);
  const source = {
    secure: true as const,
    drawn: 0,
    uint32() {
      source.drawn++;
      return inner.uint32();
    },
  };
  return source;
}

test("the lines sum to what is spent, and spending all gives the epsilon that was asked, not more", () => {
  const budget = budgetOf({ reserveDelta: 1e-10 });
  assert.equal(budget.rho, rhoFor(1, 9e-10) * (1 - 2e-9));
  for (let i = 0; i < 300; i++) budget.gaussian([3, 4], { query: `marginal ${i}`, rho: budget.rho / 600 });
  budget.choose([1, 2, 3], { query: "pair", rho: budget.rho / 4, sensitivity: 2 });
  budget.stableHistogram(new Map([["a", 5]]), { query: "labels", rho: budget.rho / 4, delta: 1e-10 });
  const spent = budget.spent();
  const sum = (of: (line: Budget["lines"][number]) => number): number =>
    budget.lines.reduce((total, line) => total + of(line), 0);
  assert.equal(
    sum((line) => line.rho),
    spent.rho,
  );
  assert.equal(
    sum((line) => line.delta),
    spent.delta,
  );
  assert.ok(Math.abs(spent.rho - budget.rho) < 1e-12);
  assert.ok(spent.epsilon <= 1 && spent.epsilon > 1 - 1e-6);
  assert.ok(budget.remaining < 1e-12 && budget.remainingDelta < 1e-20);
  assert.deepEqual(
    budget.lines.map((line) => line.step),
    budget.lines.map((_, i) => i + 1),
  );
});

test("overspending throws before anything is drawn or written, and what is left can still be spent", () => {
  const source = countingSource();
  const budget = budgetOf({ source, reserveDelta: 1e-10 });
  const { rho } = budget;
  budget.gaussian([1], { query: "first", rho: 0.7 * rho });
  const drawn = source.drawn;
  const refused = { code: "budget-exceeded", message: /"second"/ };
  const more = 0.31 * rho;
  assert.throws(() => budget.gaussian([1], { query: "second", rho: more }), refused);
  assert.throws(() => budget.choose([1, 2], { query: "second", rho: more, sensitivity: 1 }), refused);
  assert.throws(
    () => budget.stableHistogram(new Map([["a", 1]]), { query: "second", rho: more, delta: 1e-10 }),
    refused,
  );
  assert.throws(
    () => budget.stableHistogram(new Map([["a", 1]]), { query: "second", rho: 0.1 * rho, delta: 1.1e-10 }),
    refused,
  );
  assert.equal(source.drawn, drawn);
  assert.equal(budget.lines.length, 1);
  assert.ok(Math.abs(budget.remaining - 0.3 * rho) < 1e-12);
  budget.gaussian([1], { query: "rest", rho: budget.remaining });
  assert.throws(() => budget.gaussian([1], { query: "first", rho: 0.7 * rho }), { code: "budget-exceeded" }, "twice");
  assert.ok(budget.spent().epsilon <= 1);
});

test("a charge within the tolerance passes, and the promise holds all the same", () => {
  const budget = budgetOf();
  budget.gaussian([1], { query: "all", rho: budget.rho * (1 + 0.9e-9) });
  assert.ok(budget.spent().epsilon <= 1);
});

test("lines cannot be changed", () => {
  const budget = budgetOf();
  budget.gaussian([1], { query: "a", rho: 1e-3 });
  const { lines } = budget;
  assert.ok(Object.isFrozen(lines) && Object.isFrozen(lines[0]) && Object.isFrozen(lines[0]?.detail));
  assert.ok(Object.isFrozen(budget.unit));
  budget.gaussian([1], { query: "b", rho: 1e-3 });
  assert.equal(lines.length, 1);
  assert.equal(budget.lines.length, 2);
});

test("the noise that is added has the law of the sigma that is stated (χ²; false alarm 1e-6); half of it would not", () => {
  const budget = budgetOf({ epsilon: 8, delta: 1e-6 });
  const n = 300_000;
  const { noisy, sigma } = budget.gaussian(new Float64Array(n).fill(1000), {
    query: "many cells",
    rho: budget.rho / 4,
  });
  const law = discreteGaussianLaw(sigma * sigma, Math.ceil(12 * sigma));
  const half = discreteGaussianLaw((sigma / 2) ** 2, Math.ceil(12 * sigma));
  let at = 0;
  assert.ok(chiSquaredRatio(() => (noisy[at++] as number) - 1000, law, n) < 1);
  at = 0;
  assert.ok(chiSquaredRatio(() => (noisy[at++] as number) - 1000, half, n) > 10);
  assert.equal(budget.lines[0]?.detail.sigma, sigma);
});

test("sigma² is never below rows² / (2 rho), in exact arithmetic", () => {
  const random = randomFromSeed(76);
  for (let i = 0; i < 2000; i++) {
    const rows = 1 + random.integer(30);
    const rho = 2 ** (-12 * random.uniform()) * 0.01;
    const { sigma } = budgetOf({ unit: person(rows), source: seededSource(i) }).gaussian([], { query: "none", rho });
    const s = rationalOf(sigma);
    const r = rationalOf(rho);
    const left = 2n * r.numerator * s.numerator * s.numerator;
    const right = BigInt(rows * rows) * r.denominator * s.denominator * s.denominator;
    assert.ok(left >= right, `rows ${rows}, rho ${rho}`);
    assert.ok(sigma < (rows / Math.sqrt(2 * rho)) * (1 + 1e-14));
  }
});

test("the epsilon of a choice is never above √(8 rho), in exact arithmetic", () => {
  const random = randomFromSeed(78);
  for (let i = 0; i < 500; i++) {
    const rho = 2 ** (-12 * random.uniform()) * 0.01;
    const budget = budgetOf();
    budget.choose([1], { query: "one", rho, sensitivity: 1 });
    const epsilon = budget.lines[0]?.detail.epsilon as number;
    assert.ok(compareSquare(epsilon, { factor: 1, bound: 8 * rho }) <= 0);
    assert.ok(epsilon > Math.sqrt(8 * rho) * (1 - 1e-14));
  }
  assert.equal(compareSquare(3, { factor: 2, bound: 18 }), 0);
  assert.equal(compareSquare(3, { factor: 2, bound: 18 + 2 ** -48 }), -1);
  assert.equal(compareSquare(-3 - 2 ** -50, { factor: 2, bound: 18 }), 1);
});

/** All tables of at most `most` rows over two columns of sizes 2 and 3, as multisets of cells 0 … 5. */
function* tables(most: number, from = 0): Generator<number[]> {
  yield [];
  if (most === 0) return;
  for (let cell = from; cell < 6; cell++) for (const rest of tables(most - 1, cell)) yield [cell, ...rest];
}

const marginals: readonly ((cell: number) => number)[] = [
  (cell) => Math.floor(cell / 3),
  (cell) => cell % 3,
  (cell) => cell,
];

const countsOf = (rows: readonly number[], marginal: (cell: number) => number): Float64Array => {
  const counts = new Float64Array(6);
  for (const cell of rows) counts[marginal(cell)] = (counts[marginal(cell)] as number) + 1;
  return counts;
};

test("no neighbour moves the counts of a marginal by more than the line says, and one moves them by as much; likewise scores", () => {
  for (const rows of [1, 2, 3]) {
    const budget = budgetOf({ unit: rows === 1 ? row : person(rows) });
    budget.gaussian([0], { query: "marginal", rho: 1e-3 });
    budget.choose([0, 1], { query: "score", rho: 1e-3, sensitivity: 1.5 });
    const [counted, chosen] = budget.lines as [Budget["lines"][number], Budget["lines"][number]];
    const target = [0.5, 1, 0, 0, 2, 0.25];
    for (const marginal of marginals) {
      let most = 0;
      let mostScore = 0;
      for (const table of tables(3))
        for (const unit of tables(rows)) {
          const before = countsOf(table, marginal);
          const after = countsOf([...table, ...unit], marginal);
          most = Math.max(most, Math.hypot(...after.map((count, i) => count - (before[i] as number))));
          // A score as AIM has them: the weighted L1 distance to what a model says.
          const score = (counts: Float64Array): number =>
            1.5 * counts.reduce((sum, count, i) => sum + Math.abs(count - (target[i] as number)), 0);
          mostScore = Math.max(mostScore, Math.abs(score(after) - score(before)));
        }
      assert.equal(most, counted.sensitivity);
      assert.ok(Math.abs(mostScore - chosen.sensitivity) < 1e-12, `${mostScore}, line says ${chosen.sensitivity}`);
    }
  }
});

test("two neighbours' answers are as close as the accounted rho says: Rényi divergence of the discrete laws, all alpha", () => {
  for (const rows of [1, 3]) {
    const budget = budgetOf({ epsilon: 8, unit: rows === 1 ? row : person(rows) });
    const { sigma } = budget.gaussian([0], { query: "count", rho: 0.4 });
    const reach = Math.ceil(30 * sigma) + rows;
    const law = discreteGaussianLaw(sigma * sigma, reach);
    for (const shift of Array.from({ length: rows }, (_, i) => i + 1))
      for (const alpha of [1.01, 2, 5, 10]) {
        let sum = 0;
        for (let i = shift; i < law.length; i++) {
          const p = law[i] as number;
          const q = law[i - shift] as number;
          if (p > 0 && q > 0) sum += Math.exp(alpha * Math.log(p) + (1 - alpha) * Math.log(q));
        }
        const divergence = Math.log(sum) / (alpha - 1);
        assert.ok(divergence <= 0.4 * alpha * (1 + 1e-9), `shift ${shift}, alpha ${alpha}: ${divergence}`);
        if (shift === rows) assert.ok(divergence > 0.39 * alpha);
      }
  }
});

test("a stable histogram shows common labels in order, hides those of one unit, and says its threshold", () => {
  const counts = new Map([
    ["zebra", 4000],
    ["lone", 1],
    ["ant", 3000],
  ]);
  const budget = budgetOf({ reserveDelta: 5e-10 });
  const shown = budget.stableHistogram(counts, { query: "labels", rho: budget.rho, delta: 5e-10 });
  assert.deepEqual([...shown.keys()], ["ant", "zebra"]);
  const [line] = budget.lines;
  assert.equal(line?.mechanism, "stable-histogram");
  assert.ok((line?.detail.threshold as number) > 6 * (line?.detail.sigma as number));
  assert.ok(Math.abs((shown.get("ant") as number) - 3000) < 10 * (line?.detail.sigma as number));
});

test("the chance that a lone label shows is at most delta, and near it (delta .02, 5 standard errors)", () => {
  const delta = 0.02;
  const n = 40_000;
  let shown = 0;
  const source = seededSource(77);
  for (let i = 0; i < n; i++) {
    const budget = createBudget({ epsilon: 2, delta: 0.05, reserveDelta: delta, unit: row, source });
    shown += budget.stableHistogram(new Map([["lone", 1]]), { query: "labels", rho: 0.02, delta }).size;
  }
  assert.ok(shown / n < delta + 5 * Math.sqrt((delta * (1 - delta)) / n), `${shown / n}`);
  assert.ok(shown / n > delta / 2, `${shown / n}: needlessly rare`);
});

test("two budgets over the operating system's entropy give different noise", () => {
  const noise = (): Float64Array =>
    createBudget({ epsilon: 1, delta: 1e-9, unit: row, source: secureSource() }).gaussian(new Float64Array(50), {
      query: "zeros",
      rho: 1e-3,
    }).noisy;
  assert.notDeepEqual(noise(), noise());
});

test("a seeded stream is no source of noise", () => {
  const random = randomFromSeed(1);
  // @ts-expect-error A Random lacks the mark of a secure source.
  createBudget({ epsilon: 1, delta: 1e-9, unit: row, source: random });
});

test("what cannot be is refused before it is charged", () => {
  assert.throws(() => budgetOf({ epsilon: 0 }), { code: "bad-epsilon" });
  assert.throws(() => budgetOf({ epsilon: 1000 }), { code: "bad-epsilon" });
  assert.throws(() => budgetOf({ delta: 0 }), { code: "bad-delta" });
  assert.throws(() => budgetOf({ reserveDelta: 1e-9 }), { code: "bad-delta" });
  assert.throws(() => budgetOf({ reserveDelta: -1 }), { code: "bad-delta" });
  assert.throws(() => budgetOf({ unit: { kind: "row", rows: 2 } }), { code: "bad-privacy-unit" });
  assert.throws(() => budgetOf({ unit: { kind: "group", rows: 2 } }), { code: "bad-privacy-unit" });
  assert.throws(() => budgetOf({ unit: person(0) }), { code: "bad-privacy-unit" });
  const budget = budgetOf();
  for (const rho of [0, -1, Number.NaN])
    assert.throws(() => budget.gaussian([1], { query: "q", rho }), { code: "bad-charge" });
  assert.throws(() => budget.gaussian([0.5], { query: "q", rho: 1e-3 }), { code: "bad-count", message: /q, cell 0/ });
  assert.throws(() => budget.choose([], { query: "q", rho: 1e-3, sensitivity: 1 }), { code: "no-scores" });
  assert.throws(() => budget.choose([1], { query: "q", rho: 1e-3, sensitivity: 0 }), { code: "bad-sensitivity" });
  assert.throws(() => budget.stableHistogram(new Map([["a", 0.5]]), { query: "q", rho: 1e-3, delta: 1e-10 }), {
    code: "bad-count",
  });
  assert.equal(budget.lines.length, 0);
});

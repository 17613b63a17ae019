import assert from "node:assert/strict";
import { test } from "node:test";
import { bivariateNormalCdf } from "../../src/math/bivariate-normal.ts";
import { polychoric } from "../../src/math/polychoric.ts";
import { standardNormalQuantile } from "../../src/math/standard-normal.ts";
import { randomFromSeed } from "../../src/random.ts";

test("a table of exact chances gives its correlation back", () => {
  for (const rho of [-0.97, -0.6, -0.2, 0, 0.1, 0.5, 0.85, 0.98])
    for (const [a, b] of [
      [[0.5], [0.5]],
      [[0.1], [0.7]],
      [
        [0.2, 0.5, 0.9],
        [0.3, 0.4],
      ],
    ] as const) {
      const table = exactTable(rho, a, b);
      // Where a cell holds next to nothing, any strong correlation fits.
      if (table.some((n) => n < 1)) continue;
      assert.ok(Math.abs(polychoric(table, { rows: a.length + 1, columns: b.length + 1 }) - rho) < 1e-3, `${rho}`);
    }
});

test("two by two with even margins: the sine of the excess, exactly", () => {
  // P(both below) = 1/4 + arcsin(ρ)/2π.
  const found = polychoric(Float64Array.of(40, 10, 10, 40), { rows: 2, columns: 2 });
  assert.ok(Math.abs(found - Math.sin(2 * Math.PI * (0.4 - 0.25))) < 1e-6);
});

test("no value of a fine grid is more likely", () => {
  const random = randomFromSeed(1);
  const counts = Float64Array.from({ length: 12 }, () => 1 + random.integer(30));
  const found = polychoric(counts, { rows: 3, columns: 4 });
  const best = logLikelihood(counts, 3, 4, found);
  for (let rho = -0.99; rho < 0.99; rho += 0.01) assert.ok(logLikelihood(counts, 3, 4, rho) <= best + 1e-6);
});

test("perfect order comes near one; one class knows nothing; an empty class does no harm", () => {
  assert.ok(polychoric(Float64Array.of(50, 0, 0, 50), { rows: 2, columns: 2 }) > 0.98);
  assert.ok(polychoric(Float64Array.of(0, 50, 50, 0), { rows: 2, columns: 2 }) < -0.98);
  assert.equal(polychoric(Float64Array.of(10, 20), { rows: 1, columns: 2 }), 0);
  const plain = polychoric(Float64Array.of(30, 10, 12, 25), { rows: 2, columns: 2 });
  const gap = polychoric(Float64Array.of(30, 0, 10, 12, 0, 25), { rows: 2, columns: 3 });
  assert.ok(Math.abs(plain - gap) < 1e-6);
});

test("a prior is what its name says, and an empty cell of few rows is then no proof", () => {
  const counts = Float64Array.of(6000, 180, 1, 0);
  const found = polychoric(counts, { rows: 2, columns: 2, prior: 2 });
  const penalised = (rho: number): number => logLikelihood(counts, 2, 2, rho) + 2 * Math.log(1 - rho * rho);
  for (let rho = -0.99; rho < 0.99; rho += 0.01) assert.ok(penalised(rho) <= penalised(found) + 1e-6);
  assert.ok(Math.abs(polychoric(counts, { rows: 2, columns: 2 })) > 0.9);
  assert.ok(Math.abs(found) < 0.3, `${found}`);
});

function exactTable(rho: number, a: readonly number[], b: readonly number[]): Float64Array {
  const cuts = (shares: readonly number[]): number[] => [
    Number.NEGATIVE_INFINITY,
    ...shares.map(standardNormalQuantile),
    Number.POSITIVE_INFINITY,
  ];
  const [x, y] = [cuts(a), cuts(b)];
  const out: number[] = [];
  for (let i = 0; i <= a.length; i++)
    for (let j = 0; j <= b.length; j++)
      out.push(
        1e6 *
          Math.max(
            0,
            bivariateNormalCdf(x[i + 1]!, y[j + 1]!, rho) -
              bivariateNormalCdf(x[i]!, y[j + 1]!, rho) -
              bivariateNormalCdf(x[i + 1]!, y[j]!, rho) +
              bivariateNormalCdf(x[i]!, y[j]!, rho),
          ),
      );
  return Float64Array.from(out);
}

function logLikelihood(counts: Float64Array, rows: number, columns: number, rho: number): number {
  const total = counts.reduce((sum, n) => sum + n, 0);
  const shares = (count: number, of: (i: number) => number): number[] => {
    let below = 0;
    return Array.from({ length: count - 1 }, (_, i) => {
      below += of(i) / total;
      return below;
    });
  };
  const rowShares = shares(rows, (i) => counts.slice(i * columns, (i + 1) * columns).reduce((sum, n) => sum + n, 0));
  const columnShares = shares(columns, (j) =>
    counts.filter((_, at) => at % columns === j).reduce((sum, n) => sum + n, 0),
  );
  return exactTable(rho, rowShares, columnShares).reduce(
    (sum, p, i) => sum + (counts[i]! > 0 ? counts[i]! * Math.log(p / 1e6) : 0),
    0,
  );
}

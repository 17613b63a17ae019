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
      assert.ok(Math.abs(polychoric(table, a.length + 1, b.length + 1) - rho) < 1e-3, `${rho}`);
    }
});

test("two by two with even margins: the sine of the excess, exactly", () => {
  // P(both below) = 1/4 + arcsin(ρ)/2π.
  const found = polychoric(Float64Array.of(40, 10, 10, 40), 2, 2);
  assert.ok(Math.abs(found - Math.sin(2 * Math.PI * (0.4 - 0.25))) < 1e-6);
});

test("no value of a fine grid is more likely", () => {
  const random = randomFromSeed(1);
  const counts = Float64Array.from({ length: 12 }, () => 1 + random.integer(30));
  const found = polychoric(counts, 3, 4);
  const best = logLikelihood(counts, 3, 4, found);
  for (let rho = -0.99; rho < 0.99; rho += 0.01) assert.ok(logLikelihood(counts, 3, 4, rho) <= best + 1e-6);
});

test("perfect order comes near one; one class knows nothing; an empty class does no harm", () => {
  assert.ok(polychoric(Float64Array.of(50, 0, 0, 50), 2, 2) > 0.98);
  assert.ok(polychoric(Float64Array.of(0, 50, 50, 0), 2, 2) < -0.98);
  assert.equal(polychoric(Float64Array.of(10, 20), 1, 2), 0);
  const plain = polychoric(Float64Array.of(30, 10, 12, 25), 2, 2);
  const gap = polychoric(Float64Array.of(30, 0, 10, 12, 0, 25), 2, 3);
  assert.ok(Math.abs(plain - gap) < 1e-6);
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
  return exactTable(rho, rowShares, columnShares).reduce((sum, p, i) => sum + counts[i]! * Math.log(p / 1e6), 0);
}

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { recallEstimate } from "../../src/metrics/coverage/beta-recall.ts";
import { agreementOf, precisionCurve } from "../../src/metrics/fidelity/alpha-curve.ts";
import { GROUPS } from "../../src/metrics/jackknife.ts";
import { ballsOf, densityAndCoverage, nearestTwo } from "../../src/metrics/neighbourhoods.ts";
import { centreDistances, type Points, squaredDistance } from "../../src/metrics/points.ts";
import { randomFromSeed } from "../../src/random.ts";

const peers = JSON.parse(readFileSync("test/data/peer-reference.json", "utf8"));

/** Points in the plane, with a label each where given. */
function plane(rows: readonly (readonly [number, number])[], labels?: readonly number[]): Points {
  return {
    rows: rows.length,
    numberWidth: 2,
    numbers: Float64Array.from(rows.flat()),
    labelWidth: labels ? 1 : 0,
    labels: Uint8Array.from(labels ?? []),
    groups: Uint8Array.from(rows, (_, i) => Math.floor((i * GROUPS) / rows.length)),
  };
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
// The vectors of the reference file.
const X = plane(range(40).map((i) => [Math.sin(1.3 * i), Math.cos(0.7 * i)]));
const Y = plane(range(40).map((i) => [1.1 * Math.sin(1.1 * i + 0.2), 0.9 * Math.cos(0.9 * i)]));
const close = (got: number | undefined, want: number, what: string): void =>
  assert.ok(got !== undefined && Math.abs(got - want) < 1e-9, `${what}: ${got} for ${want}`);

test("density and coverage of the reference code, at k = 3 and 5", () => {
  for (const k of [3, 5]) {
    const want = peers.prdc[`k${k}`];
    const { density, coverage } = densityAndCoverage(X, ballsOf(X, k), Y);
    close(density[0], want.density, `density ${k}`);
    close(coverage[0], want.coverage, `coverage ${k}`);
  }
});

test("α-precision and β-recall of the reference code, integrated both ways", () => {
  const curve = precisionCurve(centreDistances(X, X), centreDistances(Y, X));
  close(agreementOf(curve), peers.alphaPrecision.delta_precision_alpha_synthcity, "α, synthcity");
  const paper = 1 - (2 / 29) * curve.reduce((sum, share, i) => sum + Math.abs(i / 29 - share), 0);
  close(paper, peers.alphaPrecision.delta_precision_alpha_paper, "α, paper");
  close(recallEstimate(X, nearestTwo(X, X), Y)[0], peers.alphaPrecision.delta_coverage_beta_synthcity, "β");
});

/** A table without one group; its other rows keep their group. */
function without(points: Points, group: number): Points {
  const kept = range(points.rows).filter((i) => points.groups[i] !== group);
  return {
    ...points,
    rows: kept.length,
    numbers: Float64Array.from(kept.flatMap((i) => [...points.numbers.subarray(2 * i, 2 * i + 2)])),
    labels: Uint8Array.from(kept.flatMap((i) => (points.labelWidth > 0 ? [points.labels[i] as number] : []))),
    groups: Uint8Array.from(kept, (i) => points.groups[i] as number),
  };
}

test("each replicate is what the tables without that group give, ties and all", () => {
  const random = randomFromSeed(4);
  const draw = (): Points =>
    plane(
      // Few distinct values, so that many rows tie.
      range(90).map(() => [random.integer(4), random.integer(3)] as const),
      range(90).map(() => random.integer(3)),
    );
  const [real, made] = [draw(), draw()];
  const { density, coverage } = densityAndCoverage(real, ballsOf(real, 3), made);
  const recall = recallEstimate(real, nearestTwo(real, real), made);
  for (const group of [0, 7, 19]) {
    const [fewer, fewerMade] = [without(real, group), without(made, group)];
    const again = densityAndCoverage(fewer, ballsOf(fewer, 3), fewerMade);
    close(density[group + 1], again.density[0] as number, `density without ${group}`);
    close(coverage[group + 1], again.coverage[0] as number, `coverage without ${group}`);
    // Where the nearest rows tie another of them is taken, which moves β-recall's second condition a little.
    const other = recallEstimate(fewer, nearestTwo(fewer, fewer), fewerMade)[0] as number;
    assert.ok(Math.abs((recall[group + 1] as number) - other) < 0.05, `recall without ${group}`);
  }
});

test("without ties β-recall's replicates are exact too", () => {
  const recall = recallEstimate(X, nearestTwo(X, X), Y);
  for (const group of [0, 11]) {
    const [fewer, fewerMade] = [without(X, group), without(Y, group)];
    close(recall[group + 1], recallEstimate(fewer, nearestTwo(fewer, fewer), fewerMade)[0] as number, `${group}`);
  }
});

test("with ties the density of the same population is still about 1", () => {
  const random = randomFromSeed(5);
  const draw = (): Points => plane(range(600).map(() => [random.integer(5), random.integer(4)] as const));
  const real = draw();
  const { density, coverage } = densityAndCoverage(real, ballsOf(real, 5), draw());
  assert.ok(Math.abs((density[0] as number) - 1) < 0.1, `${density[0]}`);
  assert.equal(coverage[0], 1);
});

test("labels are one-hot corners: √2 apart, and as far from a centre as their shares say", () => {
  const points = plane(
    [
      [0, 0],
      [0, 0],
      [0, 0],
      [3, 4],
    ],
    [7, 7, 9, 9],
  );
  assert.equal(squaredDistance(points, 0, points, 2, 100), 2);
  assert.equal(squaredDistance(points, 0, points, 3, 100), 27);
  assert.ok(squaredDistance(points, 0, points, 3, 1) > 1);
  // Centre (¾, 1), shares ½ and ½: ¾² + 1 + ¼ + ¼.
  close(centreDistances(points, points)[0], Math.sqrt(0.75 ** 2 + 1 + 0.5), "centre");
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { fitAdditiveScores, scoreCodes, scoreSums } from "../../../src/learners/trees/additive-score.ts";
import { randomFromSeed } from "../../../src/random.ts";

const rows = Uint32Array.from({ length: 4000 }, (_, i) => i);

test("the score of a sum of a category and two amounts orders rows as the sum does", () => {
  const random = randomFromSeed(1);
  const a = Uint8Array.from(rows, () => random.integer(100));
  const b = Uint8Array.from(rows, () => random.integer(100));
  const category = Uint8Array.from(rows, () => random.integer(4));
  const effect = [0, 0.3, -0.5, 0.8];
  const truth = Float64Array.from(rows, (i) => a[i]! / 100 - b[i]! / 50 + effect[category[i]!]!);
  const target = truth.map((value) => value + random.normal() / 5);
  const predictors = { codes: [a, b, category], ordered: [true, true, false] };
  const [fitted] = fitAdditiveScores(predictors, [0, 0, 0], rows, [target]);
  const sums = scoreSums(fitted!.score, predictors.codes, rows.length);
  assert.ok(correlation(sums, truth) > 0.98);
  const codes = scoreCodes(fitted!.score, sums);
  assert.ok(correlation(Float64Array.from(codes), truth) > 0.97);
});

test("on noise, rows scored without their own fold do not know their own target", () => {
  const random = randomFromSeed(2);
  const codes = Array.from({ length: 30 }, () => Uint8Array.from(rows, () => random.integer(12)));
  const predictors = { codes, ordered: codes.map(() => false) };
  const target = Float64Array.from(rows, () => random.normal());
  const missing = codes.map(() => 0);
  const [fitted] = fitAdditiveScores(predictors, missing, rows, [target]);
  // Fitted on all rows, 330 weights explain a twelfth of the noise (a correlation of .29); out of fold, nothing but chance (sd .016).
  assert.ok(correlation(scoreSums(fitted!.score, codes, rows.length), target) > 0.2);
  assert.ok(correlation(fitted!.scores, target) < 0.08);
});

test("nothing to ask gives no score, a predictor that never varies does no harm", () => {
  const target = Float64Array.from(rows, (i) => i % 2);
  assert.deepEqual(fitAdditiveScores({ codes: [], ordered: [] }, [], rows, [target]), []);
  const constant = new Uint8Array(rows.length).fill(7);
  const half = Uint8Array.from(rows, (i) => i % 2);
  const [fitted] = fitAdditiveScores({ codes: [constant, half], ordered: [true, true] }, [0, 0], rows, [target]);
  assert.ok(fitted!.scores.every(Number.isFinite));
  assert.ok(correlation(fitted!.scores, target) > 0.99);
});

function correlation(x: Float64Array, y: Float64Array): number {
  const mean = (v: Float64Array): number => v.reduce((sum, value) => sum + value, 0) / v.length;
  const [mx, my] = [mean(x), mean(y)];
  let xy = 0;
  let xx = 0;
  let yy = 0;
  for (let i = 0; i < x.length; i++) {
    xy += (x[i]! - mx) * (y[i]! - my);
    xx += (x[i]! - mx) ** 2;
    yy += (y[i]! - my) ** 2;
  }
  return xy / Math.sqrt(xx * yy);
}

test("a score's code is the number of cuts below it, also at a cut, beyond the ends and among crowded cuts", () => {
  const random = randomFromSeed(7);
  for (const count of [0, 1, 2, 40, 255]) {
    // Crowded: most cuts within a billionth of each other, some far away.
    const cuts = Float64Array.from({ length: count }, (_, i) =>
      i % 3 ? random.normal() * 1e-9 : random.normal() * 50,
    );
    cuts.sort();
    const sums = Float64Array.from({ length: 3000 }, (_, i) =>
      i % 2 && count > 0 ? (cuts[random.integer(count)] as number) : random.normal() * (i % 4 ? 1e-9 : 100),
    );
    const codes = scoreCodes({ tables: new Float64Array(0), cuts }, sums);
    sums.forEach((sum, i) => {
      assert.equal(codes[i], cuts.filter((cut) => cut < sum).length);
    });
  }
});

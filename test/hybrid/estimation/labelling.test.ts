import assert from "node:assert/strict";
import { test } from "node:test";
import { controlVariate } from "../../../src/hybrid/estimation/control-variate.ts";
import { covariateBalance } from "../../../src/hybrid/estimation/covariate-balance.ts";
import { inferSample } from "../../../src/hybrid/estimation/infer-sample.ts";
import { labelledOnly } from "../../../src/hybrid/estimation/labelled-only.ts";
import { labellingOf } from "../../../src/hybrid/estimation/labelling.ts";
import { prepare } from "../../../src/hybrid/estimation/prepared.ts";
import type { PairedSample } from "../../../src/hybrid/estimation/sample.ts";
import { randomFromSeed } from "../../../src/random.ts";

const Y = [3, 1, 4, 1.5, 9, 2.6, 5];
const PROXY = [2, 2, 5, 1, 7, 3, 4];

function meanSample(labelled: readonly number[], rest: Partial<PairedSample> = {}): PairedSample {
  return {
    units: Y.length,
    width: 1,
    terms: ["mean"],
    labelled: Uint32Array.from(labelled),
    real: {
      design: new Float64Array(labelled.length).fill(1),
      outcome: Float64Array.from(labelled, (t) => Y[t] as number),
    },
    sources: [
      {
        name: "proxy",
        kind: "proxy",
        design: new Float64Array(Y.length).fill(1),
        outcome: Float64Array.from(PROXY),
      },
    ],
    ...rest,
  };
}

function subsets(items: readonly number[], size: number): readonly (readonly number[])[] {
  if (size === 0) return [[]];
  return items.flatMap((item, i) => subsets(items.slice(i + 1), size - 1).map((rest) => [item, ...rest]));
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

test("over all stratified samples, the labelled mean has the mean and the variance estimate that theory says", () => {
  const strata = Int32Array.from([0, 0, 0, 0, 1, 1, 1]);
  const found = subsets([0, 1, 2, 3], 2).flatMap((first) =>
    subsets([4, 5, 6], 2).map((second) => {
      const given = meanSample([...first, ...second], { strata });
      return labelledOnly(prepare(given, { kind: "mean" }), 0.9);
    }),
  );
  assert.equal(found.length, 18);
  assert.ok(Math.abs(mean(found.map(({ terms }) => terms[0]!.value)) - mean(Y)) < 1e-12);
  // Units are drawn from an endless population: no correction for a finite one.
  const spread = (values: readonly number[]): number =>
    values.reduce((sum, y) => sum + (y - mean(values)) ** 2, 0) / (values.length - 1);
  const expected = ((4 / 7) ** 2 * spread(Y.slice(0, 4))) / 2 + ((3 / 7) ** 2 * spread(Y.slice(4))) / 2;
  assert.ok(Math.abs(mean(found.map(({ covariance }) => covariance[0] as number)) - expected) < 1e-12);
});

test("over all samples by unequal chances, the labelled mean is off by 0 when each counts by its size", () => {
  const chances = [0.2, 0.5, 0.9, 0.4, 0.7, 0.3, 0.6];
  let total = 0;
  for (let bits = 1; bits < 2 ** Y.length; bits++) {
    const labelled = Y.map((_, t) => t).filter((t) => (bits >> t) & 1);
    const chance = chances.reduce((product, pi, t) => product * ((bits >> t) & 1 ? pi : 1 - pi), 1);
    const labellingChance = Float64Array.from(labelled, (t) => chances[t] as number);
    const prepared = prepare(meanSample(labelled, { labellingChance, sources: [] }), { kind: "mean" });
    const size = labellingChance.reduce((sum, pi) => sum + 1 / pi, 0);
    total += chance * size * ((prepared.estimate.coefficients[0] as number) - mean(Y));
  }
  assert.ok(Math.abs(total) < 1e-12, String(total));
});

test("over all ways to label, the balance statistic has exactly the mean of its chi-squared law", () => {
  const statistics = subsets([0, 1, 2, 3, 4, 5, 6], 3).map((labelled) => {
    const given = meanSample(labelled);
    return covariateBalance(given, {
      labelled: given.labelled,
      labelling: labellingOf(given),
      alpha: 0.05,
      redraws: 1,
      random: randomFromSeed(1),
    })!.statistic;
  });
  assert.equal(statistics.length, 35);
  assert.ok(Math.abs(mean(statistics) - 1) < 1e-12);
});

test("strata labelled at differing rates, weights and unequal chances: intervals hold the truth and controls still help", () => {
  // 500 samples each; a right interval fails with probability below 1e-4. The truth is .5 + the mean of x among units by weight.
  const random = randomFromSeed(21);
  for (const kind of ["strata", "chances", "weights"] as const) {
    let hits = 0;
    let closer = 0;
    let farther = 0;
    for (let trial = 0; trial < 500; trial++) {
      const units = 400;
      const x = Float64Array.from({ length: units }, () => random.normal());
      const y = x.map((value) => value + random.normal());
      const chance = x.map((value) =>
        kind === "weights" ? 0.2 : kind === "strata" ? (value > 0 ? 0.4 : 0.1) : 0.08 + 0.4 / (1 + Math.exp(-value)),
      );
      const labelled = Uint32Array.from(x.keys()).filter((t) => random.uniform() < (chance[t] as number));
      const given: PairedSample = {
        units,
        width: 1,
        terms: ["mean"],
        labelled,
        real: {
          design: new Float64Array(labelled.length).fill(1),
          outcome: Float64Array.from(labelled, (t) => y[t] as number),
        },
        sources: [
          {
            name: "proxy",
            kind: "proxy",
            design: new Float64Array(units).fill(1),
            outcome: y.map((value) => 1 + value + 0.5 * random.normal()),
          },
        ],
        ...(kind === "strata" ? { strata: Int32Array.from(x, (value) => (value > 0 ? 1 : 0)) } : {}),
        ...(kind === "chances" ? { labellingChance: Float64Array.from(labelled, (t) => chance[t] as number) } : {}),
        // A unit of weight 3 for x > 0: the weighted mean of x is E|x| / 2.
        ...(kind === "weights" ? { weights: x.map((value) => (value > 0 ? 3 : 1)) } : {}),
      };
      const prepared = prepare(given, { kind: "mean" });
      const found = controlVariate(prepared, { level: 0.9 });
      assert.ok("terms" in found);
      const truth = kind === "weights" ? Math.sqrt(2 / Math.PI) / 2 : 0;
      const [term] = found.terms;
      if (term!.low <= truth && truth <= term!.high) hits++;
      closer += (term!.value - truth) ** 2;
      farther += (labelledOnly(prepared, 0.9).terms[0]!.value - truth) ** 2;
    }
    assert.ok(hits >= 422 && hits <= 476, `${kind}: ${hits}`);
    assert.ok(closer < 0.6 * farther, `${kind}: ${closer / farther}`);
  }
});

test("where chances differ, PPI says that it does not apply and the closed form does", () => {
  const labellingChance = Float64Array.from([0.2, 0.5, 0.9, 0.4]);
  const found = inferSample(meanSample([0, 1, 2, 3], { labellingChance }), { kind: "mean" });
  const ppi = found.estimations.find(({ method }) => method === "ppi")!;
  assert.match("notComputable" in ppi ? ppi.notComputable : "", /labelling chances differ/);
});

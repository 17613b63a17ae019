import assert from "node:assert/strict";
import { test } from "node:test";
import { controlVariate } from "../../../src/hybrid/estimation/control-variate.ts";
import type { Estimation } from "../../../src/hybrid/estimation/estimation.ts";
import { labelledCovariance, labelledOnly } from "../../../src/hybrid/estimation/labelled-only.ts";
import { mEstimate } from "../../../src/hybrid/estimation/m-estimate.ts";
import { prepare } from "../../../src/hybrid/estimation/prepared.ts";
import { scoreAt } from "../../../src/hybrid/estimation/rows.ts";
import type { Family, PairedSample } from "../../../src/hybrid/estimation/sample.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { linearSample } from "./draws.ts";

const OLS: Family = { kind: "ols" };

function closed(sample: PairedSample, family: Family): Estimation {
  const found = controlVariate(prepare(sample, family), { level: 0.9 });
  assert.ok("terms" in found, JSON.stringify(found));
  return found;
}

function near(a: Estimation, b: Estimation, tolerance: number): void {
  for (const [j, term] of a.terms.entries()) {
    assert.ok(Math.abs(term.value - b.terms[j]!.value) < tolerance, `${term.value}, ${b.terms[j]!.value}`);
    assert.ok(Math.abs(term.low - b.terms[j]!.low) < tolerance, `${term.low}, ${b.terms[j]!.low}`);
  }
}

/** Outcomes that suit a family, sources with them. */
function suited(sample: PairedSample, family: Family): PairedSample {
  const fit = (outcome: Float64Array): Float64Array =>
    family.kind === "logistic"
      ? outcome.map((y) => (y > 0.5 ? 1 : 0))
      : family.kind === "poisson"
        ? outcome.map((y) => Math.max(0, Math.round(y + 1)))
        : outcome;
  return {
    ...sample,
    real: { ...sample.real, outcome: fit(sample.real.outcome) },
    sources: sample.sources.map((source) => ({ ...source, outcome: fit(source.outcome) })),
  };
}

const FAMILIES: readonly Family[] = [{ kind: "mean" }, OLS, { kind: "logistic" }, { kind: "poisson" }];

test("a proxy that is never wrong gives the estimate that labels for all units would have given", () => {
  for (const family of FAMILIES) {
    const width = family.kind === "mean" ? 1 : 2;
    const whole = suited(linearSample(randomFromSeed(8), { units: 400, labelled: 400, width }), family);
    const proxy = { ...whole.sources[0]!, outcome: whole.real.outcome };
    const found = closed(
      {
        ...whole,
        labelled: whole.labelled.slice(0, 120),
        real: { design: whole.real.design.slice(0, 120 * width), outcome: whole.real.outcome.slice(0, 120) },
        sources: [proxy],
      },
      family,
    );
    const all = labelledOnly(prepare({ ...whole, sources: [] }, family), 0.9);
    // Beyond a mean Λ is the identity only up to the difference between the Hessians of labelled and of all units.
    for (const [j, { value, standardError }] of found.terms.entries())
      assert.ok(
        Math.abs(value - all.terms[j]!.value) < (family.kind === "mean" ? 1e-9 : standardError),
        `${family.kind}: ${value}, ${all.terms[j]!.value}`,
      );
  }
});

test("the scale and the shift of a proxy do not matter", () => {
  const sample = linearSample(randomFromSeed(9), { units: 300, labelled: 60 });
  const other = {
    ...sample,
    sources: sample.sources.map((source) => ({ ...source, outcome: source.outcome.map((y) => 7 - 30 * y) })),
  };
  near(closed(sample, OLS), closed(other, OLS), 1e-9);
});

test("HC3 of a linear regression is the jackknife: the sum of squared changes when one row is left out", () => {
  const sample = linearSample(randomFromSeed(10), { units: 25, labelled: 25, sources: 0 });
  const { design, outcome } = sample.real;
  const prepared = prepare(sample, OLS);
  const expected = new Float64Array(4);
  for (let left = 0; left < 25; left++) {
    const units = Uint32Array.from({ length: 24 }, (_, i) => (i < left ? i : i + 1));
    const without = mEstimate({ design, outcome, width: 2, units }, "identity");
    assert.ok("coefficients" in without);
    const change = without.coefficients.map((value, j) => value - (prepared.estimate.coefficients[j] as number));
    for (let at = 0; at < 4; at++) expected[at]! += (change[Math.floor(at / 2)] as number) * (change[at % 2] as number);
  }
  for (const [at, value] of labelledCovariance(prepared).entries())
    assert.ok(Math.abs(value - (expected[at] as number)) < 1e-12);
});

test("the interval of a labelled mean is Student's", () => {
  const sample = linearSample(randomFromSeed(12), { units: 20, labelled: 20, width: 1, sources: 0 });
  const y = sample.real.outcome;
  const mean = y.reduce((sum, value) => sum + value, 0) / 20;
  const error = Math.sqrt(y.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 19 / 20);
  const [term] = labelledOnly(prepare(sample, { kind: "mean" }), 0.9).terms;
  assert.ok(Math.abs(term!.standardError - error) < 1e-12);
  // t with 19 degrees of freedom at .95.
  assert.ok(Math.abs((term!.high - mean) / error - 1.729132811521367) < 1e-6);
});

test("every estimate solves its own moments", () => {
  for (const [family, link] of [
    [OLS, "identity"],
    [{ kind: "logistic" }, "logit"],
    [{ kind: "poisson" }, "log"],
  ] as const) {
    const { real } = suited(linearSample(randomFromSeed(13), { units: 700, labelled: 700 }), family);
    const weights = Float64Array.from(real.outcome, (_, i) => 0.5 + (i % 3));
    const found = mEstimate({ ...real, width: 2, weights }, link);
    assert.ok("coefficients" in found);
    const { gradient } = scoreAt({ ...real, width: 2, weights }, found.coefficients, link);
    for (const value of gradient) assert.ok(Math.abs(value) < 1e-8, `${family.kind}: ${value}`);
  }
});

test("equal weights, one stratum and equal chances change nothing", () => {
  for (const family of FAMILIES) {
    const width = family.kind === "mean" ? 1 : 2;
    const sample = suited(linearSample(randomFromSeed(14), { units: 300, labelled: 80, width }), family);
    const dressed = {
      ...sample,
      weights: new Float64Array(300).fill(2.5),
      labellingChance: new Float64Array(80).fill(80 / 300),
      strata: new Int32Array(300).fill(4),
    };
    near(closed(sample, family), closed(dressed, family), 1e-9);
  }
});

test("whole weights give the estimate of rows that are there so many times", () => {
  for (const family of FAMILIES) {
    const width = family.kind === "mean" ? 1 : 2;
    const sample = suited(linearSample(randomFromSeed(15), { units: 300, labelled: 80, width }), family);
    const weights = Float64Array.from({ length: 300 }, (_, t) => 1 + (t % 3));
    const copies = Uint32Array.from({ length: 300 }, (_, t) => t).reduce<number[]>((all, t) => {
      for (let k = 0; k < (weights[t] as number); k++) all.push(t);
      return all;
    }, []);
    const pick = (values: Float64Array, columns: number, units: readonly number[]): Float64Array =>
      Float64Array.from(units.flatMap((t) => [...values.subarray(t * columns, (t + 1) * columns)]));
    const labelledCopies = copies.filter((t) => t < 80);
    const repeated: PairedSample = {
      ...sample,
      units: copies.length,
      labelled: Uint32Array.from({ length: labelledCopies.length }, (_, i) => i),
      real: {
        design: pick(sample.real.design, width, labelledCopies),
        outcome: pick(sample.real.outcome, 1, labelledCopies),
      },
      sources: sample.sources.map((source) => ({
        ...source,
        design: pick(source.design, width, copies),
        outcome: pick(source.outcome, 1, copies),
      })),
    };
    const labelledOf = (given: PairedSample) =>
      labelledOnly(prepare(given, family), 0.9).terms.map(({ value }) => value);
    const weighted = labelledOf({ ...sample, weights });
    for (const [j, value] of labelledOf(repeated).entries())
      assert.ok(Math.abs(value - (weighted[j] as number)) < 1e-9);
    const a = prepare({ ...sample, weights }, family).sources;
    const b = prepare(repeated, family).sources;
    for (const [m, { all, shift }] of a.entries())
      for (let j = 0; j < width; j++) {
        assert.ok(Math.abs((all.coefficients[j] as number) - (b[m]!.all.coefficients[j] as number)) < 1e-9);
        assert.ok(Math.abs((shift[j] as number) - (b[m]!.shift[j] as number)) < 1e-9);
      }
  }
});

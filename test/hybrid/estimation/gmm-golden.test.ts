import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { controlVariate } from "../../../src/hybrid/estimation/control-variate.ts";
import type { Estimation, NoEstimation } from "../../../src/hybrid/estimation/estimation.ts";
import { gmmTwoStep, solveGmm } from "../../../src/hybrid/estimation/gmm-two-step.ts";
import { prepare } from "../../../src/hybrid/estimation/prepared.ts";
import type { Family, PairedSample } from "../../../src/hybrid/estimation/sample.ts";

interface Golden {
  readonly S: number[];
  readonly x: number[];
  readonly y: number[];
  readonly y_proxy: number[];
  readonly x_syn: number[];
  readonly y_syn: number[];
  readonly expect: Record<string, { theta: number[]; V: number[][]; J?: number }> & { mean_control_variate: number };
}
const golden = JSON.parse(readFileSync("test/hybrid/golden/gmm.json", "utf8")) as Golden;

function goldenSample(sources: readonly string[], width: number): PairedSample {
  const { S, x, y, y_proxy, x_syn, y_syn } = golden;
  const labelled = Uint32Array.from(S.flatMap((s, t) => (s === 1 ? [t] : [])));
  const design = (values: readonly number[]): Float64Array =>
    Float64Array.from(values.flatMap((value) => (width === 1 ? [1] : [1, value])));
  return {
    units: S.length,
    width,
    terms: ["(intercept)", "x"].slice(0, width),
    labelled,
    real: {
      design: design([...labelled].map((t) => x[t] as number)),
      outcome: Float64Array.from(labelled, (t) => y[t] as number),
    },
    sources: [
      { name: "proxy", kind: "proxy" as const, design: design(x), outcome: Float64Array.from(y_proxy) },
      { name: "synthetic", kind: "synthetic" as const, design: design(x_syn), outcome: Float64Array.from(y_syn) },
    ].filter(({ name }) => sources.includes(name)),
  };
}

function close(
  found: Estimation | NoEstimation,
  expected: { theta: number[]; V?: number[][] },
  tolerance: number,
): void {
  assert.ok("terms" in found, JSON.stringify(found));
  for (const [j, value] of expected.theta.entries())
    assert.ok(Math.abs(found.terms[j]!.value - value) < tolerance, `${found.terms[j]!.value} ${value}`);
  if (expected.V)
    for (const [at, value] of expected.V.flat().entries())
      assert.ok(Math.abs((found.covariance[at] as number) - value) < tolerance, `${found.covariance[at]} ${value}`);
}
const OLS: Family = { kind: "ols" };

test("the two-step estimator reproduces the golden case with a proxy, with both sources, and for a mean", () => {
  for (const [name, sources, width] of [
    ["gmm_proxy", ["proxy"], 2],
    ["gmm_synth", ["proxy", "synthetic"], 2],
    ["mean_gmm_proxy", ["proxy"], 1],
  ] as const) {
    const prepared = prepare(goldenSample(sources, width), width === 1 ? { kind: "mean" } : OLS);
    const solution = solveGmm(prepared);
    assert.ok(typeof solution !== "string");
    const expected = golden.expect[name]!;
    close(gmmTwoStep(prepared, { level: 0.9, solution }), expected, 1e-9);
    if (expected.J !== undefined)
      assert.ok(
        Math.abs(solution.overidentification - expected.J) < 1e-9,
        `${solution.overidentification} ${expected.J}`,
      );
  }
});

test("the joint closed form reproduces the golden case to 1e-12", () => {
  const both = prepare(goldenSample(["proxy", "synthetic"], 2), OLS);
  close(controlVariate(both, { level: 0.9, form: "joint" }), golden.expect.cv_HC3_df_t!, 1e-12);
  const mean = prepare(goldenSample(["proxy"], 1), { kind: "mean" });
  for (const form of ["joint", "matching"] as const)
    close(controlVariate(mean, { level: 0.9, form }), { theta: [golden.expect.mean_control_variate] }, 1e-12);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { solveGmm } from "../../../src/hybrid/estimation/gmm-two-step.ts";
import { labelledAgainstAll, type UnitColumn } from "../../../src/hybrid/estimation/labelled-against-all.ts";
import { labellingOf } from "../../../src/hybrid/estimation/labelling.ts";
import { overidentification } from "../../../src/hybrid/estimation/overidentification.ts";
import { prepare } from "../../../src/hybrid/estimation/prepared.ts";
import type { Family, PairedSample } from "../../../src/hybrid/estimation/sample.ts";
import { chiSquareUpperTail } from "../../../src/math/distributions.ts";
import { type Random, randomFromSeed } from "../../../src/random.ts";
import { linearSample } from "./draws.ts";

const ALPHA = 0.05;

function sampleWith(labelled: readonly number[], strata: readonly number[]): PairedSample {
  return {
    units: strata.length,
    width: 1,
    terms: ["(intercept)"],
    labelled: Uint32Array.from(labelled),
    real: { design: new Float64Array(labelled.length).fill(1), outcome: new Float64Array(labelled.length) },
    sources: [],
    strata: Int32Array.from(strata),
  };
}

function column(values: readonly number[]): UnitColumn {
  return { values: Float64Array.from(values), stride: 1, offset: 0 };
}

test("p is the share of all ways to label, within strata, that reach the statistic: by enumeration", () => {
  // Two strata of 4 and 5 units, 2 and 3 of them labelled: 6 · 10 ways. 9,999 redraws; a right test fails any of 60 checks with probability below 1e-3.
  const strata = [0, 0, 0, 0, 1, 1, 1, 1, 1];
  const columns = [column([0, 1, 5, 40, 2, 3, -9, 0, 1]), column([1, 2, 1, 2, 8, 1, 1, 0, 100])];
  const ways: number[][] = [];
  for (let bits = 0; bits < 512; bits++) {
    const labelled = strata.flatMap((_, t) => ((bits >> t) & 1 ? [t] : []));
    if (labelled.filter((t) => t < 4).length === 2 && labelled.length === 5) ways.push(labelled);
  }
  assert.equal(ways.length, 60);
  const found = ways.map((labelled, k) => {
    const sample = sampleWith(labelled, strata);
    return labelledAgainstAll("covariate-balance", columns, {
      labelled: sample.labelled,
      labelling: labellingOf(sample),
      alpha: ALPHA,
      redraws: 9999,
      random: randomFromSeed(k),
    })!;
  });
  assert.ok(Math.abs(found.reduce((sum, { statistic }) => sum + statistic, 0) / 60 - 2) < 1e-9);
  for (const { statistic, p, law } of found) {
    const share = found.filter((other) => other.statistic >= statistic * (1 - 1e-9)).length / 60;
    assert.equal(law, "permutation");
    assert.ok(Math.abs(p - share) < 4.3 * Math.sqrt((share * (1 - share)) / 9999) + 2e-4, `${p} ${share}`);
  }
});

/** Student's t with 3 degrees of freedom. */
function heavy(random: Random): number {
  const squares = random.normal() ** 2 + random.normal() ** 2 + random.normal() ** 2;
  return random.normal() / Math.sqrt(squares / 3);
}

/** 50 of 300 units labelled; the proxy shares the heavy error of the outcome, or is the chance of a class. */
function heavySample(random: Random, kind: "ols" | "logistic"): PairedSample {
  const units = 300;
  const n = 50;
  const design = new Float64Array(2 * units).fill(1);
  const outcome = new Float64Array(n);
  const predicted = new Float64Array(units);
  for (let t = 0; t < units; t++) {
    const x = kind === "ols" ? heavy(random) : random.normal();
    const error = heavy(random);
    design[2 * t + 1] = x;
    predicted[t] = kind === "ols" ? x + error + 0.3 * heavy(random) : 1 / (1 + Math.exp(-(2 * x + 2 * error)));
    if (t < n) outcome[t] = kind === "ols" ? x + error : Number(x + error > 0.5);
  }
  return {
    units,
    width: 2,
    terms: ["(intercept)", "x"],
    labelled: Uint32Array.from({ length: n }, (_, i) => i),
    real: { design: design.slice(0, 2 * n), outcome },
    sources: [{ name: "proxy", kind: "proxy", design, outcome: predicted }],
  };
}

test("under random labelling the J alarm fires at its rate with heavy tails and few classes, where Hansen's own J fires too often", () => {
  // 1,000 samples of each; a right test falls outside 26 … 76 with probability below 5e-4.
  for (const kind of ["ols", "logistic"] as const) {
    const random = randomFromSeed(11).split(kind);
    const family: Family = { kind };
    let rejected = 0;
    let hansen = 0;
    for (let trial = 0; trial < 1000; trial++) {
      const sample = heavySample(random, kind);
      const prepared = prepare(sample, family);
      const options = { labelled: sample.labelled, labelling: prepared.labelling, alpha: ALPHA, redraws: 99 };
      if (overidentification(prepared, { ...options, random: random.split(trial) })!.rejected) rejected++;
      const solution = solveGmm(prepared);
      if (typeof solution !== "string" && chiSquareUpperTail(solution.overidentification, 2) <= ALPHA) hansen++;
    }
    assert.ok(rejected >= 26 && rejected <= 76, `${kind}: ${rejected}`);
    assert.ok(hansen > 76, `Hansen's J, ${kind}: ${hansen}`);
  }
});

test("where synthetic rows of labelled units were made otherwise the alarm has the power of the reference J", () => {
  const golden = { 50: 0.828, 100: 0.992 };
  const random = randomFromSeed(6);
  for (const labelled of [50, 100] as const) {
    let rejected = 0;
    for (let trial = 0; trial < 200; trial++) {
      const prepared = prepare(linearSample(random, { units: 1000, labelled, shift: 0.5 }), { kind: "ols" });
      const options = { labelled: prepared.sample.labelled, labelling: prepared.labelling, alpha: ALPHA, redraws: 199 };
      if (overidentification(prepared, { ...options, random: random.split(trial) })!.rejected) rejected++;
    }
    const rate = rejected / 200;
    // Four Monte-Carlo standard errors of a rate at that of the reference.
    const slack = 4 * Math.sqrt((golden[labelled] * (1 - golden[labelled])) / 200);
    assert.ok(rate >= golden[labelled] - slack, `n = ${labelled}: ${rate}`);
  }
});

test("with unequal chances p is that of the chi-squared law, and says so", () => {
  const random = randomFromSeed(8);
  const sample = linearSample(random, { units: 400, labelled: 80 });
  const given = { ...sample, labellingChance: Float64Array.from({ length: 80 }, (_, i) => 0.1 + 0.005 * i) };
  const prepared = prepare(given, { kind: "ols" });
  const options = { labelled: given.labelled, labelling: prepared.labelling, alpha: ALPHA, redraws: 99, random };
  const found = overidentification(prepared, options)!;
  assert.equal(found.law, "chi-squared");
  assert.equal(found.p, chiSquareUpperTail(found.statistic, 4));
});

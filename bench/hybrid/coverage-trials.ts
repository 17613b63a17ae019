import { CounterfoilError } from "../../src/errors.ts";
import { controlVariate } from "../../src/hybrid/estimation/control-variate.ts";
import { inferSample } from "../../src/hybrid/estimation/infer-sample.ts";
import { prepare } from "../../src/hybrid/estimation/prepared.ts";
import { type RandomKey, randomFrom } from "../../src/random.ts";
import { DESIGNS, type Design } from "./designs.ts";

/** Methods in the order of the table. */
export const SHOWN = [
  "labelled-only",
  "control-variate",
  "joint closed form",
  "gmm-two-step",
  "ppi",
  "ppi-plus-plus",
  "naive-pooling",
] as const;
export type Shown = (typeof SHOWN)[number];

/** Some trials of one design. */
export interface TrialsAsked {
  readonly design: string;
  readonly key: RandomKey;
  readonly trials: number;
  readonly units: number;
  readonly labelled: number;
  readonly isInformative: boolean;
  readonly level: number;
}

/** What every method said of the watched coefficient, and how often the tests rejected. */
export interface TrialsDone {
  readonly estimates: readonly {
    readonly method: Shown;
    readonly trial: number;
    readonly value: number;
    readonly low: number;
    readonly high: number;
  }[];
  readonly overidentification: number;
  readonly balance: number;
}

/** Runs trials; the task of a thread. */
export function coverageTrials(asked: TrialsAsked): TrialsDone {
  const { key, trials, units, labelled, isInformative, level } = asked;
  const design = DESIGNS.find(({ name }) => name === asked.design) as Design;
  const random = randomFrom(key);
  const estimates: TrialsDone["estimates"][number][] = [];
  let overidentification = 0;
  let balance = 0;
  for (let trial = 0; trial < trials; trial++) {
    const sample = design.draw({ random, units, labelled, isInformative });
    try {
      const inference = inferSample(sample, design.family, { level, random: random.split(trial) });
      if (inference.overidentification?.rejected) overidentification++;
      if (inference.covariateBalance?.rejected) balance++;
      for (const method of SHOWN) {
        // For a mean it is the control variate, and as first published it was measured on a linear regression.
        const found =
          method !== "joint closed form"
            ? inference.estimations.find((item) => item.method === method)
            : design.family.kind === "ols" && controlVariate(prepare(sample, design.family), { level, form: "joint" });
        if (!found || !("terms" in found)) continue;
        const { value, low, high } = found.terms[design.watched]!;
        estimates.push({ method, trial, value, low, high });
      }
    } catch (error) {
      // Labelled rows that chance has separated have no estimate.
      if (!(error instanceof CounterfoilError)) throw error;
    }
  }
  return { estimates, overidentification, balance };
}

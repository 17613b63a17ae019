import { takeRows } from "../../data/table.ts";
import type { Random } from "../../random.ts";
import type { MetricInput, Trial } from "../metric.ts";
import { withLeak } from "./plant.ts";

/** With fewer rows that were not fitted on, a low false-positive rate cannot be told from chance. */
export const FEWEST_NON_MEMBERS = 500;

/** The trials as attacks meet them: one random row of each person, for several rows of one person are one observation. */
export function attackedTrials(input: MetricInput): readonly Trial[] {
  return input.trials.map((trial, i) => {
    const { entities, ...rows } = trial;
    if (!entities) return rows;
    const random = input.random.split("people").split(i);
    return {
      ...rows,
      train: takeRows(trial.train, onePerEntity(entities.train, random.split("train"))),
      holdout: takeRows(trial.holdout, onePerEntity(entities.holdout, random.split("holdout"))),
    };
  });
}

function onePerEntity(entities: Int32Array, random: Random): Uint32Array {
  const seen = new Set<number>();
  const order = random.shuffle(Uint32Array.from({ length: entities.length }, (_, i) => i));
  return order
    .filter((row) => {
      const entity = entities[row] as number;
      if (seen.has(entity)) return false;
      seen.add(entity);
      return true;
    })
    .sort();
}

/** Why no attack can be judged here; undefined when it can. Folds of a judged procedure count together. */
export function tooFewNonMembers(trials: readonly Trial[]): string | undefined {
  const rows = trials.reduce((sum, trial) => sum + trial.holdout.rows, 0);
  if (rows >= FEWEST_NON_MEMBERS) return undefined;
  if (rows === 0) return "This needs real rows that were not used for fitting (--holdout).";
  return `An attack needs at least ${FEWEST_NON_MEMBERS} people (rows, where none are grouped) that were not fitted on; there are ${rows}. Give a larger holdout, or let the procedure be judged by refits on folds, where every row serves as both.`;
}

/** The positive control of an attack: the same trial with training rows, as they are, in the place of a share of its synthetic rows. The rows are
 * those that the copy tests plant under the same seed and index. */
export function withPlanted(
  input: MetricInput,
  trial: Trial,
  planting: { readonly share: number; readonly index: number },
): Trial {
  const { share, index } = planting;
  return { ...trial, synthetic: withLeak({ ...input, ...trial }, { leak: "verbatim", share, index }) };
}

import type { TrialScore } from "./trial-score.ts";

export interface Trial {
  readonly name: string;
  readonly score: TrialScore;
}

/** A trial's rows may be nearer to the rows it had seen by so many standard errors beyond what the least near trial's are. */
const NEARER_ERRORS = 3;
/** A later candidate must lead by so many standard errors: the trials share their unseen rows, and there are several of them. */
const LEAD_ERRORS = 1.5;
/** What an AUC may be lower by for a better two-sample score. */
const AUC_MARGIN = 0.01;

/** The first trial, unless the rows of a later one are clearly harder to tell from unseen ones and teach the target no worse; of several such the
 * hardest to tell. Trials whose rows are nearer to seen rows than chance allows are out.
 * @param trials at least one, in the order of the candidates */
export function chooseTrial(trials: readonly Trial[]): { readonly name: string; readonly because: string } {
  const least = Math.min(0.5, ...trials.map(({ score }) => score.nearer));
  const honest = trials.filter(({ score }) => score.nearer <= least + 0.02 + NEARER_ERRORS * score.nearerError);
  const open = honest.length > 0 ? honest : trials;
  const first = open[0] as Trial;
  const better = open.filter(
    ({ score }) =>
      score.twoSample > first.score.twoSample + LEAD_ERRORS * score.standardError &&
      (score.auc === undefined || first.score.auc === undefined || score.auc >= first.score.auc - AUC_MARGIN),
  );
  const winner = better.reduce((a, b) => (b.score.twoSample > a.score.twoSample ? b : a), first);
  const excluded = trials.filter((trial) => !open.includes(trial)).map(({ name }) => name);
  return {
    name: winner.name,
    because: `${
      winner === first
        ? `Of the others none has a two-sample score that is better by ${LEAD_ERRORS} standard errors and teaches the target as well.`
        : `Its rows are hardest to tell from unseen ones, by more than ${LEAD_ERRORS} standard errors beyond those of ${first.name}.`
    }${excluded.length > 0 ? ` Left out, for rows too near to those seen: ${excluded.join(", ")}.` : ""}`,
  };
}

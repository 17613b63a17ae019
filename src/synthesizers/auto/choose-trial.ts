import type { TrialScore } from "./trial-score.ts";

export interface Trial {
  readonly name: string;
  readonly score: TrialScore;
}

/** A trial's rows may be nearer to the rows it had seen by so many standard errors beyond what the least near trial's are. */
const NEARER_ERRORS = 3;
/** An AUC that is lower by more than this counts more than a two-sample score that cannot be told from another. */
const AUC_MARGIN = 0.005;

/** The trial whose rows are hardest to tell from unseen ones, among those that are no nearer to seen rows than chance allows. Of several that cannot
 * be told apart by one standard error, the one whose rows teach the target best; else the first.
 * @param trials at least one, in the order of the candidates */
export function chooseTrial(trials: readonly Trial[]): { readonly name: string; readonly because: string } {
  const least = Math.min(0.5, ...trials.map(({ score }) => score.nearer));
  const honest = trials.filter(({ score }) => score.nearer <= least + 0.02 + NEARER_ERRORS * score.nearerError);
  const open = honest.length > 0 ? honest : trials;
  const best = open.reduce((a, b) => (b.score.twoSample > a.score.twoSample ? b : a));
  const close = open.filter(({ score }) => score.twoSample >= best.score.twoSample - best.score.standardError);
  const areas = close.flatMap(({ score }) => (score.auc === undefined ? [] : [score.auc]));
  const top = Math.max(...areas);
  const winner =
    areas.length === close.length && close.length > 1
      ? (close.find(({ score }) => (score.auc as number) >= top - AUC_MARGIN) as Trial)
      : (close[0] as Trial);
  const excluded = trials.filter((trial) => !open.includes(trial)).map(({ name }) => name);
  return {
    name: winner.name,
    because: `${
      close.length === 1
        ? "Its rows are hardest to tell from unseen ones."
        : `Its rows are as hard to tell from unseen ones as those of ${close
            .filter((trial) => trial !== winner)
            .map(({ name }) => name)
            .join(
              " and ",
            )}, by one standard error; ${winner === close[0] ? "it comes first in the list of candidates" : "they teach the target better"}.`
    }${excluded.length > 0 ? ` Left out, for rows too near to those seen: ${excluded.join(", ")}.` : ""}`,
  };
}

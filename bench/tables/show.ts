import { studentQuantile } from "../../src/math/student-t.ts";
import type { Contender } from "./contenders.ts";
import { PUBLISHED } from "./published.ts";
import type { Run } from "./run.ts";

type Line = Record<string, string | number>;

/** One line for each contender that was run: means over the seeds, with the half width of a 95 % interval where there are several. */
export function qualityLines(contenders: readonly Contender[], runs: readonly Run[]): readonly Line[] {
  return linesOf(contenders, runs, (mine) => {
    const of = (value: (run: Run) => number | null | undefined, places = 4): string => shown(mine, value, places);
    return {
      shapes: of((run) => run.scores?.shapes),
      trends: of((run) => run.scores?.trends),
      "C2ST test": of((run) => run.scores?.c2st.test.boosted.score),
      "C2ST train": of((run) => run.scores?.c2st.train.boosted.score),
      "C2ST-LR test": of((run) => run.scores?.c2st.test.logistic.score, 3),
      "TSTR AUC": of((run) => run.scores?.tstr.auc),
      "TSTR F1 of the rarer class": of((run) => run.scores?.tstr.f1, 3),
      "copies of train / test": `${of((run) => run.scores?.copies.train)} / ${of((run) => run.scores?.copies.test)}`,
      p: median(mine, (run) => run.scores?.copies.p),
      "nearer to train": of((run) => run.scores?.nearer.share, 3),
      "p ": median(mine, (run) => run.scores?.nearer.p),
      "rare recall": of((run) => run.scores?.rare.recall, 2),
      ...costOf(mine),
    };
  });
}

/** The protocol of TabSyn and TabPC, and what TabPC's authors publish. */
export function literatureLines(contenders: readonly Contender[], runs: readonly Run[]): readonly Line[] {
  const titled = contenders.map((contender) =>
    contender.kind === "ceiling" ? { ...contender, title: "real rows: the test rows (ceiling)" } : contender,
  );
  const ours = linesOf(titled, runs, (mine) => ({
    shapes: shown(mine, (run) => run.literature?.shapes, 4),
    trends: shown(mine, (run) => run.literature?.trends, 4),
    "MLE AUC": shown(mine, (run) => run.literature?.mle, 4),
    "C2ST, XGBoost": shown(mine, (run) => run.literature?.c2st.boosted, 4),
    "C2ST, logistic": shown(mine, (run) => run.literature?.c2st.logistic, 4),
  }));
  const theirs = PUBLISHED.map(({ name, shapes, trends, mle, boosted, logistic }) => ({
    " ": `published: ${name}`,
    runs: 5,
    shapes: shortened(shapes, 4),
    trends: shortened(trends, 4),
    "MLE AUC": shortened(mle, 4),
    "C2ST, XGBoost": shortened(boosted, 4),
    "C2ST, logistic": shortened(logistic, 4),
  }));
  return [...ours, ...theirs];
}

/** Time and memory of one million rows. */
export function growthLines(contenders: readonly Contender[], runs: readonly Run[]): readonly Line[] {
  return linesOf(contenders, runs, (mine) => ({
    "fit, minutes": shown(mine, (run) => (run.cost?.wall === undefined ? undefined : run.cost.wall / 60), 1),
    ...costOf(mine),
  }));
}

/** What models trained on the training rows reach on the test rows, for the caption. */
export function captionOf(runs: readonly Run[]): string {
  const scores = runs.find(({ contender, scores }) => contender !== "ceiling" && scores)?.scores;
  if (!scores) return "";
  const [train, test] = scores.rows;
  const { numeric, categorical } = scores.columns;
  return `${train} training and ${test} test rows, ${numeric} numeric and ${categorical} categorical columns; train on real: AUC ${shortened(scores.trtr.auc, 4)}, F1 ${shortened(scores.trtr.f1, 3)}`;
}

function linesOf(
  contenders: readonly Contender[],
  runs: readonly Run[],
  columns: (mine: readonly Run[]) => Line,
): readonly Line[] {
  return contenders.flatMap(({ name, title }) => {
    const mine = runs.filter(({ contender }) => contender === name);
    if (mine.length === 0) return [];
    const failed = mine.find((run) => run.failed !== undefined)?.failed;
    return failed === undefined
      ? [{ " ": title, runs: mine.length, ...columns(mine) }]
      : [{ " ": `${title}: ${failed}`, runs: mine.length }];
  });
}

function costOf(runs: readonly Run[]): Line {
  return {
    "fit CPU s": shown(runs, (run) => run.cost?.fit, 1),
    "sample CPU s": shown(runs, (run) => run.cost?.sample, 1),
    "peak MB": shown(runs, (run) => run.cost?.megabytes, 0, Math.max),
  };
}

function shown(
  runs: readonly Run[],
  value: (run: Run) => number | null | undefined,
  places: number,
  over?: (...values: readonly number[]) => number,
): string {
  const known = runs.map(value).filter((item) => typeof item === "number");
  const n = known.length;
  if (n === 0) return "–";
  if (over) return over(...known).toFixed(places);
  const mean = known.reduce((sum, item) => sum + item, 0) / n;
  if (n === 1 || places < 3) return shortened(mean, places);
  const variance = known.reduce((sum, item) => sum + (item - mean) ** 2, 0) / (n - 1);
  return `${shortened(mean, places)} ± ${shortened(studentQuantile(0.975, n - 1) * Math.sqrt(variance / n), places)}`;
}

function median(runs: readonly Run[], value: (run: Run) => number | undefined): string {
  const known = runs
    .map(value)
    .filter((item) => item !== undefined)
    .sort((a, b) => a - b);
  const middle = known[Math.floor((known.length - 1) / 2)];
  if (middle === undefined) return "–";
  return middle <= 0.0005 ? "≤ .0005" : shortened(middle, 3);
}

function shortened(value: number, places: number): string {
  return value.toFixed(places).replace(/^(-?)0\./, "$1.");
}

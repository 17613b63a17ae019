import { runAll, type Task } from "../../executors/executor.ts";
import { type BinnedColumns, fitBoosting, type Objective } from "../../learners/trees/boosting.ts";
import { spearman, weightedRankCorrelation } from "../../math/rank-agreement.ts";
import type { Metric, MetricInput, Score } from "../metric.ts";
import { headerOf, notApplicable, notComputable } from "../score.ts";
import { drawHalves, halvesInterval } from "./halves.ts";
import { prepareTables, splitReal } from "./prediction-tables.ts";
import { predictionTask } from "./prediction-task.ts";

/** Boosted trees that predict the target, trained on synthetic and on real rows: whether they lean on the same columns. */
export const featureImportanceAgreement: Metric = {
  name: "feature-importance-agreement",
  title: "Same columns matter for the target",
  family: "utility",
  better: "higher",
  range: [-1, 1],
  source:
    "Gain importance: Breiman et al. (1984); Friedman (2001), Annals of Statistics 29(5); weighted rank correlation: Pinto da Costa & Soares (2005)",
  definitionVersion: 1,
  explains:
    "Whether a model trained on synthetic rows ranks the columns by importance as one trained on real rows does: 1 is the same order. It does not say that either model predicts well.",
  measure,
};

const MAX_ROWS = 20_000;
const MAX_CLASS_ROWS = 40_000;
const MIN_ROWS = 100;
const MIN_PREDICTORS = 3;
const REPEATS = 5;

async function measure(input: MetricInput): Promise<Score> {
  const metric = featureImportanceAgreement;
  const { target, targetLeaks } = input.purpose;
  if (target === undefined) return notApplicable(metric, "No target column was declared, and none stands out.");
  const real = splitReal(input);
  const task = predictionTask(target, { ...real, codec: input.codec, schema: input.schema }, targetLeaks);
  if ("impossible" in task) return notComputable(metric, task.impossible);
  if (task.predictors.length < MIN_PREDICTORS)
    return notApplicable(metric, `The target "${target}" has fewer than ${MIN_PREDICTORS} predictors to rank.`);
  const { objective } = task;
  const most = objective.kind === "softmax" ? Math.floor(MAX_CLASS_ROWS / objective.classes) : MAX_ROWS;
  const tables = prepareTables(input, task, { ...real, most });
  if (tables.rows < MIN_ROWS)
    return notComputable(metric, `There are ${tables.rows} rows to train on; ${MIN_ROWS} are needed.`);
  const halves = drawHalves(tables, { repeats: REPEATS, random: input.random.split("halves") });
  const gains = await runAll<Float64Array>(
    input.executor,
    halves.flatMap((half) => [
      taskOf({ ...tables.real, objective, rows: half.real }),
      taskOf({ ...tables.real, objective, rows: half.fresh }),
      taskOf({ ...tables.synthetic, objective, rows: half.synthetic }),
    ]),
    { signal: input.signal },
  );
  if (gains.some((own, at) => at % 3 !== 2 && own.every((gain) => gain === 0)))
    return notApplicable(
      metric,
      `The target "${target}" cannot be predicted from the real rows: there are no importances to compare.`,
    );
  const repeats = halves.map((_, r) => {
    const [base, fresh, synthetic] = gains.slice(3 * r, 3 * r + 3) as [Float64Array, Float64Array, Float64Array];
    return {
      value: (weightedRankCorrelation(base, synthetic) + weightedRankCorrelation(fresh, synthetic)) / 2,
      ceiling: weightedRankCorrelation(base, fresh),
      spearman: (spearman(base, synthetic) + spearman(fresh, synthetic)) / 2,
      spearmanCeiling: spearman(base, fresh),
    };
  });
  const interval = { level: input.level, range: metric.range };
  const mean = (of: (repeat: (typeof repeats)[number]) => number): number =>
    repeats.reduce((sum, repeat) => sum + of(repeat) / REPEATS, 0);
  const shares = (arms: readonly number[]): Float64Array =>
    meanShares(halves.flatMap((_, r) => arms.map((arm) => gains[3 * r + arm] as Float64Array)));
  const [onReal, onSynthetic] = [shares([0, 1]), shares([2])];
  const columns = input.codec.columns.map((column) => column.name).filter((name) => task.predictors.includes(name));
  return {
    ...headerOf(metric),
    ...halvesInterval(
      repeats.map((repeat) => repeat.value),
      interval,
    ),
    level: input.level,
    n: tables.rows,
    seeds: [input.seed],
    ceiling: halvesInterval(
      repeats.map((repeat) => repeat.ceiling),
      interval,
    ),
    difference: halvesInterval(
      repeats.map((repeat) => repeat.value - repeat.ceiling),
      { ...interval, range: [-2, 2] },
    ),
    worst: columns
      .map((name, j) => ({ name, value: onSynthetic[j] as number, ceiling: onReal[j] as number }))
      .sort((a, b) => Math.abs(b.value - b.ceiling) - Math.abs(a.value - a.ceiling))
      .slice(0, 50),
    details: {
      target,
      repeats: REPEATS,
      trainingRows: tables.rows >> 1,
      predictors: columns.length,
      spearman: mean((repeat) => repeat.spearman),
      spearmanCeiling: mean((repeat) => repeat.spearmanCeiling),
      worstIs: "the share of the loss removed that splits on the column account for",
    },
  };
}

/** What a task needs to say how much each column matters. */
export interface ImportanceData extends BinnedColumns {
  readonly target: Float64Array;
  readonly objective: Objective;
  readonly rows: Uint32Array;
}

/** The loss that splits on each column remove from a boosted model, summed over its trees. */
export function importances(data: ImportanceData): Float64Array {
  const trees = data.objective.kind === "softmax" ? Math.round(60 / data.objective.classes) : 40;
  return fitBoosting({ ...data, options: { trees, learningRate: 0.2, leaves: 16, bins: 32 } }).gains;
}

function taskOf(data: ImportanceData): Task {
  return { module: import.meta.url, name: importances.name, data };
}

function meanShares(gains: readonly Float64Array[]): Float64Array {
  const out = new Float64Array((gains[0] as Float64Array).length);
  for (const own of gains) {
    const total = own.reduce((sum, gain) => sum + gain, 0);
    if (total > 0)
      for (let j = 0; j < out.length; j++) out[j] = (out[j] as number) + (own[j] as number) / total / gains.length;
  }
  return out;
}

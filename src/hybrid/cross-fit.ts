import { foldRows } from "../data/split.ts";
import { selectColumns, type Table, takeRows } from "../data/table.ts";
import { type Executor, runAll, sharedCopy } from "../executors/executor.ts";
import type { Objective } from "../learners/trees/boosting.ts";
import type { Random } from "../random.ts";
import { encodeColumn, fitCodec } from "../schema/encode.ts";
import { inferSchema } from "../schema/infer.ts";
import { schemaOf } from "../schema/schema.ts";
import type { FoldTask } from "./predict-fold.ts";

/** Rows from which the meaning and the bins of the columns are learnt. */
const MOST_SCHEMA_ROWS = 20_000;

/** What models that never saw a unit's own label predict of it. */
export interface CrossFit {
  /** One for each fold: T predictions of the model that was fitted without the fold's units. */
  readonly predictions: readonly Float64Array[];
  /** Fold of each labelled unit. */
  readonly foldOf: Int32Array;
  /** Columns that the models learnt from. */
  readonly predictors: readonly string[];
}

/** Predicts the outcome of every unit by boosted trees, fitted on the labelled units without one fold after the other. Columns that tell units
 * apart without meaning anything (keys, free text) are left out.
 * @param units T rows; the columns to predict from
 * @param options.labelled units with an outcome, and their outcomes in `outcome`
 * @param options.chance whether the outcome is 0 or 1; else a number
 * @param options.folds default 5
 * @returns undefined: no column can be predicted from */
export async function crossFit(
  units: Table,
  options: {
    readonly labelled: Uint32Array;
    readonly outcome: Float64Array;
    readonly chance: boolean;
    readonly folds?: number | undefined;
    readonly random: Random;
    readonly executor: Executor;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<CrossFit | undefined> {
  const { labelled, outcome, random, executor } = options;
  const some =
    units.rows <= MOST_SCHEMA_ROWS
      ? units
      : takeRows(units, random.split("schema").sample(units.rows, MOST_SCHEMA_ROWS));
  const schema = inferSchema(some);
  const predictors = units.columns
    .map(({ name }) => name)
    .filter((name) => !["identifier", "text", "constant"].includes(schemaOf(schema, name).kind));
  if (predictors.length === 0) return undefined;
  const codec = fitCodec(selectColumns(some, predictors), schema, { bins: 64 });
  const columns = selectColumns(units, predictors).columns.map((column, j) =>
    encodeColumn(column, codec.columns[j] as (typeof codec.columns)[number]),
  );
  const folds = foldRows(labelled.length, { folds: options.folds ?? 5, random: random.split("folds") });
  const foldOf = new Int32Array(labelled.length);
  folds.forEach(({ holdout }, fold) => {
    for (const row of holdout) foldOf[row] = fold;
  });
  const target = new Float64Array(units.rows);
  labelled.forEach((unit, i) => {
    target[unit] = outcome[i] as number;
  });
  const objective: Objective = { kind: options.chance ? "logistic" : "squared-error" };
  const shared = sharedCopy(target);
  const tasks = folds.map(({ train }) => {
    const data: FoldTask = {
      columns,
      levels: codec.columns.map(({ levels }) => levels),
      ordered: codec.columns.map(({ ordered }) => ordered),
      target: shared,
      rows: train.map((row) => labelled[row] as number),
      objective,
    };
    return { module: new URL("./predict-fold.js", import.meta.url).href, name: "predictFold", data };
  });
  const predictions = await runAll<Float64Array>(executor, tasks, { signal: options.signal });
  return { predictions, foldOf, predictors };
}

/** One prediction for each unit: of a labelled one by the model that did not see it, of any other by all models on average, or, where an average
 * would be too smooth (for quantiles), by one of them in turn. */
export function outOfFold(
  fit: CrossFit,
  options: { readonly labelled: Uint32Array; readonly average: boolean },
): Float64Array {
  const folds = fit.predictions.length;
  const units = fit.predictions[0]?.length ?? 0;
  const out = new Float64Array(units);
  for (let unit = 0; unit < units; unit++) {
    if (!options.average) {
      out[unit] = fit.predictions[unit % folds]?.[unit] as number;
      continue;
    }
    let sum = 0;
    for (const predictions of fit.predictions) sum += predictions[unit] as number;
    out[unit] = sum / folds;
  }
  options.labelled.forEach((unit, i) => {
    out[unit] = fit.predictions[fit.foldOf[i] as number]?.[unit] as number;
  });
  return out;
}

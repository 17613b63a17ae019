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

/** With more units each is predicted by one model: what the mean of several would smooth is next to nothing then. */
const MOST_AVERAGED = 50_000;

/** What models that never saw a unit's own label predict of it. */
export interface CrossFit {
  /** T: of a labelled unit by the model that was fitted without its fold; of any other by the mean of all models, or by one of them in turn. */
  readonly predictions: Float64Array;
  /** Columns that the models learnt from. */
  readonly predictors: readonly string[];
}

/** Predicts the outcome of every unit by boosted trees, fitted on the labelled units without one fold after the other. Columns that tell units
 * apart without meaning anything (keys, free text) are left out.
 * @param units T rows; the columns to predict from
 * @param options.labelled units with an outcome, and their outcomes in `outcome`
 * @param options.average whether an unlabelled unit may get the mean of all models, which is smoother than one of them: not where a quantile is asked for
 * @param options.chance whether the outcome is 0 or 1; else a number
 * @param options.folds default 5
 * @returns undefined: no column can be predicted from */
export async function crossFit(
  units: Table,
  options: {
    readonly labelled: Uint32Array;
    readonly outcome: Float64Array;
    readonly chance: boolean;
    readonly average: boolean;
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
  const target = new Float64Array(units.rows);
  labelled.forEach((unit, i) => {
    target[unit] = outcome[i] as number;
  });
  const objective: Objective = { kind: options.chance ? "logistic" : "squared-error" };
  const shared = sharedCopy(target);
  const isLabelled = new Uint8Array(units.rows);
  for (const unit of labelled) isLabelled[unit] = 1;
  const average = options.average && units.rows <= MOST_AVERAGED;
  const others = Uint32Array.from({ length: units.rows }, (_, unit) => unit).filter((unit) => isLabelled[unit] === 0);
  const tasks = folds.map(({ train, holdout }, fold) => {
    const data: FoldTask = {
      columns,
      levels: codec.columns.map(({ levels }) => levels),
      ordered: codec.columns.map(({ ordered }) => ordered),
      target: shared,
      rows: train.map((row) => labelled[row] as number),
      predict: joined(
        holdout.map((row) => labelled[row] as number),
        average ? others : others.filter((_, at) => at % folds.length === fold),
      ),
      objective,
    };
    return { module: new URL("./predict-fold.js", import.meta.url).href, name: "predictFold", data };
  });
  const found = await runAll<Float64Array>(executor, tasks, { signal: options.signal });
  const predictions = new Float64Array(units.rows);
  found.forEach((values, fold) => {
    const { predict } = (tasks[fold] as (typeof tasks)[number]).data;
    predict.forEach((unit, at) => {
      const share = average && isLabelled[unit] === 0 ? folds.length : 1;
      predictions[unit] = (predictions[unit] as number) + (values[at] as number) / share;
    });
  });
  return { predictions, predictors };
}

function joined(a: Uint32Array, b: Uint32Array): Uint32Array {
  const out = new Uint32Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

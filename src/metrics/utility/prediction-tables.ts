import { selectColumns, type Table, takeRows } from "../../data/table.ts";
import { sharedCopy } from "../../executors/executor.ts";
import type { BinnedColumns } from "../../learners/trees/boosting.ts";
import { encode } from "../../schema/encode.ts";
import { permuteColumns } from "../frames.ts";
import type { MetricInput } from "../metric.ts";
import type { PredictionTask } from "./prediction-task.ts";

const MAX_TEST_ROWS = 50_000;

/** Real rows to train on and others to test on. */
export function splitReal(input: MetricInput): {
  readonly train: Table;
  readonly test: Table;
  readonly testedOn: string;
} {
  const { train, holdout, random } = input;
  if (holdout) return { train, test: holdout, testedOn: "the holdout" };
  const order = random.split("halves").shuffle(Uint32Array.from({ length: train.rows }, (_, i) => i));
  const half = train.rows >> 1;
  return {
    train: takeRows(train, order.subarray(half)),
    test: takeRows(train, order.subarray(0, half)),
    testedOn: "half of the training rows, for want of a holdout: a copy of them would look useful",
  };
}

/** What the models of one task learn from and are tested on. */
export interface TaskTables {
  /** Rows that every table trains on; those without a target count, and are then left out. */
  readonly rows: number;
  readonly real: Coded;
  readonly synthetic: Coded;
  readonly floor: Coded;
  readonly test: { readonly columns: readonly Uint8Array[]; readonly target: Float64Array; readonly rows: Uint32Array };
}

/** A table as codes, with a target for each row (NaN: the row cannot be used). */
export interface Coded extends BinnedColumns {
  /** Codes below this one are missing cells, per column. */
  readonly missing: readonly number[];
  readonly target: Float64Array;
}

/** @param most rows that a table trains on */
export function prepareTables(
  input: MetricInput,
  task: PredictionTask,
  real: { readonly train: Table; readonly test: Table; readonly most: number },
): TaskTables {
  const { random } = input;
  const names = new Set(task.predictors);
  const codec = { columns: input.codec.columns.filter((column) => names.has(column.name)) };
  const { most } = real;
  const rows = Math.min(real.train.rows, input.synthetic.rows, most);
  const part = (table: Table, count: number, label: string): Table =>
    table.rows <= count ? table : takeRows(table, random.split(label).sample(table.rows, count));
  const coded = (table: Table): Coded => ({
    columns: encode(selectColumns(table, task.predictors), codec).codes,
    levels: codec.columns.map((column) => column.levels),
    ordered: codec.columns.map((column) => column.ordered),
    missing: codec.columns.map((column) => column.missing.length),
    target: sharedCopy(task.targetOf(table)),
  });
  // Real rows may be more than synthetic ones, for the ceiling needs two parts of them.
  const train = coded(part(real.train, most, "real rows"));
  const test = coded(part(real.test, MAX_TEST_ROWS, "test rows"));
  const permuted = permuteColumns({ rows: train.target.length, codec, codes: train.columns }, random.split("floor"));
  return {
    rows,
    real: train,
    synthetic: coded(part(input.synthetic, rows, "synthetic rows")),
    floor: { ...train, columns: permuted.codes },
    test: { columns: test.columns, target: test.target, rows: usable(test.target) },
  };
}

/** The rows that have a target, of these or of all. */
export function usable(target: Float64Array, rows?: Uint32Array): Uint32Array {
  const from = rows ?? Uint32Array.from({ length: target.length }, (_, i) => i);
  return from.filter((row) => !Number.isNaN(target[row]));
}

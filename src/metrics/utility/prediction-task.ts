import { type Column, columnOf, type Table } from "../../data/table.ts";
import type { Objective } from "../../learners/trees/boosting.ts";
import type { Codec, ColumnCodec } from "../../schema/encode.ts";
import { encodeColumn } from "../../schema/encode.ts";
import { isQuantity, schemaOf, type TableSchema } from "../../schema/schema.ts";

/** What is to be predicted, and from what. */
export interface PredictionTask {
  readonly measure: "AUC" | "macro AUC" | "R²" | "concordance";
  readonly objective: Objective;
  readonly predictors: readonly string[];
  /** Columns left out beside the declared leaks: they and the target are functions of each other. */
  readonly excluded: readonly string[];
  /** The target of each row: a class, or a standardised number; NaN where the row cannot be used. */
  readonly targetOf: (table: Table) => Float64Array;
}

/** Fewest test rows that a class needs, and that are not of it, to be measured. */
export const MIN_CLASS_ROWS = 10;

/** Classes beyond the commonest are one class together. */
const MAX_CLASSES = 8;

/** A quantity with no more distinct values than this is predicted as classes. */
const MAX_VALUES_AS_CLASSES = 20;

/** The task that a target column sets, or the reason why there is none. */
export function predictionTask(
  target: string,
  tables: { readonly train: Table; readonly test: Table; readonly codec: Codec; readonly schema: TableSchema },
  targetLeaks: readonly string[],
): PredictionTask | { readonly impossible: string } {
  const { train, test, codec, schema } = tables;
  const own = codec.columns.find((column) => column.name === target);
  if (!own) return { impossible: `The target "${target}" is not among the columns that were modelled.` };
  const meaning = schemaOf(schema, target);
  const copies = codec.columns
    .map((column) => column.name)
    .filter(
      (name) =>
        name !== target &&
        (schemaOf(schema, name).functionOf?.column === target || meaning.functionOf?.column === name),
    );
  const predictors = codec.columns
    .map((column) => column.name)
    .filter((name) => name !== target && !targetLeaks.includes(name) && !copies.includes(name));
  if (predictors.length === 0) return { impossible: `No column is left to predict "${target}" from.` };
  const common = { predictors, excluded: copies.filter((name) => !targetLeaks.includes(name)) };
  const column = columnOf(train, target);
  if (isQuantity(meaning.kind) && column.type !== "text" && distinctValues(column.values) > MAX_VALUES_AS_CLASSES)
    return numberTask(target, { train: column.values, test: columnOf(test, target) }, common);
  return classTask(target, { train, test, codec: own }, common);
}

type Common = Pick<PredictionTask, "predictors" | "excluded">;

function numberTask(
  target: string,
  columns: { readonly train: Float64Array; readonly test: Column },
  common: Common,
): PredictionTask | { readonly impossible: string } {
  const known = columns.train.filter(Number.isFinite);
  const tested = columns.test.type === "text" ? new Float64Array(0) : columns.test.values.filter(Number.isFinite);
  if (tested.every((value) => value === tested[0]))
    return { impossible: `The target "${target}" has one value in the test rows.` };
  const mean = known.reduce((sum, x) => sum + x / known.length, 0);
  const spread = Math.sqrt(known.reduce((sum, x) => sum + (x - mean) ** 2 / known.length, 0));
  return {
    ...common,
    measure: "R²",
    objective: { kind: "squared-error" },
    // Standardised by the real rows, so that the learners' penalties mean the same for every unit.
    targetOf: (table) => {
      const column = columnOf(table, target);
      if (column.type === "text") return new Float64Array(table.rows).fill(Number.NaN);
      return column.values.map((value) => (Number.isFinite(value) ? (value - mean) / spread : Number.NaN));
    },
  };
}

function classTask(
  target: string,
  tables: { readonly train: Table; readonly test: Table; readonly codec: ColumnCodec },
  common: Common,
): PredictionTask | { readonly impossible: string } {
  const { codec } = tables;
  const counted = (table: Table): Float64Array => {
    const counts = new Float64Array(codec.levels);
    for (const code of encodeColumn(columnOf(table, target), codec)) counts[code] = (counts[code] as number) + 1;
    return counts.fill(0, 0, codec.missing.length);
  };
  const trained = counted(tables.train);
  const tested = counted(tables.test);
  const kept = [...tested.keys()]
    .filter((code) => Math.min(tested[code] as number, trained[code] as number) >= MIN_CLASS_ROWS)
    .sort((a, b) => (tested[b] as number) - (tested[a] as number) || a - b)
    .slice(0, MAX_CLASSES);
  const others = (counts: Float64Array): number =>
    counts.reduce((sum, count, code) => sum + (kept.includes(code) ? 0 : count), 0);
  const withOthers = Math.min(others(tested), others(trained)) >= MIN_CLASS_ROWS;
  const classes = kept.length + (withOthers ? 1 : 0);
  if (classes < 2)
    return {
      impossible: `The target "${target}" has ${kept.length === 0 ? "no class" : "only one class"} that at least ${MIN_CLASS_ROWS} test rows and ${MIN_CLASS_ROWS} training rows hold; two are needed.`,
    };
  const classOf = Float64Array.from({ length: codec.levels }, (_, code) => {
    if (code < codec.missing.length) return Number.NaN;
    const at = kept.indexOf(code);
    return at >= 0 ? at : withOthers ? kept.length : Number.NaN;
  });
  return {
    ...common,
    measure: classes === 2 ? "AUC" : "macro AUC",
    objective: classes === 2 ? { kind: "logistic" } : { kind: "softmax", classes },
    targetOf: (table) =>
      Float64Array.from(encodeColumn(columnOf(table, target), codec), (code) => classOf[code] as number),
  };
}

/** Distinct numbers, missing ones apart; stops counting when there are enough for a quantity. */
function distinctValues(values: Float64Array): number {
  const seen = new Set<number>();
  for (const value of values) {
    if (!Number.isNaN(value)) seen.add(value);
    if (seen.size > MAX_VALUES_AS_CLASSES) break;
  }
  return seen.size;
}

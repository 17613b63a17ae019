import { type Column, columnOf, type Table } from "../data/table.ts";
import type { Random } from "../random.ts";
import { GROUPS } from "./jackknife.ts";
import type { MetricInput } from "./metric.ts";

/** Rows of three tables, as many of each as a frame has, for metrics that need values and not codes. */
export interface Samples {
  readonly reference: Sample;
  readonly synthetic: Sample;
  readonly ceiling: Sample;
}

/** Rows of a table in random order; row i belongs to jackknife group floor(i · GROUPS / rows). */
export interface Sample {
  readonly table: Table;
  readonly rows: Uint32Array;
}

/** Reference from the holdout and ceiling from train; without a holdout, from two halves of train. */
export function sampleTables(input: MetricInput, random: Random): Samples {
  const n = input.frames.reference.rows;
  const train = shuffled(input.train, random.split("train"));
  const half = Math.floor(train.rows.length / 2);
  return {
    reference: input.holdout
      ? first(shuffled(input.holdout, random.split("holdout")), n)
      : first({ table: input.train, rows: train.rows.subarray(half) }, n),
    synthetic: first(shuffled(input.synthetic, random.split("synthetic")), n),
    ceiling: first(input.holdout ? train : { table: input.train, rows: train.rows.subarray(0, half) }, n),
  };
}

/** The numbers of a sampled column that are not missing, and the group of each. */
export interface GroupedValues {
  readonly values: Float64Array;
  readonly groups: Uint8Array;
}

/** @returns nothing when this side does not hold numbers */
export function groupedValues(sample: Sample, name: string): GroupedValues | undefined {
  const column: Column = columnOf(sample.table, name);
  if (column.type === "text") return undefined;
  const n = sample.rows.length;
  const values = new Float64Array(n);
  const groups = new Uint8Array(n);
  let at = 0;
  for (let i = 0; i < n; i++) {
    const value = column.values[sample.rows[i] as number] as number;
    if (Number.isNaN(value)) continue;
    values[at] = value;
    groups[at++] = Math.floor((i * GROUPS) / n);
  }
  return { values: values.subarray(0, at), groups: groups.subarray(0, at) };
}

function shuffled(table: Table, random: Random): Sample {
  return { table, rows: random.shuffle(Uint32Array.from({ length: table.rows }, (_, i) => i)) };
}

function first(sample: Sample, rows: number): Sample {
  return { table: sample.table, rows: sample.rows.subarray(0, rows) };
}

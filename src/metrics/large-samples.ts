import type { Table } from "../data/table.ts";
import type { Random } from "../random.ts";
import type { MetricInput } from "./metric.ts";
import type { Samples } from "./samples.ts";

const MOST_ROWS = 50_000;

/** Rows of three tables for shares of small groups, where every row counts: as many synthetic rows as fresh real ones, and the whole holdout to
 * compare both with. Without a holdout train is cut in two. */
export function largeSamples(input: MetricInput, random: Random): Samples {
  const { train, holdout, synthetic } = input;
  const order = (table: Table, label: string): Uint32Array =>
    random.split(label).shuffle(Uint32Array.from({ length: table.rows }, (_, i) => i));
  const half = holdout ? train.rows : train.rows >> 1;
  const real = order(train, "train");
  const rows = Math.min(half, synthetic.rows, MOST_ROWS);
  return {
    reference: holdout
      ? { table: holdout, rows: order(holdout, "holdout").subarray(0, MOST_ROWS) }
      : { table: train, rows: real.subarray(half, half + MOST_ROWS) },
    synthetic: { table: synthetic, rows: order(synthetic, "synthetic").subarray(0, rows) },
    ceiling: { table: train, rows: real.subarray(0, rows) },
  };
}

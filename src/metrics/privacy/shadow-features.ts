import type { Table } from "../../data/table.ts";
import { type MixedRows, UNIT } from "../../learners/neighbours/mixed-rows.ts";
import type { Random } from "../../random.ts";
import type { MetricInput, ShadowRun } from "../metric.ts";
import { encodeMixed, fitMixedCodec, type MixedCodec } from "./mixed-table.ts";
import { NEIGHBOURS } from "./most-isolated.ts";
import { rowDistances } from "./row-distances.ts";

/** Numbers per target and run. */
export const FEATURES = 5;
/** Questions of each width about a target. */
const QUESTIONS = 5;
const WIDTHS = [1, 2, 3] as const;
/** A number agrees with a target's when their ranks lie this close: a twentieth of the rows around it. */
const NEAR = UNIT / 40;
/** On the scale of one column: below it a distance is as good as none. */
const SMALL = 1e-3;

/** What an attacker sees of each target in the synthetic table of each run. */
export interface ShadowFeatures {
  readonly targets: number;
  readonly runs: number;
  /** values[(run · targets + target) · FEATURES + feature]: the larger, the more the table speaks of the target. */
  readonly values: Float64Array;
  /** distance[run · targets + target]: to the nearest synthetic row, in columns. */
  readonly distance: Float64Array;
}

/** Targets, and how one looks at a table from them. */
export interface Viewpoint {
  readonly codec: MixedCodec;
  readonly targets: MixedRows;
  /** Distance from each target to its fifth nearest real row. */
  readonly reach: Float64Array;
  /** Columns of each question about each target. */
  readonly questions: readonly (readonly Uint32Array[])[];
}

/** Places the targets among the real rows, and draws the questions that will be asked about them. */
export function viewpointOf(
  targets: Table,
  input: Pick<MetricInput, "train" | "holdout" | "schema">,
  random: Random,
): Viewpoint {
  const real = input.holdout ? [input.train, input.holdout] : [input.train];
  const codec = fitMixedCodec(real, input.schema);
  const encoded = encodeMixed([targets], codec);
  const all = encodeMixed(real, codec);
  const width = codec.columns.length;
  return {
    codec,
    targets: encoded,
    // The nearest real row is the target itself.
    reach: Float64Array.from({ length: targets.rows }, (_, target) => {
      const sorted = rowDistances(encoded, target, all).sort();
      return sorted[Math.min(NEIGHBOURS, sorted.length - 1)] as number;
    }),
    questions: Array.from({ length: targets.rows }, (_, target) => {
      const stream = random.split(target);
      return WIDTHS.flatMap((columns) =>
        Array.from({ length: QUESTIONS }, () => stream.sample(width, Math.min(columns, width))),
      );
    }),
  };
}

/** Looks at every table from every target: how near its nearest row lies, how many rows lie within reach, and which share of the rows agrees with it
 * on one, two and three of its columns. All but the first as logarithms of shares; the first as minus that of the distance.
 * @source Stadler et al. (2022), Groundhog Day, USENIX Security; Meeus et al. (2023), Achilles' Heels, ESORICS (questions) */
export function shadowFeatures(runs: readonly ShadowRun[], viewpoint: Viewpoint): ShadowFeatures {
  const { codec, targets, reach, questions } = viewpoint;
  const values = new Float64Array(runs.length * targets.rows * FEATURES);
  const distance = new Float64Array(runs.length * targets.rows);
  for (const [run, { synthetic }] of runs.entries()) {
    const rows = encodeMixed([synthetic], codec);
    const logShare = (count: number): number => Math.log((count + 0.5) / (rows.rows + 1));
    for (let target = 0; target < targets.rows; target++) {
      const at = run * targets.rows + target;
      const distances = rowDistances(targets, target, rows);
      const nearest = distances.reduce((least, x) => Math.min(least, x), codec.columns.length * 2);
      distance[at] = nearest;
      values[at * FEATURES] = -Math.log(nearest + SMALL);
      values[at * FEATURES + 1] = logShare(
        distances.reduce((count, x) => count + (x <= (reach[target] as number) ? 1 : 0), 0),
      );
      const asked = questions[target] as readonly Uint32Array[];
      for (let width = 0; width < WIDTHS.length; width++) {
        let sum = 0;
        for (const columns of asked.slice(width * QUESTIONS, (width + 1) * QUESTIONS))
          sum += logShare(agreeing(rows, { targets, target, columns }));
        values[at * FEATURES + 2 + width] = sum / QUESTIONS;
      }
    }
  }
  return { targets: targets.rows, runs: runs.length, values, distance };
}

/** Rows that agree with a target on some columns. */
function agreeing(
  rows: MixedRows,
  question: { readonly targets: MixedRows; readonly target: number; readonly columns: Uint32Array },
): number {
  const { categories, numbers, cells } = rows;
  const width = categories + numbers;
  const { targets, target, columns } = question;
  let count = 0;
  for (let row = 0; row < rows.rows; row++) {
    let agree = true;
    for (const column of columns) {
      const apart = Math.abs(
        (cells[row * width + column] as number) - (targets.cells[target * width + column] as number),
      );
      if (apart > (column < categories ? 0 : NEAR)) {
        agree = false;
        break;
      }
    }
    if (agree) count++;
  }
  return count;
}

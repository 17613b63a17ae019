import { type Table, takeRows } from "../../data/table.ts";
import { kNearestRows } from "../../learners/neighbours/k-nearest.ts";
import type { MixedRows } from "../../learners/neighbours/mixed-rows.ts";
import { buildTree } from "../../learners/neighbours/tree.ts";
import type { Random } from "../../random.ts";
import type { MetricInput } from "../metric.ts";
import { encodeMixed, type MixedCodec } from "./mixed-table.ts";

const NEIGHBOURS = 20;

/** Share of synthetic rows among the 20 nearest of synthetic and reference rows together, 0 … 1; the larger side is thinned at random to as many
 * rows as the smaller, so that where both are alike the share is a half. Rows tied at the 20th distance share its place.
 * @param targets encoded with the codec
 * @param options most: rows of each side at most
 * @returns one share per target
 * @source Ward, Wang & Cheng (2024), Data Plagiarism Index, arXiv 2406.13012; k as in Synth-MIA (2025), arXiv 2509.18014 */
export async function localNeighbourhood(
  targets: MixedRows,
  sides: { readonly synthetic: Table; readonly reference: Table },
  options: Pick<MetricInput, "executor" | "signal"> & {
    readonly codec: MixedCodec;
    readonly most: number;
    readonly random: Random;
  },
): Promise<Float64Array> {
  const { codec, most, random, executor, signal } = options;
  const rows = Math.min(most, sides.synthetic.rows, sides.reference.rows);
  const thinned = (side: "synthetic" | "reference"): Table =>
    takeRows(sides[side], random.split(side).sample(sides[side].rows, rows));
  const pool = encodeMixed([thinned("synthetic"), thinned("reference")], codec);
  const marks = new Uint8Array(2 * rows).fill(1, 0, rows);
  const { k, marked } = await kNearestRows(buildTree(pool), targets, { k: NEIGHBOURS, marks, executor, signal });
  return marked.map((count) => count / k);
}

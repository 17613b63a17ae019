import type { Random } from "../random.ts";
import type { ColumnCodec, Encoded } from "../schema/encode.ts";
import { groupStarts } from "./jackknife.ts";
import type { Frames } from "./metric.ts";

/** The rows of a table in random order, cut into jackknife groups. */
export interface Grouped {
  readonly rows: number;
  /** Group g holds rows starts[g] … starts[g + 1] − 1. */
  readonly starts: Uint32Array;
  /** codes[column][row] */
  readonly codes: readonly Uint8Array[];
}

/** The four frames, each dealt into groups of its own. All have the same number of rows. */
export interface GroupedFrames {
  readonly columns: readonly ColumnCodec[];
  readonly rows: number;
  readonly reference: Grouped;
  readonly synthetic: Grouped;
  readonly ceiling: Grouped;
  readonly floor: Grouped;
}

export function groupFrames(frames: Frames, random: Random): GroupedFrames {
  const deal = (encoded: Encoded, label: string): Grouped => {
    const order = random.split(label).shuffle(Uint32Array.from({ length: encoded.rows }, (_, i) => i));
    return {
      rows: encoded.rows,
      starts: groupStarts(encoded.rows),
      codes: encoded.codes.map((codes) => Uint8Array.from(order, (row) => codes[row] as number)),
    };
  };
  return {
    columns: frames.reference.codec.columns,
    rows: frames.reference.rows,
    reference: deal(frames.reference, "reference"),
    synthetic: deal(frames.synthetic, "synthetic"),
    ceiling: deal(frames.ceiling, "ceiling"),
    floor: deal(frames.floor, "floor"),
  };
}

/** Rows by code: counts[code]. */
export function countCodes(codes: Uint8Array, levels: number): Float64Array {
  const counts = new Float64Array(levels);
  for (let i = 0; i < codes.length; i++) counts[codes[i] as number] = (counts[codes[i] as number] as number) + 1;
  return counts;
}

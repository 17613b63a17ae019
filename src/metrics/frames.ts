import { type Table, takeRows } from "../data/table.ts";
import type { Random } from "../random.ts";
import { type Codec, type Encoded, encode } from "../schema/encode.ts";
import type { Frames } from "./metric.ts";

/** Draws the four tables of equal size on which every quality metric is measured.
 * @param tables `floor`: rows of independently drawn columns, at least as many as the frames hold; absent: the ceiling's columns permuted
 * @param options maxRows: most rows a side: enough for narrow intervals, bounded in time
 * @returns encoded tables of min(|train|, |holdout|, |synthetic|, maxRows) rows each; without a holdout, train is cut in two */
export function framesOf(
  tables: {
    readonly train: Table;
    readonly holdout: Table | undefined;
    readonly synthetic: Table;
    readonly codec: Codec;
    readonly floor?: Table | undefined;
  },
  options: { readonly maxRows: number; readonly random: Random },
): Frames {
  const { train, holdout, synthetic, codec, floor } = tables;
  const { random, maxRows } = options;
  const order = random.split("halves").shuffle(Uint32Array.from({ length: train.rows }, (_, i) => i));
  const half = Math.floor(train.rows / 2);
  const ceilingRows = holdout ? order : order.subarray(half);
  const reference = holdout ?? takeRows(train, order.subarray(0, half));
  const rows = Math.min(ceilingRows.length, reference.rows, synthetic.rows, maxRows);
  const pick = (table: Table, label: string): Table =>
    rows === table.rows ? table : takeRows(table, random.split(label).sample(table.rows, rows));
  const ceiling = encode(takeRows(train, ceilingRows.slice(0, rows)), codec);
  return {
    reference: encode(pick(reference, "reference"), codec),
    synthetic: encode(pick(synthetic, "synthetic"), codec),
    ceiling,
    floor:
      floor && floor.rows >= rows
        ? encode(pick(floor, "floor"), codec)
        : permuteColumns(ceiling, random.split("floor")),
  };
}

/** Every column shuffled by itself: marginals kept, relations gone. */
export function permuteColumns(encoded: Encoded, random: Random): Encoded {
  return {
    ...encoded,
    codes: encoded.codes.map((codes, j) => {
      const order = random.split(j).shuffle(Uint32Array.from({ length: encoded.rows }, (_, i) => i));
      const out = new Uint8Array(new SharedArrayBuffer(encoded.rows));
      for (let i = 0; i < encoded.rows; i++) out[i] = codes[order[i] as number] as number;
      return out;
    }),
  };
}

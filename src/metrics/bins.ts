import type { ColumnCodec } from "../schema/encode.ts";
import { countCodes, type GroupedFrames } from "./grouped.ts";

/** Coarse bins over the fine codes of one column, the same for every side. */
export interface Bins {
  readonly count: number;
  /** Code → bin. */
  readonly of: Uint8Array;
}

/** Labels held by fewer real rows share one bin. */
const LEAST_LABEL_ROWS = 5;

/** Merges fine codes by how many real rows hold them. Each way of being missing keeps a bin; a quantity gets about `most` bins of equal count,
 * with values that alone fill a bin kept apart; a category keeps its `most` commonest labels, the others share one bin.
 * @param counts real rows by code
 * @source bins as in mostlyai-qa (2024): edges from real rows only, and shared; the spikes are ours */
export function coarseBins(codec: ColumnCodec, counts: Float64Array, most: number): Bins {
  const of = new Uint8Array(codec.levels);
  const first = codec.missing.length;
  for (let code = 0; code < first; code++) of[code] = code;
  return codec.ordered ? orderedBins(codec, counts, most, of) : labelBins(codec, counts, most, of);
}

/** Bins of every column, by the real rows of both real frames: neither of the two is favoured. */
export function binColumns(frames: GroupedFrames, most: number): Bins[] {
  return frames.columns.map((codec, j) => {
    const counts = countCodes(frames.reference.codes[j] as Uint8Array, codec.levels);
    const more = countCodes(frames.ceiling.codes[j] as Uint8Array, codec.levels);
    return coarseBins(
      codec,
      counts.map((count, code) => count + (more[code] as number)),
      most,
    );
  });
}

/** Codes as bins. */
export function toBins(codes: Uint8Array, bins: Bins): Uint8Array {
  return codes.map((code) => bins.of[code] as number);
}

function orderedBins(codec: ColumnCodec, counts: Float64Array, most: number, of: Uint8Array): Bins {
  const first = codec.missing.length;
  let total = 0;
  for (let code = first; code < codec.levels; code++) total += counts[code] as number;
  const isSpike = (code: number): boolean => (counts[code] as number) >= total / most && total > 0;
  let spikes = 0;
  let rest = 0;
  for (let code = first; code < codec.levels; code++) {
    if (isSpike(code)) spikes++;
    else rest += counts[code] as number;
  }
  const share = rest / Math.max(1, most - spikes);
  let bin = first;
  let held = 0;
  let open = false;
  for (let code = first; code < codec.levels; code++) {
    if (isSpike(code)) {
      if (open) bin++;
      of[code] = bin++;
      open = false;
      held = 0;
      continue;
    }
    of[code] = bin;
    open = true;
    held += counts[code] as number;
    if (held >= share && held > 0) {
      bin++;
      open = false;
      held = 0;
    }
  }
  return { count: open ? bin + 1 : Math.max(bin, first + 1), of };
}

function labelBins(codec: ColumnCodec, counts: Float64Array, most: number, of: Uint8Array): Bins {
  const first = codec.missing.length;
  const kept: number[] = [];
  // The last code stands for labels the codec does not know: always among the others.
  for (let code = first; code < codec.levels - 1; code++)
    if ((counts[code] as number) >= LEAST_LABEL_ROWS) kept.push(code);
  kept.sort((a, b) => (counts[b] as number) - (counts[a] as number) || a - b);
  of.fill(first, first);
  kept.slice(0, most).forEach((code, i) => {
    of[code] = first + 1 + i;
  });
  return { count: first + 1 + Math.min(kept.length, most), of };
}

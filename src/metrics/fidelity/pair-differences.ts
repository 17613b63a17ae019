import type { GroupedFrames } from "../grouped.ts";
import { type Estimate, GROUPS, mapEstimates, newEstimate } from "../jackknife.ts";
import type { Compared } from "../score.ts";

/** How far the association of one pair is off. */
export interface PairDifference extends Compared {
  readonly name: string;
}

/** A column as numbers around 0, of about unit size; 0 where missing. */
export interface CentredColumn {
  readonly values: Float64Array;
  readonly present: Uint8Array;
}

/** Fewest rows that hold both values. */
const LEAST_PAIRED = 20;

/** Pearson's correlation of two columns over the rows that hold both, and the same without each group.
 * @param starts where each group begins
 * @param sums room for 6 · (GROUPS + 1) numbers
 * @returns NaN where fewer than 20 rows hold both, or one does not vary */
export function correlationOf(x: CentredColumn, y: CentredColumn, starts: Uint32Array, sums: Float64Array): Estimate {
  sums.fill(0);
  for (let g = 0; g < GROUPS; g++) {
    let n = 0;
    let sx = 0;
    let sy = 0;
    let sxx = 0;
    let syy = 0;
    let sxy = 0;
    for (let i = starts[g] as number; i < (starts[g + 1] as number); i++) {
      if (((x.present[i] as number) & (y.present[i] as number)) === 0) continue;
      const u = x.values[i] as number;
      const v = y.values[i] as number;
      n++;
      sx += u;
      sy += v;
      sxx += u * u;
      syy += v * v;
      sxy += u * v;
    }
    sums.set([n, sx, sy, sxx, syy, sxy], 6 * (g + 1));
    for (let k = 0; k < 6; k++) sums[k] = (sums[k] as number) + (sums[6 * (g + 1) + k] as number);
  }
  return newEstimate().map((_, r) => {
    const left = (k: number): number => (sums[k] as number) - (r === 0 ? 0 : (sums[6 * r + k] as number));
    const n = left(0);
    if (n < LEAST_PAIRED) return Number.NaN;
    const varianceX = left(3) - (left(1) * left(1)) / n;
    const varianceY = left(4) - (left(2) * left(2)) / n;
    if (varianceX < 1e-9 * n || varianceY < 1e-9 * n) return Number.NaN;
    return Math.max(-1, Math.min(1, (left(5) - (left(1) * left(2)) / n) / Math.sqrt(varianceX * varianceY)));
  });
}

/** The difference of one pair's association between reference and the three other sides; nothing where it is undefined among real rows (constant, or
 * hardly ever present together). Undefined in the synthetic ones: no relation left. */
export function differenceOf(
  name: string,
  [reference, synthetic, ceiling, floor]: readonly [Estimate, Estimate, Estimate, Estimate],
): PairDifference[] {
  if (reference.some(Number.isNaN) || ceiling.some(Number.isNaN)) return [];
  const apart = (other: Estimate): Estimate =>
    mapEstimates([reference, other], (a, b) => Math.abs(a - (Number.isNaN(b) ? 0 : b)));
  return [{ name, value: apart(synthetic), ceiling: apart(ceiling), floor: apart(floor) }];
}

export function pairName(frames: GroupedFrames, a: number, b: number): string {
  return `${frames.columns[a]?.name} × ${frames.columns[b]?.name}`;
}

import { type Estimate, GROUPS, newEstimate } from "./jackknife.ts";

/** Counts the pairs of two binned columns by block: `into[block · cells + a · levelsOfB + b]`, cells = levelsOfA · levelsOfB. Block 0 counts all
 * rows, block g + 1 those of group g.
 * @param starts where each group begins
 * @param into at least (GROUPS + 1) · cells long; overwritten */
export function countPairs(
  a: Uint8Array,
  b: Uint8Array,
  levels: readonly [number, number],
  starts: Uint32Array,
  into: Float64Array,
): void {
  const [levelsOfA, levelsOfB] = levels;
  const cells = levelsOfA * levelsOfB;
  into.fill(0, 0, (GROUPS + 1) * cells);
  for (let g = 0; g < GROUPS; g++) {
    const end = starts[g + 1] as number;
    const base = (g + 1) * cells;
    for (let i = starts[g] as number; i < end; i++) {
      const cell = base + (a[i] as number) * levelsOfB + (b[i] as number);
      into[cell] = (into[cell] as number) + 1;
    }
    for (let c = 0; c < cells; c++) into[c] = (into[c] as number) + (into[base + c] as number);
  }
}

/** Counts one column by block: counts[block · levels + code]; block 0 all rows, block g + 1 those of group g. */
export function countColumn(codes: Uint8Array, levels: number, starts: Uint32Array): Float64Array {
  const out = new Float64Array((GROUPS + 1) * levels);
  for (let g = 0; g < GROUPS; g++) {
    const end = starts[g + 1] as number;
    const base = (g + 1) * levels;
    for (let i = starts[g] as number; i < end; i++) {
      const cell = base + (codes[i] as number);
      out[cell] = (out[cell] as number) + 1;
    }
    for (let c = 0; c < levels; c++) out[c] = (out[c] as number) + (out[base + c] as number);
  }
  return out;
}

/** 1 − the total variation distance of two tables of counts by block: the value, then without each group.
 * @param into GROUPS + 1 numbers from `offset`; NaN where a side has no rows
 * @source 1 − ½ Σ |p − q| */
export function accuracyInto(x: Float64Array, y: Float64Array, cells: number, into: Float64Array, offset = 0): void {
  const rowsX = sumCells(x, 0, cells);
  const rowsY = sumCells(y, 0, cells);
  let distance = 0;
  for (let c = 0; c < cells; c++) distance += Math.abs((x[c] as number) / rowsX - (y[c] as number) / rowsY);
  into[offset] = 1 - distance / 2;
  for (let block = 1; block <= GROUPS; block++) {
    const base = block * cells;
    const scaleX = 1 / (rowsX - sumCells(x, base, cells));
    const scaleY = 1 / (rowsY - sumCells(y, base, cells));
    distance = 0;
    for (let c = 0; c < cells; c++)
      distance += Math.abs(
        ((x[c] as number) - (x[base + c] as number)) * scaleX - ((y[c] as number) - (y[base + c] as number)) * scaleY,
      );
    into[offset + block] = 1 - distance / 2;
  }
}

/** As {@link accuracyInto}, as a new estimate. */
export function accuracyOf(x: Float64Array, y: Float64Array, cells: number): Estimate {
  const out = newEstimate();
  accuracyInto(x, y, cells, out);
  return out;
}

/** Association of two categories: 0 none, 1 one decides the other. Empty rows and columns do not count.
 * @param counts counts[a · levelsOfB + b]; longer arrays are read from the front
 * @returns v: bias-corrected Cramér's V; z: by how many standard deviations χ² lies over what independence would give
 * @source Bergsma (2013), A bias-correction for Cramér's V and Tschuprow's T */
export function cramersV(
  counts: Float64Array,
  levels: readonly [number, number],
): { readonly v: number; readonly z: number } {
  const [levelsOfA, levelsOfB] = levels;
  const sumsA = new Float64Array(levelsOfA);
  const sumsB = new Float64Array(levelsOfB);
  let n = 0;
  for (let a = 0; a < levelsOfA; a++)
    for (let b = 0; b < levelsOfB; b++) {
      const count = counts[a * levelsOfB + b] as number;
      sumsA[a] = (sumsA[a] as number) + count;
      sumsB[b] = (sumsB[b] as number) + count;
      n += count;
    }
  const usedA = sumsA.reduce((used, sum) => used + (sum > 0 ? 1 : 0), 0);
  const usedB = sumsB.reduce((used, sum) => used + (sum > 0 ? 1 : 0), 0);
  if (usedA < 2 || usedB < 2) return { v: 0, z: 0 };
  let ratio = 0;
  for (let a = 0; a < levelsOfA; a++)
    for (let b = 0; b < levelsOfB; b++) {
      const count = counts[a * levelsOfB + b] as number;
      if (count > 0) ratio += (count * count) / ((sumsA[a] as number) * (sumsB[b] as number));
    }
  const phi2 = Math.max(0, ratio - 1);
  const degrees = (usedA - 1) * (usedB - 1);
  const corrected = Math.max(0, phi2 - degrees / (n - 1));
  const smaller = Math.min(usedA - (usedA - 1) ** 2 / (n - 1), usedB - (usedB - 1) ** 2 / (n - 1)) - 1;
  return {
    v: smaller > 0 ? Math.min(1, Math.sqrt(corrected / smaller)) : 0,
    z: (phi2 * n - degrees) / Math.sqrt(2 * degrees),
  };
}

function sumCells(counts: Float64Array, base: number, cells: number): number {
  let sum = 0;
  for (let c = 0; c < cells; c++) sum += counts[base + c] as number;
  return sum;
}

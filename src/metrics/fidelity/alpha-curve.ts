/** How the levels 0 … 1 of the mass of one table compare with the mass of another that lies within the same balls. */

/** Levels, both ends included; as the reference code has them. */
const LEVELS = 30;

/** 1 − Σ |α − share(α)| / Σ α: 1 where each ball of level α holds the share α, 0 where it holds all or nothing. */
export function agreementOf(curve: Float64Array): number {
  let off = 0;
  let total = 0;
  for (let level = 0; level < LEVELS; level++) {
    const alpha = level / (LEVELS - 1);
    off += Math.abs(alpha - (curve[level] as number));
    total += alpha;
  }
  return 1 - off / total;
}

/** α-precision: the share of the others inside the smallest ball, around the centre of the real rows, that holds the share α of the real rows.
 * @param real,others distances to the centre of the real rows
 * @source Alaa, van Breugel, Saveliev & van der Schaar (2022), How Faithful is your Synthetic Data?, ICML; embedding "naive", 30 levels */
export function precisionCurve(real: Float64Array, others: Float64Array): Float64Array {
  return sharesWithin(others, levelRadii(real), () => true, others.length);
}

/** β-recall: the share of the real rows that have a row of the others as near as their nearest real one, where that row lies within the ball that holds
 * the share β of such rows.
 * @param near whether it is as near, by real row
 * @param centre distance of the real row's nearest other to the centre of the others
 * @source as {@link precisionCurve} */
export function recallCurve(near: Uint8Array, centre: Float64Array): Float64Array {
  return sharesWithin(centre, levelRadii(centre), (i) => near[i] === 1, centre.length);
}

/** The quantiles of the levels, linear between two values. */
function levelRadii(distances: Float64Array): Float64Array {
  const sorted = distances.slice().sort();
  return Float64Array.from({ length: LEVELS }, (_, level) => {
    const at = (level / (LEVELS - 1)) * (sorted.length - 1);
    const low = sorted[Math.floor(at)] as number;
    return low + ((sorted[Math.ceil(at)] as number) - low) * (at - Math.floor(at));
  });
}

function sharesWithin(
  distances: Float64Array,
  radii: Float64Array,
  counts: (index: number) => boolean,
  of: number,
): Float64Array {
  const from = new Float64Array(LEVELS + 1);
  for (let i = 0; i < distances.length; i++) {
    if (!counts(i)) continue;
    let level = 0;
    let high = LEVELS;
    while (level < high) {
      const middle = (level + high) >> 1;
      if ((distances[i] as number) <= (radii[middle] as number)) high = middle;
      else level = middle + 1;
    }
    from[level] = (from[level] as number) + 1;
  }
  let held = 0;
  return Float64Array.from({ length: LEVELS }, (_, level) => {
    held += from[level] as number;
    return held / of;
  });
}

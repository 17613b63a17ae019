/** Quantiles of latencies in constant memory: buckets 2^(1/16) wide, so a quantile is right to about 4 %. */
export interface Latencies {
  readonly count: number;
  add(milliseconds: number): void;
  /** Null: nothing came yet. */
  quantile(share: number): number | null;
  readonly largest: number;
}

const PER_OCTAVE = 16;
/** The first bucket holds everything under a quarter of a millisecond; the last, everything over 4.6 hours. */
const LOWEST_OCTAVE = -2;
const OCTAVES = 26;

export function createLatencies(): Latencies {
  const buckets = new Uint32Array(PER_OCTAVE * OCTAVES);
  let count = 0;
  let largest = 0;
  let smallest = Number.POSITIVE_INFINITY;

  function quantile(share: number): number | null {
    if (count === 0) return null;
    const wanted = share * (count - 1);
    let below = 0;
    for (let i = 0; i < buckets.length; i++) {
      const here = buckets[i] as number;
      if (below + here > wanted) {
        const inside = (i + Math.min(1, (wanted - below + 0.5) / here)) / PER_OCTAVE + LOWEST_OCTAVE;
        return Math.min(largest, Math.max(smallest, 2 ** inside));
      }
      below += here;
    }
    return largest;
  }

  return {
    get count() {
      return count;
    },
    get largest() {
      return largest;
    },
    add(milliseconds) {
      const at = Math.floor((Math.log2(Math.max(milliseconds, 0.01)) - LOWEST_OCTAVE) * PER_OCTAVE);
      const bucket = Math.min(buckets.length - 1, Math.max(0, at));
      buckets[bucket] = (buckets[bucket] as number) + 1;
      count++;
      if (milliseconds > largest) largest = milliseconds;
      if (milliseconds < smallest) smallest = milliseconds;
    },
    quantile,
  };
}

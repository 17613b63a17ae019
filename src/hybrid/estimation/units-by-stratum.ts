import type { Labelling } from "./labelling.ts";

/** A run of units of one stratum. */
export interface Stratum {
  readonly from: number;
  readonly count: number;
  /** So many at the start of the run are labelled. */
  readonly labelled: number;
  /** Of all units. */
  readonly share: number;
}

/** All T units, stratum after stratum, in each the labelled ones first. */
export function unitsByStratum(
  labelled: Uint32Array,
  { labelledStratum, labelledCount, unlabelled, unlabelledStratum, unlabelledCount }: Labelling,
): { readonly units: Uint32Array; readonly strata: readonly Stratum[] } {
  const total = labelled.length + unlabelled.length;
  const units = new Uint32Array(total);
  const strata: Stratum[] = [];
  const next = new Uint32Array(labelledCount.length);
  let from = 0;
  for (const [h, n] of labelledCount.entries()) {
    const count = n + (unlabelledCount[h] as number);
    strata.push({ from, count, labelled: n, share: count / total });
    next[h] = from;
    from += count;
  }
  for (let i = 0; i < labelled.length; i++) units[next[labelledStratum[i] as number]!++] = labelled[i] as number;
  for (let j = 0; j < unlabelled.length; j++) units[next[unlabelledStratum[j] as number]!++] = unlabelled[j] as number;
  return { units, strata };
}

import type { PairedSample } from "./sample.ts";

/** What the design of a sample means for sums over it. Labelling chances are those given; otherwise n_h / T_h in each stratum h, which is right
 * both where strata were labelled at differing rates and where all units had one chance. */
export interface Labelling {
  /** T − n units without a label, ascending. */
  readonly unlabelled: Uint32Array;
  /** Of each labelled unit, in their order: its share of the population by weight over chance. Sums to 1. */
  readonly share: Float64Array;
  /** Of each labelled unit: its share of all T units by weight alone. */
  readonly unitShare: Float64Array;
  /** Of each labelled unit. */
  readonly chance: Float64Array;
  /** Of all T units, mean 1; absent: all 1. */
  readonly weights: Float64Array | undefined;
  /** The same of the unlabelled units, in their order. */
  readonly unlabelledWeights: Float64Array | undefined;
  /** Of each labelled and each unlabelled unit, from 0 without gaps. */
  readonly labelledStratum: Int32Array;
  readonly unlabelledStratum: Int32Array;
  /** Labelled and unlabelled units of each stratum. */
  readonly labelledCount: Uint32Array;
  readonly unlabelledCount: Uint32Array;
  /** Chances are one within each stratum: labelled and unlabelled units of a stratum are samples of the same units. */
  readonly isUniform: boolean;
}

/** Works out weights, chances and strata once for all methods. */
export function labellingOf(sample: PairedSample): Labelling {
  const { units, labelled } = sample;
  const n = labelled.length;
  const { of, count: strata } = numbered(sample);
  const unlabelled = new Uint32Array(units - n);
  const labelledStratum = new Int32Array(n);
  const unlabelledStratum = new Int32Array(units - n);
  const labelledCount = new Uint32Array(strata);
  const unlabelledCount = new Uint32Array(strata);
  for (let t = 0, i = 0, j = 0; t < units; t++) {
    const stratum = of(t);
    if (i < n && labelled[i] === t) {
      labelledStratum[i++] = stratum;
      labelledCount[stratum]!++;
    } else {
      unlabelledStratum[j] = stratum;
      unlabelled[j++] = t;
      unlabelledCount[stratum]!++;
    }
  }
  const rate = (stratum: number): number =>
    (labelledCount[stratum] as number) / ((labelledCount[stratum] as number) + (unlabelledCount[stratum] as number));
  const chance = sample.labellingChance ?? Float64Array.from(labelledStratum, rate);
  const weights = sample.weights && scaledTo(sample.weights, units);
  const weight = (i: number): number => (weights ? (weights[labelled[i] as number] as number) : 1);
  return {
    unlabelled,
    share: scaledTo(
      chance.map((pi, i) => weight(i) / pi),
      1,
    ),
    unitShare: chance.map((_, i) => weight(i) / units),
    chance,
    weights,
    unlabelledWeights: weights && Float64Array.from(unlabelled, (t) => weights[t] as number),
    labelledStratum,
    unlabelledStratum,
    labelledCount,
    unlabelledCount,
    isUniform: isConstantWithin(chance, labelledStratum),
  };
}

/** Strata renumbered from 0 without gaps. */
function numbered({ strata }: PairedSample): { readonly of: (unit: number) => number; readonly count: number } {
  if (!strata) return { of: () => 0, count: 1 };
  const places = new Map([...new Set(strata)].sort((a, b) => a - b).map((stratum, place) => [stratum, place]));
  return { of: (unit) => places.get(strata[unit] as number) as number, count: places.size };
}

function scaledTo(values: Float64Array, total: number): Float64Array {
  let sum = 0;
  for (const value of values) sum += value;
  return values.map((value) => (value * total) / sum);
}

function isConstantWithin(values: Float64Array, groups: Int32Array): boolean {
  const first = new Map<number, number>();
  for (let i = 0; i < values.length; i++) {
    const seen = first.get(groups[i] as number);
    if (seen === undefined) first.set(groups[i] as number, values[i] as number);
    else if (Math.abs(seen - (values[i] as number)) > 1e-12 * seen) return false;
  }
  return true;
}

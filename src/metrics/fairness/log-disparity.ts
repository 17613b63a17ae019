import type { Random } from "../../random.ts";
import { largeSamples } from "../large-samples.ts";
import type { Interval, MeasuredScore, Metric, MetricInput } from "../metric.ts";
import type { Sample, Samples } from "../samples.ts";
import { headerOf } from "../score.ts";
import {
  boundsAlongGradient,
  gradientVariance,
  logOdds,
  logOddsSlope,
  type StableShare,
  stableShare,
} from "../share-bounds.ts";
import { criticalValue, multiplierSums } from "./multipliers.ts";
import { type Attribute, cellsOf, LEAST_PEOPLE, type Subgroup, subgroupsOf } from "./subgroups.ts";

/** Four fifths and its inverse, as the literature on disparity takes them; only counted here, never decided on. */
const FOUR_FIFTHS = Math.log(1.25);

/** Draws of the multiplier bootstrap: enough for the 95 % quantile of a maximum to be known within about 2 %; fewer where columns are many. */
const MOST_DRAWS = 1000;
const FEWEST_DRAWS = 200;
/** Sums of cells, over all draws of one side. */
const MOST_SUMS = 300_000_000;

/** A share is told of where so many real rows have what is counted, and so many have not. */
const LEAST_TOLD = 5;

/** What is counted in each subgroup: the subgroup itself among all rows, or the rows of it that have the outcome. */
export type Counted =
  | { readonly of: "all rows" }
  | { readonly of: "the subgroup"; readonly outcome: (sample: Sample) => Int8Array };

/** Log-disparity of every subgroup, log odds of a share among the synthetic rows less that among the reference rows, beside that of fresh real
 * rows. The subgroup told of is the one that is most surely worse than its fresh real rows, by bounds that hold for all subgroups together.
 * @source Bhanot, Qi, Erickson, Guyon & Bennett (2021), Entropy 23, 1165 (log disparity) */
export function logDisparity(
  metric: Metric,
  input: MetricInput,
  { attributes, counted }: { readonly attributes: readonly Attribute[]; readonly counted: Counted },
): MeasuredScore | { readonly impossible: string } {
  const samples = largeSamples(input, input.random.split("rows"));
  const sides = sidesOf(samples, input);
  const cells = cellsOf(attributes, sides);
  const { groups, groupOfCell } = subgroupsOf(attributes, cells, { table: 2, people: sides[2].people });
  if (groups.length === 0)
    return {
      impossible: `No subgroup has ${LEAST_PEOPLE} of the ${sides[2].rows.length} real rows to compare with. Give more rows, or a larger holdout.`,
    };
  const sums = groupOfCell.length * cells.count;
  const draws = Math.max(FEWEST_DRAWS, Math.min(MOST_DRAWS, Math.floor(MOST_SUMS / sums)));
  const measured = sides.map((side, i) =>
    measureSide(
      {
        cells: cells.of[i] as Int32Array,
        count: cells.count,
        positive: counted.of === "the subgroup" ? counted.outcome(side) : undefined,
        people: side.people,
      },
      { groups: groups.length, groupOfCell, draws, random: input.random.split(`multipliers ${i}`) },
    ),
  );
  const compared = compareGroups(groups, measured, input.level);
  const [worst] = compared.groups;
  if (!worst)
    return { impossible: `No subgroup has ${LEAST_TOLD} real rows with the outcome and ${LEAST_TOLD} without it.` };
  const percent = (share: number): string => `${(100 * share).toPrecision(3)} %`;
  const what = counted.of === "all rows" ? "of the rows" : "of the subgroup";
  return {
    ...headerOf(metric),
    ...worst.value,
    level: input.level,
    n: Math.min(...sides.map(({ rows }) => rows.length)),
    seeds: [input.seed],
    ceiling: worst.ceiling,
    difference: worst.difference,
    worst: compared.groups.slice(0, 50).map(({ group, value, ceiling, shares }) => ({
      name: group.name,
      value: value.value,
      ceiling: ceiling.value,
      note: `${percent(shares[2])} ${what} real, ${percent(shares[0])} synthetic, ${percent(shares[1])} fresh real`,
    })),
    details: {
      subgroup: worst.group.name,
      attributes: attributes.map(({ name }) => name),
      rows: { reference: sides[2].rows.length, synthetic: sides[0].rows.length, freshReal: sides[1].rows.length },
      leftOut: input.purpose.protectedAttributes.filter((name) => !attributes.some((own) => own.name === name)),
      subgroups: compared.groups.length,
      fewestRows: LEAST_PEOPLE,
      criticalValue: compared.critical,
      surelyWorse: compared.groups.filter(({ difference }) => difference.low > 0).length,
      beyondFourFifths: {
        synthetic: compared.groups.filter(({ value }) => value.value > FOUR_FIFTHS).length,
        freshReal: compared.groups.filter(({ ceiling }) => ceiling.value > FOUR_FIFTHS).length,
        surely: compared.groups.filter(({ difference }) => difference.low > FOUR_FIFTHS).length,
        cannotBeTold: compared.groups.filter(
          ({ difference }) => difference.low <= FOUR_FIFTHS && difference.high > FOUR_FIFTHS,
        ).length,
      },
    },
  };
}

interface Side extends Sample {
  readonly people: Int32Array | undefined;
}

/** Synthetic, fresh real and reference rows. */
function sidesOf(samples: Samples, input: MetricInput): readonly [Side, Side, Side] {
  const { entities, holdout } = input;
  const withPeople = (sample: Sample, people: Int32Array | undefined): Side => ({
    ...sample,
    people: people && Int32Array.from(sample.rows, (row) => people[row] as number),
  });
  return [
    withPeople(samples.synthetic, undefined),
    withPeople(samples.ceiling, entities?.train),
    withPeople(samples.reference, holdout ? entities?.holdout : entities?.train),
  ];
}

interface Measured {
  /** One per group. */
  readonly shares: readonly StableShare[];
  /** Plain shares, without the ½. */
  readonly plain: Float64Array;
  /** Rows the share is of. */
  readonly rows: Float64Array;
  /** errors[group · draws + draw]: deviates of the angle. */
  readonly errors: Float64Array;
  readonly draws: number;
}

/** Shares of one side and how luck would move all of them together. */
function measureSide(
  side: {
    readonly cells: Int32Array;
    readonly count: number;
    /** 1, 0, or −1 where it is not known; absent: the subgroup itself is counted. */
    readonly positive: Int8Array | undefined;
    readonly people: Int32Array | undefined;
  },
  options: {
    readonly groups: number;
    readonly groupOfCell: readonly Int32Array[];
    readonly draws: number;
    readonly random: Random;
  },
): Measured {
  const { positive, count } = side;
  const { groups, groupOfCell, draws } = options;
  const kinds = positive ? 2 : 1;
  const cells = positive
    ? side.cells.map((cell, i) => ((positive[i] as number) < 0 ? -1 : 2 * cell + (positive[i] as number)))
    : side.cells;
  const rowsOf = new Float64Array(count * kinds);
  for (const cell of cells) if (cell >= 0) rowsOf[cell] = (rowsOf[cell] as number) + 1;
  const all = rowsOf.reduce((sum, x) => sum + x, 0);
  const hits = new Float64Array(groups);
  const rows = new Float64Array(groups);
  /** Adds what a group holds of some sums by cell. */
  const gather = (sums: Float64Array, total: number): void => {
    hits.fill(0);
    rows.fill(positive ? 0 : total);
    for (const groupOf of groupOfCell)
      for (let cell = 0; cell < count; cell++) {
        const group = groupOf[cell] as number;
        if (group < 0) continue;
        const own = sums[cell * kinds + kinds - 1] as number;
        hits[group] = (hits[group] as number) + own;
        if (positive) rows[group] = (rows[group] as number) + own + (sums[cell * kinds] as number);
      }
  };
  gather(rowsOf, all);
  const counts = hits.slice();
  const sizes = rows.slice();
  const draw = multiplierSums({ cells, count: count * kinds, people: side.people }, options.random);
  const sums = new Float64Array(count * kinds);
  const errors = new Float64Array(groups * draws);
  for (let d = 0; d < draws; d++) {
    draw(sums);
    gather(
      sums,
      sums.reduce((sum, x) => sum + x, 0),
    );
    for (let group = 0; group < groups; group++) {
      const n = sizes[group] as number;
      const p = ((counts[group] as number) + 0.5) / (n + 1);
      errors[group * draws + d] =
        ((hits[group] as number) - p * (rows[group] as number)) / ((n + 1) * Math.sqrt(p * (1 - p)));
    }
  }
  return {
    shares: Array.from(counts, (hit, group) => {
      const n = sizes[group] as number;
      if (!side.people) return stableShare(hit, n);
      const own = errors.subarray(group * draws, (group + 1) * draws);
      const variance = own.reduce((sum, x) => sum + x * x, 0) / draws;
      // Rows of one person tell less than as many people; a share of (nearly) no row has no spread to see it by.
      return stableShare(hit, n, Math.max(1, variance * (n + 1)));
    }),
    plain: counts.map((hit, group) => ((sizes[group] as number) > 0 ? hit / (sizes[group] as number) : 0)),
    rows: sizes,
    errors,
    draws,
  };
}

/** Whether enough real rows are counted, and enough are not, for the share to give nobody away. */
function isTold(side: Measured, group: number): boolean {
  const rows = side.rows[group] as number;
  const hits = Math.round((side.plain[group] as number) * rows);
  return Math.min(hits, rows - hits) >= LEAST_TOLD;
}

interface ComparedGroup {
  readonly group: Subgroup;
  readonly shares: readonly [number, number, number];
  readonly value: Interval;
  readonly ceiling: Interval;
  readonly difference: Interval;
}

/** |log-disparity| of the synthetic and of the fresh rows against the reference, and the first less the second, with bounds for all groups at
 * once; most surely worse first. */
function compareGroups(
  groups: readonly Subgroup[],
  sides: readonly Measured[],
  level: number,
): { readonly critical: number; readonly groups: readonly ComparedGroup[] } {
  const [synthetic, fresh, reference] = sides as readonly [Measured, Measured, Measured];
  const known = groups.map((_, g) => g).filter((g) => isTold(fresh, g) && isTold(reference, g));
  const plans = known.map((g) => {
    const shares = sides.map((side) => side.shares[g] as StableShare);
    const [s, f, r] = shares.map(({ angle }) => angle) as [number, number, number];
    const signS = logOdds(s) < logOdds(r) ? -1 : 1;
    const signF = logOdds(f) < logOdds(r) ? -1 : 1;
    const gradient = [signS * logOddsSlope(s), -signF * logOddsSlope(f), (signF - signS) * logOddsSlope(r)] as const;
    return { g, shares, signS, signF, gradient, spread: Math.sqrt(gradientVariance(shares, gradient)) };
  });
  const { draws } = reference;
  const greatest = new Float64Array(draws);
  for (const { g, gradient, spread } of plans)
    for (let draw = 0; draw < draws; draw++) {
      const at = g * draws + draw;
      const deviate =
        gradient[0] * (synthetic.errors[at] as number) +
        gradient[1] * (fresh.errors[at] as number) +
        gradient[2] * (reference.errors[at] as number);
      greatest[draw] = Math.max(greatest[draw] as number, Math.abs(deviate) / spread);
    }
  const critical = plans.length > 0 ? criticalValue(greatest, level) : 0;
  const compared = plans.map(({ g, shares, signS, signF, gradient }): ComparedGroup => {
    const [, , slope] = shares.map(({ angle }) => logOddsSlope(angle)) as [number, number, number];
    const apart =
      (sign: number) =>
      (angles: readonly number[]): number =>
        sign * (logOdds(angles[0] as number) - logOdds(angles[1] as number));
    const pair = (at: 0 | 1, sign: number, own: number): Interval =>
      held(apart(sign), [shares[at] as StableShare, shares[2] as StableShare], [own, -sign * slope], critical);
    const value = pair(0, signS, gradient[0]);
    const ceiling = pair(1, signF, -gradient[1]);
    const both = (angles: readonly number[]): number =>
      apart(signS)([angles[0] as number, angles[2] as number]) -
      apart(signF)([angles[1] as number, angles[2] as number]);
    const [low, high] = boundsAlongGradient(both, shares, gradient, critical);
    const difference = value.value - ceiling.value;
    return {
      group: groups[g] as Subgroup,
      shares: sides.map((side) => side.plain[g] as number) as [number, number, number],
      value,
      ceiling,
      difference: { value: difference, low: Math.min(low, difference), high: Math.max(high, difference) },
    };
  });
  compared.sort((a, b) => b.difference.low - a.difference.low);
  return { critical, groups: compared };
}

/** An interval of something that is at least 0. */
function held(
  of: (angles: readonly number[]) => number,
  shares: readonly StableShare[],
  gradient: readonly number[],
  width: number,
): Interval {
  const value = Math.max(0, of(shares.map(({ angle }) => angle)));
  const [low, high] = boundsAlongGradient(of, shares, gradient, width);
  return { value, low: Math.max(0, Math.min(low, value)), high: Math.max(high, value) };
}

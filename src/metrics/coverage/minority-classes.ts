import { columnOf } from "../../data/table.ts";
import { normalQuantile } from "../../math/distributions.ts";
import { type ColumnCodec, encodeColumn } from "../../schema/encode.ts";
import { isQuantity, schemaOf } from "../../schema/schema.ts";
import { largeSamples } from "../large-samples.ts";
import type { Interval, Metric, MetricInput } from "../metric.ts";
import type { Sample, Samples } from "../samples.ts";
import { headerOf, notApplicable, notComputable, tooFewRows } from "../score.ts";
import { boundsAlongGradient, type StableShare, shareOf, stableShare } from "../share-bounds.ts";

/** A category is a minority when it is rarer than this … */
const MOST_SHARE = 0.05;
/** … and can be told of when so many of the reference rows hold it, and so many of the synthetic ones should. */
const EXPECTED = 10;
/** Where it is known whose row each is: fewer people than this are not told of. */
const LEAST_PEOPLE = 5;

/** Whether rare categories come up as often as they should. */
export const minorityClasses: Metric = {
  name: "minority-classes",
  title: "Minority classes",
  family: "coverage",
  better: "higher",
  range: [0, 1],
  source:
    "Recall of rare categories, min(1, synthetic share / real share), the category that is most surely too rare; intervals on the arcsine scale (Freeman & Tukey 1950), Bonferroni over categories",
  definitionVersion: 1,
  explains:
    "Whether categories of fewer than 5 % of the rows keep their share; 1 is all of it. It does not show categories of fewer than ten rows, nor whether the rows that hold them are good ones.",
  async measure(input) {
    const few = tooFewRows(input);
    if (few) return notComputable(minorityClasses, few);
    const codecs = input.codec.columns.filter(({ name }) => {
      const { kind } = schemaOf(input.schema, name);
      return !isQuantity(kind) && kind !== "identifier" && kind !== "constant";
    });
    if (codecs.length === 0) return notApplicable(minorityClasses, "No column has categories: there are no rare ones.");
    const samples = largeSamples(input, input.random.split("minority-classes"));
    const rows = samples.reference.rows.length;
    const others = samples.synthetic.rows.length;
    const least = Math.min(rows, others);
    if (least * MOST_SHARE <= EXPECTED)
      return notComputable(
        minorityClasses,
        `A category of fewer than ${100 * MOST_SHARE} % of ${least} rows is held by fewer than ${EXPECTED} of them. Give more than ${EXPECTED / MOST_SHARE} rows a side.`,
      );
    const rare = countRare(input, codecs, samples);
    if (rare.length === 0)
      return notApplicable(
        minorityClasses,
        `No category is held by fewer than ${100 * MOST_SHARE} % of the real rows and to be expected in at least ${EXPECTED} of the ${least} compared.`,
      );
    const width = normalQuantile(1 - (1 - input.level) / 2 / rare.length);
    const classes = rare
      .map((counts) => ({ ...counts, ...compareClass(counts, { rows, others, width }) }))
      .sort((a, b) => a.atBest - b.atBest);
    const worst = classes[0] as (typeof classes)[number];
    const weighted = (side: "synthetic" | "fresh"): number =>
      classes.reduce((sum, own) => sum + Math.min(1, own[side] / others / (own.reference / rows)) / own.reference, 0) /
      classes.reduce((sum, own) => sum + 1 / own.reference, 0);
    return {
      ...headerOf(minorityClasses),
      ...worst.value,
      level: input.level,
      n: least,
      seeds: [input.seed],
      ceiling: worst.ceiling,
      // Permuting a column by itself keeps its categories.
      floor: worst.ceiling,
      difference: worst.difference,
      worst: classes.slice(0, 50).map(({ name, value, ceiling, reference, synthetic }) => ({
        name,
        value: value.value,
        ceiling: ceiling.value,
        note: `${reference.toLocaleString("en-US")} of ${rows.toLocaleString("en-US")} real rows, ${synthetic.toLocaleString("en-US")} of ${others.toLocaleString("en-US")} synthetic ones`,
      })),
      details: {
        category: worst.name,
        categories: classes.length,
        columns: new Set(classes.map(({ column }) => column)).size,
        surelyTooRare: classes.filter(({ difference }) => difference.high < 0).length,
        // The rarer a category, the more it weighs: 1 / share.
        recallWeightedByRarity: { value: weighted("synthetic"), ceiling: weighted("fresh") },
      },
    };
  },
};

/** Rows of a rare category on each side. */
interface RareClass {
  readonly column: string;
  readonly name: string;
  readonly reference: number;
  readonly fresh: number;
  readonly synthetic: number;
  /** Variance over that of independent rows. */
  readonly referenceEffect: number;
  readonly freshEffect: number;
}

function countRare(input: MetricInput, codecs: readonly ColumnCodec[], samples: Samples): RareClass[] {
  const { entities, holdout } = input;
  const rows = samples.reference.rows.length;
  const others = samples.synthetic.rows.length;
  return codecs.flatMap((codec) => {
    const reference = countSide(samples.reference, codec, holdout ? entities?.holdout : entities?.train);
    const fresh = countSide(samples.ceiling, codec, entities?.train);
    const synthetic = countSide(samples.synthetic, codec, undefined);
    const out: RareClass[] = [];
    // The last code stands for labels the codec does not know.
    for (let code = codec.missing.length; code < codec.levels - 1; code++) {
      const count = reference.counts[code] as number;
      const label = labelOf(codec, code);
      if (count * Math.min(1, others / rows) < EXPECTED || count >= MOST_SHARE * rows || label === undefined) continue;
      if ((reference.people[code] as number) < LEAST_PEOPLE) continue;
      out.push({
        column: codec.name,
        name: `${codec.name} = ${label}`,
        reference: count,
        fresh: fresh.counts[code] as number,
        synthetic: synthetic.counts[code] as number,
        referenceEffect: reference.effect[code] as number,
        freshEffect: fresh.effect[code] as number,
      });
    }
    return out;
  });
}

/** Undefined for a bin of several numbers: no category. */
function labelOf(codec: ColumnCodec, code: number): string | undefined {
  const at = code - codec.missing.length;
  if (codec.labels.length > 0) return codec.labels[at];
  return codec.lower[at] === codec.upper[at] ? String(codec.lower[at]) : undefined;
}

/** Rows and people by code, and Σ m² / Σ m over the people's rows m: what so many rows of one person do to the variance. */
function countSide(
  { table, rows }: Sample,
  codec: ColumnCodec,
  entities: Int32Array | undefined,
): { readonly counts: Float64Array; readonly people: Float64Array; readonly effect: Float64Array } {
  const codes = encodeColumn(columnOf(table, codec.name), codec);
  const counts = new Float64Array(codec.levels);
  for (const row of rows) counts[codes[row] as number] = (counts[codes[row] as number] as number) + 1;
  if (!entities) return { counts, people: counts, effect: new Float64Array(codec.levels).fill(1) };
  const own = new Map<number, number>();
  for (const row of rows) {
    const key = (entities[row] as number) * codec.levels + (codes[row] as number);
    own.set(key, (own.get(key) ?? 0) + 1);
  }
  const people = new Float64Array(codec.levels);
  const squares = new Float64Array(codec.levels);
  for (const [key, count] of own) {
    const code = key % codec.levels;
    people[code] = (people[code] as number) + 1;
    squares[code] = (squares[code] as number) + count * count;
  }
  return {
    counts,
    people,
    effect: squares.map((square, code) => Math.max(1, square / Math.max(1, counts[code] as number))),
  };
}

/** min(1, share / real share) of the synthetic and of the fresh rows, and their difference. */
function compareClass(
  own: RareClass,
  { rows, others, width }: { readonly rows: number; readonly others: number; readonly width: number },
): {
  readonly value: Interval;
  readonly ceiling: Interval;
  readonly difference: Interval;
  /** Upper bound of the ratio, without its cap, less the ceiling: the lower, the surer that the category is too rare. */
  readonly atBest: number;
} {
  const shares = [
    stableShare(own.synthetic, others),
    stableShare(own.fresh, others, own.freshEffect),
    stableShare(own.reference, rows, own.referenceEffect),
  ] as const;
  const [s, f, r] = shares.map(({ angle }) => shareOf(angle)) as [number, number, number];
  // dp / d angle = √(p (1 − p)).
  const slope = (p: number): number => Math.sqrt(p * (1 - p));
  const capped = (angles: readonly number[]): number =>
    Math.min(1, shareOf(angles[0] as number) / shareOf(angles[1] as number));
  const recall = (share: StableShare, p: number, plain: number): Interval =>
    around(
      plain,
      boundsAlongGradient(capped, [share, shares[2]], [slope(p) / r, (-p / r ** 2) * slope(r)], width),
      [0, 1],
    );
  const value = recall(shares[0], s, Math.min(1, own.synthetic / others / (own.reference / rows)));
  const ceiling = recall(shares[1], f, Math.min(1, own.fresh / others / (own.reference / rows)));
  // Of the ratios without their cap: where both are beyond it, the interval would have no width.
  const gradient = [slope(s) / r, -slope(f) / r, ((f - s) / r ** 2) * slope(r)];
  const less = (ratio: (angles: readonly number[]) => number): readonly [number, number] =>
    boundsAlongGradient(
      ([a, b, c]) => ratio([a as number, c as number]) - capped([b as number, c as number]),
      shares,
      gradient,
      width,
    );
  return {
    value,
    ceiling,
    difference: around(value.value - ceiling.value, less(capped), [-1, 1]),
    atBest: less(([a, b]) => shareOf(a as number) / shareOf(b as number))[1],
  };
}

function around(
  value: number,
  [low, high]: readonly [number, number],
  [least, most]: readonly [number, number],
): Interval {
  return { value, low: Math.max(least, Math.min(low, value)), high: Math.min(most, Math.max(high, value)) };
}

import { isQuantity, schemaOf } from "../../schema/schema.ts";
import { type Estimate, GROUPS, intervalOf, meanEstimate, newEstimate } from "../jackknife.ts";
import type { Metric, MetricInput } from "../metric.ts";
import { type GroupedValues, groupedValues, sampleTables } from "../samples.ts";
import { comparedScore, notApplicable, notComputable, tooFewRows } from "../score.ts";

/** A tail holds this share of the real values, or more where this would be fewer than TAIL_ROWS rows. */
const TAIL_SHARE = 0.01;
const TAIL_ROWS = 10;
/** No tail holds more than this: beyond, it is a spike or the table is too small. */
const MOST_SHARE = 0.1;

/** Whether the synthetic rows reach as far, and as often, into both tails of each quantity as real ones. */
export const tailCoverage: Metric = {
  name: "tail-coverage",
  title: "Tail coverage",
  family: "coverage",
  better: "higher",
  range: [0, 1],
  source:
    "Mass beyond the real 1 % and 99 % quantiles against that of the holdout, min(r, 1/r), mean over tails; tail-quantile mass ratio as in rare-event evaluation",
  definitionVersion: 1,
  explains:
    "Whether unusual values turn up as often as they should; not whether they turn up in the right combinations, nor how far beyond the quantile they lie.",
  async measure(input) {
    const few = tooFewRows(input);
    if (few) return notComputable(tailCoverage, few);
    const quantities = input.frames.reference.codec.columns.filter(({ name }) =>
      isQuantity(schemaOf(input.schema, name).kind),
    );
    if (quantities.length === 0) return notApplicable(tailCoverage, "No column is a quantity: there are no tails.");
    const tails = measureTails(
      input,
      quantities.map(({ name }) => name),
    );
    if (tails === "small")
      return notComputable(
        tailCoverage,
        `A tail needs ${TAIL_ROWS} of at least ${TAIL_ROWS / MOST_SHARE} values a side; no quantity has as many here. Give more rows, or a larger holdout.`,
      );
    if (tails.length === 0)
      return notApplicable(
        tailCoverage,
        "No quantity has a tail: each ends, on both sides, in a value that many rows share.",
      );
    const ceiling = meanEstimate(tails.map((tail) => tail.ceiling));
    const parts = tails.map(({ name, side, share, value, ceiling }) => ({
      name: `${name} (${side})`,
      share,
      ...intervalOf(value, input.level, [0, 1]),
      ceiling: ceiling[0] as number,
    }));
    return comparedScore(
      tailCoverage,
      input,
      // Permuting a column by itself leaves its tails the same: the floor is the ceiling.
      { value: meanEstimate(tails.map((tail) => tail.value)), ceiling, floor: ceiling },
      {
        n: input.frames.reference.rows,
        worst: parts
          .map(({ name, value, ceiling }) => ({ name, value, ceiling }))
          .sort((a, b) => b.ceiling - b.value - (a.ceiling - a.value)),
        details: { tails: parts },
      },
    );
  },
};

interface Tail {
  readonly name: string;
  readonly side: "low" | "high";
  /** Share of the real values in this tail. */
  readonly share: number;
  readonly value: Estimate;
  readonly ceiling: Estimate;
}

function measureTails(input: MetricInput, names: readonly string[]): Tail[] | "small" {
  const samples = sampleTables(input, input.random.split("tail-coverage"));
  const out: Tail[] = [];
  let large = 0;
  for (const name of names) {
    const reference = groupedValues(samples.reference, name);
    const synthetic = groupedValues(samples.synthetic, name);
    const fresh = groupedValues(samples.ceiling, name);
    if (!reference || !synthetic || !fresh) continue;
    const least = Math.min(reference.values.length, fresh.values.length);
    if (least * MOST_SHARE < TAIL_ROWS) continue;
    large++;
    const wanted = Math.max(TAIL_SHARE, TAIL_ROWS / least);
    const pooled = new Float64Array(reference.values.length + fresh.values.length);
    pooled.set(reference.values);
    pooled.set(fresh.values, reference.values.length);
    pooled.sort();
    const depth = Math.ceil(wanted * pooled.length);
    for (const side of ["low", "high"] as const) {
      const edge = pooled[side === "low" ? depth - 1 : pooled.length - depth] as number;
      const inTail = (value: number): boolean => (side === "low" ? value <= edge : value >= edge);
      const share = pooled.reduce((sum, value) => sum + (inTail(value) ? 1 : 0), 0) / pooled.length;
      if (share > MOST_SHARE) continue;
      const real = tailShares(reference, inTail);
      out.push({
        name,
        side,
        share,
        value: likeness(real, tailShares(synthetic, inTail)),
        ceiling: likeness(real, tailShares(fresh, inTail)),
      });
    }
  }
  return large === 0 ? "small" : out;
}

/** Share of the values in the tail, and the same without each group. */
function tailShares({ values, groups }: GroupedValues, inTail: (value: number) => boolean): Estimate {
  const rows = newEstimate().fill(values.length);
  const hits = newEstimate();
  for (let i = 0; i < values.length; i++) {
    const own = (groups[i] as number) + 1;
    rows[own] = (rows[own] as number) - 1;
    if (!inTail(values[i] as number)) continue;
    hits[0] = (hits[0] as number) + 1;
    hits[own] = (hits[own] as number) + 1;
  }
  const total = hits[0] as number;
  return hits.map((own, r) => {
    const left = r === 0 ? total : total - own;
    return (rows[r] as number) > 0 ? left / (rows[r] as number) : 0;
  });
}

/** min(r, 1/r) of two shares: 1 when equal, 0 when one of them is nothing. */
function likeness(real: Estimate, other: Estimate): Estimate {
  const out = newEstimate();
  for (let r = 0; r <= GROUPS; r++) {
    const a = real[r] as number;
    const b = other[r] as number;
    out[r] = a === b ? 1 : Math.min(a, b) / Math.max(a, b);
  }
  return out;
}

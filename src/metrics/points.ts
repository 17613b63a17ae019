import type { Random } from "../random.ts";
import type { Encoded } from "../schema/encode.ts";
import { isQuantity, schemaOf } from "../schema/schema.ts";
import { countCodes } from "./grouped.ts";
import { GROUPS } from "./jackknife.ts";
import type { MetricInput } from "./metric.ts";

/** Rows as points: amounts beside labels that stand for one-hot corners. Two different labels lie √2 apart. */
export interface Points {
  readonly rows: number;
  /** Amounts a row: `numbers[row · numberWidth + i]`. */
  readonly numberWidth: number;
  readonly numbers: Float64Array;
  /** Labels a row: `labels[row · labelWidth + i]`. */
  readonly labelWidth: number;
  readonly labels: Uint8Array;
  /** Jackknife group of each row, 0 … GROUPS − 1. */
  readonly groups: Uint8Array;
}

export interface EmbeddedFrames {
  readonly rows: number;
  readonly rowsAvailable: number;
  /** Columns embedded, and those that could be. */
  readonly columns: number;
  readonly columnsAvailable: number;
  readonly reference: Points;
  readonly synthetic: Points;
  readonly ceiling: Points;
  readonly floor: Points;
}

/** An amount's rank among the real rows runs from 0 to 1; times this, a column without ties has a standard deviation of 1. */
const RANK_SCALE = Math.sqrt(12);

/** The frames as points, the columns that do not vary among real rows left out. Amounts and ordinals are mid-ranks among the real rows of both real
 * frames, centred, at a standard deviation of 1 where nothing ties: no unit and no outlier weighs more than another, and what lies beyond the
 * real range lies at its end. A missing amount lies in the middle and has a label that says so.
 * @param options rowsFor: rows a side, by how many columns there are; a random choice of the frames' rows when fewer; mostColumns: a random choice of
 * them when there are more
 * @returns nothing where no column varies */
export function embedFrames(
  input: MetricInput,
  options: { readonly random: Random; readonly rowsFor: (columns: number) => number; readonly mostColumns?: number },
): EmbeddedFrames | undefined {
  const { frames } = input;
  const varying = planColumns(input);
  if (varying.length === 0) return undefined;
  const chosen = options.random.split("columns").sample(varying.length, options.mostColumns ?? varying.length);
  const plans = Array.from(chosen, (at) => varying[at] as ColumnPlan);
  const rows = Math.min(frames.reference.rows, options.rowsFor(plans.length));
  const embed = (encoded: Encoded, label: string): Points =>
    embedSide(encoded, plans, { rows, random: options.random.split(label) });
  return {
    rows,
    rowsAvailable: frames.reference.rows,
    columns: plans.length,
    columnsAvailable: varying.length,
    reference: embed(frames.reference, "reference"),
    synthetic: embed(frames.synthetic, "synthetic"),
    ceiling: embed(frames.ceiling, "ceiling"),
    floor: embed(frames.floor, "floor"),
  };
}

interface ColumnPlan {
  readonly column: number;
  /** Code → amount; absent: the code is the label. */
  readonly amounts?: Float64Array;
  /** Codes below are ways of being missing. */
  readonly missing: number;
  /** Amounts: whether any side lacks one. */
  readonly flagged: boolean;
}

function planColumns({ frames, schema }: MetricInput): ColumnPlan[] {
  const plans: ColumnPlan[] = [];
  frames.reference.codec.columns.forEach((codec, column) => {
    const counts = countCodes(frames.reference.codes[column] as Uint8Array, codec.levels);
    countCodes(frames.ceiling.codes[column] as Uint8Array, codec.levels).forEach((count, code) => {
      counts[code] = (counts[code] as number) + count;
    });
    if (counts.filter((count) => count > 0).length < 2) return;
    const missing = codec.missing.length;
    const { kind } = schemaOf(schema, codec.name);
    if (!isQuantity(kind) && kind !== "ordinal") {
      plans.push({ column, missing, flagged: false });
      return;
    }
    const flagged = [frames.reference, frames.synthetic, frames.ceiling, frames.floor].some((side) =>
      (side.codes[column] as Uint8Array).some((code) => code < missing),
    );
    plans.push({ column, missing, flagged, amounts: amountsOf(counts, missing) });
  });
  return plans;
}

function amountsOf(counts: Float64Array, missing: number): Float64Array {
  const out = new Float64Array(counts.length);
  const total = counts.subarray(missing).reduce((sum, count) => sum + count, 0);
  let below = 0;
  for (let code = missing; code < counts.length; code++) {
    const own = counts[code] as number;
    out[code] = RANK_SCALE * ((below + own / 2) / Math.max(1, total) - 0.5);
    below += own;
  }
  return out;
}

function embedSide(
  encoded: Encoded,
  plans: readonly ColumnPlan[],
  { rows, random }: { readonly rows: number; readonly random: Random },
): Points {
  const chosen = random.shuffle(Uint32Array.from({ length: encoded.rows }, (_, i) => i)).subarray(0, rows);
  const numberWidth = plans.filter((plan) => plan.amounts).length;
  const labelWidth = plans.filter((plan) => !plan.amounts || plan.flagged).length;
  const numbers = new Float64Array(rows * numberWidth);
  const labels = new Uint8Array(rows * labelWidth);
  let numberAt = 0;
  let labelAt = 0;
  for (const { column, amounts, missing, flagged } of plans) {
    const codes = encoded.codes[column] as Uint8Array;
    if (amounts) {
      for (let i = 0; i < rows; i++)
        numbers[i * numberWidth + numberAt] = amounts[codes[chosen[i] as number] as number] as number;
      numberAt++;
    }
    if (amounts && !flagged) continue;
    for (let i = 0; i < rows; i++) {
      const code = codes[chosen[i] as number] as number;
      labels[i * labelWidth + labelAt] = amounts ? (code < missing ? 1 : 0) : code;
    }
    labelAt++;
  }
  return {
    rows,
    numberWidth,
    numbers,
    labelWidth,
    labels,
    groups: Uint8Array.from({ length: rows }, (_, i) => Math.floor((i * GROUPS) / rows)),
  };
}

/** Squared distance of two points, or something beyond `bound` as soon as it is beyond. */
export function squaredDistance(a: Points, i: number, b: Points, j: number, bound: number): number {
  const { numberWidth, labelWidth } = a;
  let sum = 0;
  for (let k = 0, x = i * labelWidth, y = j * labelWidth; k < labelWidth; k++, x++, y++)
    if (a.labels[x] !== b.labels[y]) sum += 2;
  if (sum > bound) return sum;
  for (let k = 0, x = i * numberWidth, y = j * numberWidth; k < numberWidth; k++, x++, y++) {
    const step = (a.numbers[x] as number) - (b.numbers[y] as number);
    sum += step * step;
  }
  return sum;
}

/** Distance of each point to the mean of others.
 * @param without a jackknife group that is left out of the mean; −1: none */
export function centreDistances(points: Points, centreOf: Points, without = -1): Float64Array {
  const { numberWidth, labelWidth } = points;
  const mean = new Float64Array(numberWidth);
  const shares = new Float64Array(labelWidth * 256);
  let rows = 0;
  for (let i = 0; i < centreOf.rows; i++) {
    if (centreOf.groups[i] === without) continue;
    rows++;
    for (let k = 0; k < numberWidth; k++)
      mean[k] = (mean[k] as number) + (centreOf.numbers[i * numberWidth + k] as number);
    for (let k = 0; k < labelWidth; k++) {
      const at = k * 256 + (centreOf.labels[i * labelWidth + k] as number);
      shares[at] = (shares[at] as number) + 1;
    }
  }
  for (let k = 0; k < numberWidth; k++) mean[k] = (mean[k] as number) / rows;
  // Σ over corners c' of (1[c' = c] − p)² = 1 − 2 p(c) + Σ p².
  let constant = 0;
  for (let at = 0; at < shares.length; at++) {
    shares[at] = (shares[at] as number) / rows;
    constant += (shares[at] as number) ** 2;
  }
  const out = new Float64Array(points.rows);
  for (let i = 0; i < points.rows; i++) {
    let sum = constant + labelWidth;
    for (let k = 0; k < labelWidth; k++)
      sum -= 2 * (shares[k * 256 + (points.labels[i * labelWidth + k] as number)] as number);
    for (let k = 0; k < numberWidth; k++)
      sum += ((points.numbers[i * numberWidth + k] as number) - (mean[k] as number)) ** 2;
    out[i] = Math.sqrt(Math.max(0, sum));
  }
  return out;
}

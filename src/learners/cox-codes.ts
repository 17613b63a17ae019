import { fitCox } from "./cox.ts";
import type { BinnedColumns } from "./trees/boosting.ts";

/** A log hazard that adds up over columns: one weight per level. Plain data. */
export interface CodesModel {
  /** weights[j][level] */
  readonly weights: readonly Float64Array[];
}

/** Cox's proportional hazards with a ridge on columns of codes. An ordered column enters as the mean rank of its level (with an indicator where
 * it is missing), any other as indicators of its commonest levels, the rarer ones together.
 * @param input.missing codes below this one are missing cells, per column
 * @param input.target signed times, one per row of the columns: t where the event happened at t, −t where the row was lost from sight
 * @returns weights of 0 where there is nothing to learn, or no fit */
export function fitCoxOnCodes(
  input: BinnedColumns & {
    readonly missing: readonly number[];
    readonly target: ArrayLike<number>;
    readonly rows: Uint32Array;
  },
): CodesModel {
  const { columns, rows } = input;
  const features = columns.flatMap((codes, j) =>
    featuresOf(input, countLevels(codes, input.levels[j] as number, rows), j),
  );
  const width = features.length;
  const values = new Float64Array(rows.length * width);
  features.forEach(({ column, amounts }, f) => {
    const codes = columns[column] as Uint8Array;
    for (let i = 0; i < rows.length; i++) values[i * width + f] = amounts[codes[rows[i] as number] as number] as number;
  });
  const times = Float64Array.from(rows, (row) => input.target[row] as number);
  const fit = fitCox({ values, rows: rows.length, width }, times, { l2: RIDGE });
  const weights = columns.map((_, j) => new Float64Array(input.levels[j] as number));
  if ("failed" in fit) return { weights };
  features.forEach(({ column, amounts }, f) => {
    const own = weights[column] as Float64Array;
    for (let level = 0; level < own.length; level++)
      own[level] = (own[level] as number) + (fit.coefficients[f] as number) * (amounts[level] as number);
  });
  return { weights };
}

/** The log hazard of each row, up to a constant. */
export function predictCodes(model: CodesModel, columns: readonly Uint8Array[], rows: Uint32Array): Float64Array {
  return Float64Array.from(rows, (row) => {
    let sum = 0;
    for (let j = 0; j < columns.length; j++)
      sum += (model.weights[j] as Float64Array)[(columns[j] as Uint8Array)[row] as number] as number;
    return sum;
  });
}

/** In rows. */
const RIDGE = 1;
const MAX_INDICATORS = 6;

interface Feature {
  readonly column: number;
  /** By level. */
  readonly amounts: Float64Array;
}

function featuresOf(
  input: BinnedColumns & { readonly missing: readonly number[] },
  counts: Float64Array,
  column: number,
): readonly Feature[] {
  const missing = input.missing[column] as number;
  const levels = counts.length;
  const held = [...counts.keys()].filter((level) => (counts[level] as number) > 0);
  if (held.length < 2) return [];
  const indicator = (of: (level: number) => boolean): Feature => ({
    column,
    amounts: Float64Array.from({ length: levels }, (_, level) => (of(level) ? 1 : 0)),
  });
  if (input.ordered[column]) {
    const known = counts.reduce((sum, count, level) => sum + (level < missing ? 0 : count), 0);
    const rank = new Float64Array(levels);
    for (let level = missing, before = 0; level < levels; level++) {
      const own = counts[level] as number;
      // Between −1 and 1.
      rank[level] = known > 0 ? (2 * before + own) / known - 1 : 0;
      before += own;
    }
    const some = known > 0 ? [{ column, amounts: rank }] : [];
    return held.some((level) => level < missing) && known > 0 ? [...some, indicator((level) => level < missing)] : some;
  }
  const common = held.sort((a, b) => (counts[b] as number) - (counts[a] as number) || a - b);
  return common.slice(1, 1 + MAX_INDICATORS).map((own) => indicator((level) => level === own));
}

function countLevels(codes: Uint8Array, levels: number, rows: Uint32Array): Float64Array {
  const counts = new Float64Array(levels);
  for (const row of rows) counts[codes[row] as number] = (counts[codes[row] as number] as number) + 1;
  return counts;
}

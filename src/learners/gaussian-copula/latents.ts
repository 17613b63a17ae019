import { standardNormalQuantile } from "../../math/standard-normal.ts";
import { truncatedNormalMean } from "../../math/truncated-normal.ts";

/** A standard normal variable that, cut into intervals, gives codes of a column: those of its values, or (kind "missing") the ways of
 * being missing, in the lowest intervals, and being there, in the highest. */
export interface Latent {
  readonly column: number;
  readonly kind: "value" | "missing";
  /** Code of each interval, lowest first; only codes that occur. In kind "missing" the last interval has no code, and this one entry less. */
  readonly codes: Uint8Array;
  /** −∞, the cuts between intervals, ∞. */
  readonly cuts: Float64Array;
  /** Mean of the variable in each interval. */
  readonly centres: Float64Array;
}

/** How a column is made of latent variables. */
export interface LatentColumn {
  readonly levels: number;
  /** Place of the latent of values (−1: only one code, `only`), and of the latent of missing cells (−1: none is missing, or all are). */
  readonly value: number;
  readonly missing: number;
  readonly only: number;
  /** Interval of each code in the latent that it belongs to; 255: the code does not occur. */
  readonly place: Uint8Array;
  /** 1 where the code belongs to the latent of missing cells. */
  readonly isMissing: Uint8Array;
}

export const NO_PLACE = 255;

/** The latent variables of columns.
 * @param counts rows of each code, column by column
 * @param orders for each column the codes of values that occur, in their order */
export function makeLatents(
  counts: readonly Float64Array[],
  orders: readonly (readonly number[])[],
  missing: readonly number[],
): { readonly latents: readonly Latent[]; readonly columns: readonly LatentColumn[] } {
  const latents: Latent[] = [];
  const columns = counts.map((count, column): LatentColumn => {
    const absent = Array.from({ length: missing[column] as number }, (_, code) => code).filter(
      (code) => (count[code] as number) > 0,
    );
    const order = orders[column] as readonly number[];
    const both = absent.length > 0 && order.length > 0;
    // Where every cell is missing, the ways of being missing are the values.
    const values = order.length > 0 ? order : absent;
    const place = new Uint8Array(count.length).fill(NO_PLACE);
    const isMissing = new Uint8Array(count.length);
    values.forEach((code, i) => {
      place[code] = i;
    });
    let missingAt = -1;
    if (both) {
      absent.forEach((code, i) => {
        place[code] = i;
        isMissing[code] = 1;
      });
      const there = values.reduce((sum, code) => sum + (count[code] as number), 0);
      missingAt = latents.length;
      latents.push(latentOf(column, "missing", absent, [...absent.map((code) => count[code] as number), there]));
    }
    let value = -1;
    if (values.length > 1) {
      value = latents.length;
      latents.push(
        latentOf(
          column,
          "value",
          values,
          values.map((code) => count[code] as number),
        ),
      );
    }
    return { levels: count.length, value, missing: missingAt, only: values[0] ?? 0, place, isMissing };
  });
  return { latents, columns };
}

function latentOf(column: number, kind: Latent["kind"], codes: readonly number[], weights: readonly number[]): Latent {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const cuts = new Float64Array(weights.length + 1).fill(Number.POSITIVE_INFINITY);
  cuts[0] = Number.NEGATIVE_INFINITY;
  let below = 0;
  for (let i = 0; i + 1 < weights.length; i++) {
    below += weights[i] as number;
    cuts[i + 1] = standardNormalQuantile(below / total);
  }
  return {
    column,
    kind,
    codes: Uint8Array.from(codes),
    cuts,
    centres: Float64Array.from(weights, (_, i) => truncatedNormalMean(cuts[i] as number, cuts[i + 1] as number)),
  };
}

/** The interval that z lies in. */
export function intervalOf({ cuts }: Latent, z: number): number {
  let low = 0;
  let high = cuts.length - 2;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (z > (cuts[middle + 1] as number)) low = middle + 1;
    else high = middle;
  }
  return low;
}

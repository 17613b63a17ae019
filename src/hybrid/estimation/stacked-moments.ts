import { addCrossProducts, addProducts, type Columns, mirror } from "./cross-products.ts";
import type { Link } from "./link.ts";
import { blockFor, fillBlock, slopedColumns } from "./rows.ts";

/** Sums over units, by stratum, of the moments of all sources put one below the other; q = sources × p. */
export interface StackedMoments {
  /** One for each stratum, q: Σ w ψ. */
  readonly sums: readonly Float64Array[];
  /** One for each stratum, q × q: Σ w² ψ ψᵀ. */
  readonly crosses: readonly Float64Array[];
  /** One for each source, p × p: Σ w μ′ x xᵀ over all strata; empty unless asked for. */
  readonly informations: readonly Float64Array[];
}

/** A source at coefficients of its own. */
export interface MomentBlock {
  readonly design: Float64Array;
  readonly outcome: Float64Array;
  readonly coefficients: Float64Array;
}

/** One pass over the units, however many sources there are; nothing of their number is allocated.
 * @param options.units which units; absent: all of the `count` there are
 * @param options.weights of the picked units, in their order
 * @param options.stratum of each picked unit, in their order; absent: all in stratum 0 */
export function stackedMoments(
  sources: readonly MomentBlock[],
  options: {
    readonly link: Link;
    readonly count: number;
    readonly strata: number;
    readonly units?: Uint32Array | undefined;
    readonly weights?: Float64Array | undefined;
    readonly stratum?: Int32Array | undefined;
    readonly withInformation?: boolean;
  },
): StackedMoments {
  const { link, count, strata, units, weights, stratum, withInformation = false } = options;
  const width = sources[0]?.coefficients.length ?? 0;
  const size = sources.length * width;
  const sums = Array.from({ length: strata }, () => new Float64Array(size));
  const crosses = Array.from({ length: strata }, () => new Float64Array(size * size));
  const informations = withInformation ? sources.map(() => new Float64Array(width * width)) : [];
  const block = blockFor(count, width);
  const { capacity } = block;
  const moments = new Float64Array(size * capacity);
  for (let from = 0; from < count; from += capacity) {
    for (const [m, { design, outcome, coefficients }] of sources.entries()) {
      const rows = { design, outcome, width, units, weights };
      fillBlock(block, rows, { from, coefficients, link });
      const columns = { values: block.columns, size: width, capacity, count: block.count };
      multiply(columns, block.residual, moments.subarray(m * width * capacity));
      if (stratum === undefined) addProducts(columns, block.residual, sums[0]!.subarray(m * width, (m + 1) * width));
      if (withInformation) addCrossProducts(columns, slopedColumns(block, rows, link), informations[m]!);
    }
    const stacked = { values: moments, size, capacity, count: block.count };
    if (stratum === undefined) addCrossProducts(stacked, moments, crosses[0]!);
    else addByStratum(stacked, { sums, crosses, stratum, from });
  }
  for (const cross of crosses) mirror(cross, size);
  for (const information of informations) mirror(information, width);
  return { sums, crosses, informations };
}

/** Each column times one, to the same places of `into`. */
function multiply({ values, size, capacity, count }: Columns, by: Float64Array, into: Float64Array): void {
  for (let j = 0; j < size; j++) {
    const at = j * capacity;
    for (let k = 0; k < count; k++) into[at + k] = (values[at + k] as number) * (by[k] as number);
  }
}

function addByStratum(
  { values: moments, size, capacity, count }: Columns,
  into: {
    readonly sums: readonly Float64Array[];
    readonly crosses: readonly Float64Array[];
    readonly stratum: Int32Array;
    readonly from: number;
  },
): void {
  const { sums, crosses, stratum, from } = into;
  for (let k = 0; k < count; k++) {
    const place = stratum[from + k] as number;
    const sum = sums[place]!;
    const cross = crosses[place]!;
    for (let i = 0; i < size; i++) {
      const value = moments[i * capacity + k] as number;
      sum[i] = (sum[i] as number) + value;
      for (let j = 0; j <= i; j++)
        cross[i * size + j] = (cross[i * size + j] as number) + value * (moments[j * capacity + k] as number);
    }
  }
}

import type { Link } from "./link.ts";
import { type Block, blockFor, fillBlock, mirror } from "./rows.ts";

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
      fillBlock(block, { design, outcome, width, units, weights }, { from, coefficients, link });
      for (let j = 0; j < width; j++) {
        const at = (m * width + j) * capacity;
        for (let k = 0; k < block.count; k++)
          moments[at + k] = (block.columns[j * capacity + k] as number) * (block.residual[k] as number);
      }
      if (withInformation) addInformation(informations[m]!, block, width);
    }
    if (stratum === undefined) addCrosses(moments, block, { sum: sums[0]!, cross: crosses[0]! });
    else addByStratum(moments, block, { sums, crosses, stratum, from });
  }
  for (const cross of crosses) mirror(cross, size);
  for (const information of informations) mirror(information, width);
  return { sums, crosses, informations };
}

function addInformation(information: Float64Array, { columns, slope, capacity, count }: Block, width: number): void {
  for (let i = 0; i < width; i++)
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = 0; k < count; k++)
        sum += (columns[i * capacity + k] as number) * (columns[j * capacity + k] as number) * (slope[k] as number);
      information[i * width + j] = (information[i * width + j] as number) + sum;
    }
}

function addCrosses(
  moments: Float64Array,
  { capacity, count }: Block,
  { sum, cross }: { readonly sum: Float64Array; readonly cross: Float64Array },
): void {
  const size = sum.length;
  for (let i = 0; i < size; i++) {
    const a = i * capacity;
    let total = 0;
    for (let k = 0; k < count; k++) total += moments[a + k] as number;
    sum[i] = (sum[i] as number) + total;
    for (let j = 0; j <= i; j++) {
      const b = j * capacity;
      let product = 0;
      for (let k = 0; k < count; k++) product += (moments[a + k] as number) * (moments[b + k] as number);
      cross[i * size + j] = (cross[i * size + j] as number) + product;
    }
  }
}

function addByStratum(
  moments: Float64Array,
  { capacity, count }: Block,
  into: {
    readonly sums: readonly Float64Array[];
    readonly crosses: readonly Float64Array[];
    readonly stratum: Int32Array;
    readonly from: number;
  },
): void {
  const { sums, crosses, stratum, from } = into;
  const size = sums[0]!.length;
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

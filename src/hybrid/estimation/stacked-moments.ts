import { type Link, meanAt } from "./link.ts";
import { mirror } from "./rows.ts";

/** Sums over units, by stratum, of the moments of all sources put one below the other; q = sources × p. */
export interface StackedMoments {
  /** One for each stratum, q: Σ w ψ. */
  readonly sums: readonly Float64Array[];
  /** One for each stratum, q × q: Σ w² ψ ψᵀ. */
  readonly crosses: readonly Float64Array[];
}

/** One pass over the units, however many sources there are; nothing of their number is allocated.
 * @param blocks each source at coefficients of its own
 * @param options.units which units; absent: the first `count`
 * @param options.weights of all units, by unit
 * @param options.rowWeights of the picked units, in their order
 * @param options.stratum of each picked unit, in their order; absent: all in stratum 0 */
export function stackedMoments(
  blocks: readonly {
    readonly design: Float64Array;
    readonly outcome: Float64Array;
    readonly coefficients: Float64Array;
  }[],
  options: {
    readonly link: Link;
    readonly count: number;
    readonly strata: number;
    readonly units?: Uint32Array | undefined;
    readonly weights?: Float64Array | undefined;
    readonly rowWeights?: Float64Array | undefined;
    readonly stratum?: Int32Array | undefined;
  },
): StackedMoments {
  const { link, count, strata, units, weights, rowWeights, stratum } = options;
  const width = blocks[0]?.coefficients.length ?? 0;
  const size = blocks.length * width;
  const sums = Array.from({ length: strata }, () => new Float64Array(size));
  const crosses = Array.from({ length: strata }, () => new Float64Array(size * size));
  const moment = new Float64Array(size);
  for (let k = 0; k < count; k++) {
    const unit = units === undefined ? k : (units[k] as number);
    const w =
      (weights === undefined ? 1 : (weights[unit] as number)) *
      (rowWeights === undefined ? 1 : (rowWeights[k] as number));
    const at = unit * width;
    for (let m = 0; m < blocks.length; m++) {
      const { design, outcome, coefficients } = blocks[m]!;
      let linear = 0;
      for (let j = 0; j < width; j++) linear += (design[at + j] as number) * (coefficients[j] as number);
      const residual = w * ((outcome[unit] as number) - meanAt(link, linear));
      for (let j = 0; j < width; j++) moment[m * width + j] = residual * (design[at + j] as number);
    }
    const place = stratum === undefined ? 0 : (stratum[k] as number);
    const sum = sums[place]!;
    const cross = crosses[place]!;
    for (let i = 0; i < size; i++) {
      const value = moment[i] as number;
      sum[i] = (sum[i] as number) + value;
      for (let j = 0; j <= i; j++)
        cross[i * size + j] = (cross[i * size + j] as number) + value * (moment[j] as number);
    }
  }
  for (const cross of crosses) mirror(cross, size);
  return { sums, crosses };
}

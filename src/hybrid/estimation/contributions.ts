import { added } from "../../math/matrix.ts";
import type { Labelling } from "./labelling.ts";

/** Sums and cross products of what units contribute to an estimate, by stratum: all that its variance needs. */
export interface Contributions {
  readonly sums: readonly Float64Array[];
  readonly crosses: readonly Float64Array[];
}

/** Those of labelled units.
 * @param values n × p */
export function contributionsOf(
  values: Float64Array,
  labelling: Pick<Labelling, "labelledStratum" | "labelledCount">,
): Contributions {
  const { labelledStratum, labelledCount } = labelling;
  const width = values.length / labelledStratum.length;
  const sums = Array.from(labelledCount, () => new Float64Array(width));
  const crosses = Array.from(labelledCount, () => new Float64Array(width * width));
  for (let i = 0; i < labelledStratum.length; i++) {
    const sum = sums[labelledStratum[i] as number]!;
    const cross = crosses[labelledStratum[i] as number]!;
    for (let j = 0; j < width; j++) {
      const value = values[i * width + j] as number;
      sum[j] = (sum[j] as number) + value;
      for (let k = 0; k < width; k++)
        cross[j * width + k] = (cross[j * width + k] as number) + value * (values[i * width + k] as number);
    }
  }
  return { sums, crosses };
}

/** Variance of the sum of contributions that are independent within groups of these sizes, each about its group's mean: Σ n/(n−1) Σ (u−ū)(u−ū)ᵀ.
 * @param options.isUnbiased with the factors n/(n−1); without them where a leverage has made up for the mean */
export function groupedVariance(
  { sums, crosses }: Contributions,
  counts: Uint32Array,
  { isUnbiased }: { readonly isUnbiased: boolean },
): Float64Array {
  const width = sums[0]!.length;
  let total: Float64Array = new Float64Array(width * width);
  for (const [h, count] of counts.entries()) {
    if (count < 2) continue;
    const centred = added(crosses[h]!, outer(sums[h]!), -1 / count);
    total = added(total, centred, isUnbiased ? count / (count - 1) : 1);
  }
  return total;
}

/** Both groups as one: of each stratum. */
export function pooled(a: Contributions, b: Contributions): Contributions {
  return {
    sums: a.sums.map((sum, h) => added(sum, b.sums[h]!)),
    crosses: a.crosses.map((cross, h) => added(cross, b.crosses[h]!)),
  };
}

/** v·vᵀ. */
export function outer(vector: Float64Array): Float64Array {
  const size = vector.length;
  return Float64Array.from(
    { length: size * size },
    (_, at) => (vector[Math.floor(at / size)] as number) * (vector[at % size] as number),
  );
}

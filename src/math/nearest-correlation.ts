import { symmetricEigen } from "./symmetric-eigen.ts";

/** The correlation matrix nearest to a symmetric matrix of unit diagonal, in the sum of squared differences; eigenvalues are at least
 * `floor`, so that it has a Cholesky factor.
 * @param matrix size × size, row-major
 * @source Higham (2002), IMA Journal of Numerical Analysis 22, algorithm 3.3 (alternating projections with Dykstra's correction) */
export function nearestCorrelation(
  matrix: Float64Array,
  size: number,
  options: { readonly floor?: number; readonly tolerance?: number; readonly iterations?: number } = {},
): Float64Array {
  const { floor = 1e-4, tolerance = 1e-9, iterations = 200 } = options;
  let y = Float64Array.from(matrix);
  const correction = new Float64Array(size * size);
  for (let iteration = 0; iteration < iterations; iteration++) {
    const shifted = y.map((value, i) => value - (correction[i] as number));
    const x = projectDefinite(shifted, size, floor);
    let change = 0;
    for (let i = 0; i < x.length; i++) correction[i] = (x[i] as number) - (shifted[i] as number);
    const next = Float64Array.from(x);
    for (let i = 0; i < size; i++) next[i * size + i] = 1;
    for (let i = 0; i < x.length; i++) change = Math.max(change, Math.abs((next[i] as number) - (y[i] as number)));
    y = next;
    if (change < tolerance) break;
  }
  // The last projection set the diagonal: a last one on the eigenvalues, rescaled, is a correlation matrix for certain.
  const x = projectDefinite(y, size, floor);
  const scale = Float64Array.from({ length: size }, (_, i) => 1 / Math.sqrt(x[i * size + i] as number));
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++)
      x[i * size + j] = i === j ? 1 : (x[i * size + j] as number) * (scale[i] as number) * (scale[j] as number);
  return x;
}

/** The nearest symmetric matrix with eigenvalues of at least `floor`. */
function projectDefinite(matrix: Float64Array, size: number, floor: number): Float64Array {
  const { values, vectors } = symmetricEigen(matrix, size);
  const out = Float64Array.from(matrix);
  for (let k = 0; k < size; k++) {
    const lift = floor - (values[k] as number);
    if (lift <= 0) continue;
    for (let i = 0; i < size; i++) {
      const left = lift * (vectors[i * size + k] as number);
      for (let j = 0; j < size; j++)
        out[i * size + j] = (out[i * size + j] as number) + left * (vectors[j * size + k] as number);
    }
  }
  return out;
}

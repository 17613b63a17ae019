/** Solves and inverts symmetric positive-definite matrices, row-major. */

/** The lower triangle L with L·Lᵀ = A.
 * @param matrix size × size; only the lower triangle is read
 * @param options.tolerance a pivot at or below this share of its diagonal element counts as 0
 * @returns the factor, or the first row that is a linear combination of those before it
 * @source Golub & Van Loan (2013), "Matrix Computations", algorithm 4.2.1 */
export function cholesky(
  matrix: Float64Array,
  size: number,
  options: { readonly tolerance?: number } = {},
): { readonly factor: Float64Array } | { readonly dependent: number } {
  const tolerance = options.tolerance ?? 1e-10;
  const factor = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * size + j] as number;
      for (let k = 0; k < j; k++) sum -= (factor[i * size + k] as number) * (factor[j * size + k] as number);
      if (i !== j) factor[i * size + j] = sum / (factor[j * size + j] as number);
      else if (sum > tolerance * (matrix[i * size + i] as number)) factor[i * size + i] = Math.sqrt(sum);
      else return { dependent: i };
    }
  }
  return { factor };
}

/** The x with A·x = b, from the factor of A. */
export function solveCholesky(factor: Float64Array, right: Float64Array): Float64Array {
  const size = right.length;
  const x = Float64Array.from(right);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) x[i] = (x[i] as number) - (factor[i * size + k] as number) * (x[k] as number);
    x[i] = (x[i] as number) / (factor[i * size + i] as number);
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) x[i] = (x[i] as number) - (factor[k * size + i] as number) * (x[k] as number);
    x[i] = (x[i] as number) / (factor[i * size + i] as number);
  }
  return x;
}

/** The inverse of A, from its factor. */
export function invertCholesky(factor: Float64Array, size: number): Float64Array {
  const out = new Float64Array(size * size);
  for (let j = 0; j < size; j++) {
    const unit = new Float64Array(size);
    unit[j] = 1;
    const column = solveCholesky(factor, unit);
    for (let i = 0; i < size; i++) out[i * size + j] = column[i] as number;
  }
  return out;
}

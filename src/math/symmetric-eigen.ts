/** Eigenvalues and eigenvectors of a symmetric matrix, row-major.
 * @returns values in no order; `vectors[i * size + k]` is element i of the vector of value k; vectors are orthonormal
 * @source Jacobi (1846), cyclic by rows; Golub & Van Loan (2013), "Matrix Computations", §8.5 */
export function symmetricEigen(
  matrix: Float64Array,
  size: number,
): { readonly values: Float64Array; readonly vectors: Float64Array } {
  const a = Float64Array.from(matrix);
  const vectors = new Float64Array(size * size);
  let scale = 0;
  for (let i = 0; i < size; i++) {
    vectors[i * size + i] = 1;
    for (let j = 0; j < size; j++) scale += (a[i * size + j] as number) ** 2;
  }
  // Converges quadratically; ten sweeps are plenty for any size that is worth it.
  for (let sweep = 0; sweep < 30; sweep++) {
    let off = 0;
    for (let p = 0; p < size; p++) for (let q = 0; q < p; q++) off += (a[p * size + q] as number) ** 2;
    if (off <= 1e-30 * scale) break;
    for (let p = 1; p < size; p++) for (let q = 0; q < p; q++) rotate(a, vectors, { size, p, q });
  }
  return { values: Float64Array.from({ length: size }, (_, i) => a[i * size + i] as number), vectors };
}

function rotate(
  a: Float64Array,
  vectors: Float64Array,
  { size, p, q }: { readonly size: number; readonly p: number; readonly q: number },
): void {
  const apq = a[p * size + q] as number;
  if (apq === 0) return;
  const tau = ((a[q * size + q] as number) - (a[p * size + p] as number)) / (2 * apq);
  const t = (tau >= 0 ? 1 : -1) / (Math.abs(tau) + Math.sqrt(1 + tau * tau));
  const c = 1 / Math.sqrt(1 + t * t);
  const s = t * c;
  for (let k = 0; k < size; k++) {
    const kp = a[k * size + p] as number;
    const kq = a[k * size + q] as number;
    a[k * size + p] = c * kp - s * kq;
    a[k * size + q] = s * kp + c * kq;
  }
  for (let k = 0; k < size; k++) {
    const pk = a[p * size + k] as number;
    const qk = a[q * size + k] as number;
    a[p * size + k] = c * pk - s * qk;
    a[q * size + k] = s * pk + c * qk;
    const vp = vectors[k * size + p] as number;
    const vq = vectors[k * size + q] as number;
    vectors[k * size + p] = c * vp - s * vq;
    vectors[k * size + q] = s * vp + c * vq;
  }
  a[p * size + q] = 0;
  a[q * size + p] = 0;
}

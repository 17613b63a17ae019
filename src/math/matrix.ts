/** Products of small dense matrices, row-major. */

/** A·B.
 * @param shape.rows of A
 * @param shape.inner columns of A, rows of B
 * @param shape.columns of B */
export function product(
  a: Float64Array,
  b: Float64Array,
  { rows, inner, columns }: { readonly rows: number; readonly inner: number; readonly columns: number },
): Float64Array {
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < inner; k++) {
      const factor = a[i * inner + k] as number;
      if (factor === 0) continue;
      for (let j = 0; j < columns; j++)
        out[i * columns + j] = (out[i * columns + j] as number) + factor * (b[k * columns + j] as number);
    }
  return out;
}

/** Aᵀ.
 * @param shape of A */
export function transpose(
  a: Float64Array,
  { rows, columns }: { readonly rows: number; readonly columns: number },
): Float64Array {
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = a[i * columns + j] as number;
  return out;
}

/** A·S·Aᵀ.
 * @param middle S, inner × inner
 * @param shape of A, rows × inner */
export function sandwich(
  a: Float64Array,
  middle: Float64Array,
  { rows, inner }: { readonly rows: number; readonly inner: number },
): Float64Array {
  const left = product(a, middle, { rows, inner, columns: inner });
  return product(left, transpose(a, { rows, columns: inner }), { rows, inner, columns: rows });
}

/** A + factor · B, a new matrix. */
export function added(a: Float64Array, b: Float64Array, factor = 1): Float64Array {
  return a.map((value, i) => value + factor * (b[i] as number));
}

/** Columns of some hundred numbers, one after the other: number k of column j lies at j · capacity + k. */
export interface Columns {
  readonly values: Float64Array;
  /** How many columns. */
  readonly size: number;
  readonly capacity: number;
  /** Numbers in each column that count. */
  readonly count: number;
}

/** Adds the products Σ a_ik b_jk, j ≤ i, to a size × size matrix; what it holds above the diagonal afterwards is for {@link mirror} to overwrite.
 * Four sums grow side by side, since a processor starts an addition long before it has ended the last; each runs in the order of k.
 * @param right as many columns as `left`, laid out alike */
export function addCrossProducts(left: Columns, right: Float64Array, into: Float64Array): void {
  const { values, size, capacity, count } = left;
  for (let i = 0; i < size; i += 2) {
    const nextI = i + 1 < size ? i + 1 : i;
    const a0 = i * capacity;
    const a1 = nextI * capacity;
    for (let j = 0; j <= nextI; j += 2) {
      const nextJ = j + 1 < size ? j + 1 : j;
      const b0 = j * capacity;
      const b1 = nextJ * capacity;
      let s00 = 0;
      let s01 = 0;
      let s10 = 0;
      let s11 = 0;
      for (let k = 0; k < count; k++) {
        const x0 = values[a0 + k] as number;
        const x1 = values[a1 + k] as number;
        const y0 = right[b0 + k] as number;
        const y1 = right[b1 + k] as number;
        s00 += x0 * y0;
        s01 += x0 * y1;
        s10 += x1 * y0;
        s11 += x1 * y1;
      }
      // Of an odd number of columns the last stands twice, and is counted once.
      into[i * size + j]! += s00;
      if (nextJ > j) into[i * size + nextJ]! += s01;
      if (nextI > i) into[nextI * size + j]! += s10;
      if (nextI > i && nextJ > j) into[nextI * size + nextJ]! += s11;
    }
  }
}

/** Adds the products Σ a_ik b_k of each column with one to a vector, four at a time.
 * @param right one column */
export function addProducts({ values, size, capacity, count }: Columns, right: Float64Array, into: Float64Array): void {
  const last = size - 1;
  for (let i = 0; i < size; i += 4) {
    const a0 = i * capacity;
    const a1 = Math.min(i + 1, last) * capacity;
    const a2 = Math.min(i + 2, last) * capacity;
    const a3 = Math.min(i + 3, last) * capacity;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let k = 0; k < count; k++) {
      const y = right[k] as number;
      s0 += (values[a0 + k] as number) * y;
      s1 += (values[a1 + k] as number) * y;
      s2 += (values[a2 + k] as number) * y;
      s3 += (values[a3 + k] as number) * y;
    }
    into[i]! += s0;
    if (i < last) into[i + 1]! += s1;
    if (i + 1 < last) into[i + 2]! += s2;
    if (i + 2 < last) into[i + 3]! += s3;
  }
}

/** Copies the lower triangle to the upper one, in place. */
export function mirror(matrix: Float64Array, size: number): void {
  for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) matrix[j * size + i] = matrix[i * size + j] as number;
}

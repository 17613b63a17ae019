/** Rows of few non-zero numbers among many columns: row i holds `values[k]` in column `columns[k]` for starts[i] ≤ k < starts[i + 1], columns ascending. */
export interface SparseRows {
  readonly rows: number;
  readonly width: number;
  /** rows + 1 of them. */
  readonly starts: Uint32Array;
  readonly columns: Uint32Array;
  readonly values: Float64Array;
}

/** Rows from their entries.
 * @param entries of each row, [column, value], in any order */
export function sparseRows(entries: readonly (readonly (readonly [number, number])[])[], width: number): SparseRows {
  const starts = new Uint32Array(entries.length + 1);
  entries.forEach((row, i) => {
    starts[i + 1] = (starts[i] as number) + row.length;
  });
  const total = starts[entries.length] as number;
  const columns = new Uint32Array(total);
  const values = new Float64Array(total);
  let at = 0;
  for (const row of entries)
    for (const [column, value] of [...row].sort((a, b) => a[0] - b[0])) {
      columns[at] = column;
      values[at++] = value;
    }
  return { rows: entries.length, width, starts, columns, values };
}

/** The entries of one row, columns ascending. */
export function entriesOf(matrix: SparseRows, row: number): readonly (readonly [number, number])[] {
  const entries: [number, number][] = [];
  for (let k = matrix.starts[row] as number; k < (matrix.starts[row + 1] as number); k++)
    entries.push([matrix.columns[k] as number, matrix.values[k] as number]);
  return entries;
}

/** Matrices of the same rows, side by side. */
export function besideEachOther(parts: readonly SparseRows[]): SparseRows {
  const rows = parts[0]?.rows ?? 0;
  const offsets: number[] = [];
  let width = 0;
  for (const part of parts) {
    offsets.push(width);
    width += part.width;
  }
  return sparseRows(
    Array.from({ length: rows }, (_, row) =>
      parts.flatMap((part, j) =>
        entriesOf(part, row).map(([column, value]) => [column + (offsets[j] as number), value] as const),
      ),
    ),
    width,
  );
}

/** Two matrices of one shape as [u, v, |u − v|, u · v]: what a pair of texts has apart and in common.
 * @source Conneau et al. (2017), EMNLP, §3.1 */
export function pairRows(u: SparseRows, v: SparseRows): SparseRows {
  const { rows, width } = u;
  const apart: (readonly [number, number])[][] = [];
  const common: (readonly [number, number])[][] = [];
  for (let row = 0; row < rows; row++) {
    const left = new Map(entriesOf(u, row));
    const right = new Map(entriesOf(v, row));
    const both = [...left.keys()].filter((column) => right.has(column));
    common.push(both.map((column) => [column, (left.get(column) as number) * (right.get(column) as number)]));
    apart.push(
      [...new Set([...left.keys(), ...right.keys()])].map((column) => [
        column,
        Math.abs((left.get(column) ?? 0) - (right.get(column) ?? 0)),
      ]),
    );
  }
  return besideEachOther([u, v, sparseRows(apart, width), sparseRows(common, width)]);
}

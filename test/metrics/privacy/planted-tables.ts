import { concatRows, type Table, takeRows } from "../../../src/data/table.ts";
import type { Planting } from "../../../src/metrics/metric.ts";
import { type CopyTestInput, type Ladder, plantedCount, plantLeaks } from "../../../src/metrics/privacy/plant.ts";

/** The planted synthetic tables themselves, made the slow way: what every fast path is tested against. */
export function* plantedTables(
  input: CopyTestInput,
  ladder: Ladder,
): Generator<Pick<Planting, "leak" | "share" | "index"> & { readonly table: Table }> {
  const n = input.synthetic.rows;
  for (const { leak, index, positions, rows } of plantLeaks(input, ladder)) {
    const both = concatRows([input.synthetic, rows]);
    for (const share of ladder.shares) {
      const at = Uint32Array.from({ length: n }, (_, i) => i);
      for (let k = 0; k < plantedCount(share, n); k++) at[positions[k] as number] = n + k;
      yield { leak, share, index, table: takeRows(both, at) };
    }
  }
}

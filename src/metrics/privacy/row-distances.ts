import type { MixedRows } from "../../learners/neighbours/mixed-rows.ts";
import { UNIT } from "../../learners/neighbours/mixed-rows.ts";

/** Distance in columns from one row to each of others, by looking at all of them.
 * @param query the row of `from` that distances are measured from
 * @param to of the same columns */
export function rowDistances(from: MixedRows, query: number, to: MixedRows): Float64Array {
  const { categories, numbers, cells } = to;
  const width = categories + numbers;
  const own = from.cells.subarray(query * width, (query + 1) * width);
  const out = new Float64Array(to.rows);
  for (let row = 0; row < to.rows; row++) {
    const at = row * width;
    let sum = 0;
    for (let k = 0; k < categories; k++) if (cells[at + k] !== own[k]) sum += UNIT;
    for (let k = categories; k < width; k++) sum += Math.abs((cells[at + k] as number) - (own[k] as number));
    out[row] = sum / UNIT;
  }
  return out;
}

import type { AlarmTest } from "./estimation.ts";
import { labelledAgainstAll, type RelabellingOptions, type UnitColumn } from "./labelled-against-all.ts";
import type { Prepared } from "./prepared.ts";
import { blockFor, fillBlock, type Rows } from "./rows.ts";

/** Whether the moments of the sources, 0 over all units at their estimate of all units, are 0 over labelled units too: the restrictions that Hansen's J
 * tests, and the same quadratic form, but with the covariance that random labelling gives them and a p that is exact there. J takes both from
 * labelled units alone and χ², and with heavy tails rejects true restrictions several times too often. Null: no source.
 * @source Hansen (1982), "Large sample properties of generalized method of moments estimators", Econometrica 50 */
export function overidentification(prepared: Prepared, options: RelabellingOptions): AlarmTest | null {
  const { width } = prepared.sample;
  const columns: UnitColumn[] = [];
  for (const { source, all } of prepared.sources) {
    const rows: Rows = { ...source, width, weights: prepared.labelling.weights };
    const factor = residualsOf(rows, all.coefficients, prepared.link);
    for (let offset = 0; offset < width; offset++)
      columns.push({ values: source.design, stride: width, offset, factor });
  }
  return labelledAgainstAll("overidentification", columns, options);
}

/** T: w (y − μ). */
function residualsOf(rows: Rows, coefficients: Float64Array, link: Prepared["link"]): Float64Array {
  const count = rows.outcome.length;
  const out = new Float64Array(count);
  const block = blockFor(count, rows.width);
  for (let from = 0; from < count; from += block.capacity) {
    fillBlock(block, rows, { from, coefficients, link });
    out.set(block.residual.subarray(0, block.count), from);
  }
  return out;
}

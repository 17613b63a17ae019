import assert from "node:assert/strict";
import { test } from "node:test";
import { type NumberColumn, tableOf } from "../../src/data/table.ts";
import { complement, EVERYWHERE, type Intervals } from "../../src/math/intervals-of-numbers.ts";
import { nextAbove, nextBelow } from "../../src/math/next-float.ts";
import { inferSchema } from "../../src/schema/infer.ts";
import { prepareColumns } from "../../src/synthesizers/cells/columns.ts";
import { piecesOf } from "../../src/synthesizers/cells/pieces.ts";

// Values held by few rows each, so that cells are drawn between them and rounded.
const COLUMNS = [
  { name: "tenths", storage: "double", of: (i: number) => (i + 0.3 * (i % 7) > 500 ? 500 - i : i) / 10 - 20 },
  { name: "whole", storage: "integer", of: (i: number) => ((i * 7) % 811) - 300 },
] as const;

for (const { name, storage, of } of COLUMNS)
  test(`a condition and its opposite share every stretch of ${name} values between them, on the grid and off it`, async () => {
    const column: NumberColumn = {
      name,
      type: "number",
      storage,
      values: Float64Array.from({ length: 900 }, (_, i) => of(i)),
    };
    const table = tableOf([column]);
    const [prepared] = await prepareColumns(table, inferSchema(table), { plain: false, signal: undefined });
    const plan = prepared?.plan;
    assert.ok(plan?.kind === "quantity" && plan.light.length > 100);
    const weights = (intervals: Intervals): Float64Array =>
      piecesOf(plan, { column: name, missing: false, intervals }).weights;
    const cells = piecesOf(plan, { column: name, missing: false, intervals: EVERYWHERE }).weights;
    for (const x of [-12, -3.4, 0, 0.1, 5, 7.3, 17, 25.7, 29.9])
      for (const met of [
        [[x, x]],
        [[Number.NEGATIVE_INFINITY, x]],
        [[Number.NEGATIVE_INFINITY, nextBelow(x)]],
        [[nextAbove(x), Number.POSITIVE_INFINITY]],
      ] satisfies Intervals[]) {
        const one = weights(met);
        const other = weights(complement(met));
        one.forEach((share, code) => {
          if (cells[code] === 0) return;
          assert.ok(
            Math.abs(share + (other[code] as number) - 1) < 1e-9,
            `code ${code} at ${x}: ${share} and ${other[code]}`,
          );
        });
      }
  });

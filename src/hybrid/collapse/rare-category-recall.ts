import { type Column, cellOf, columnOf, isMissing, lengthOf } from "../../data/table.ts";
import { isQuantity, schemaOf } from "../../schema/schema.ts";
import type { Monitor } from "./monitor.ts";

/** How many of the rare categories are still there. */
export const rareCategoryRecall: Monitor = {
  name: "rare-category-recall",
  title: "Rare-category recall",
  explains:
    "Share of the rare categories of the frozen real rows (at most one row in twenty, five rows at the least) that still occur. What is rare is lost first, and once lost it does not come back.",
  source: "Shumailov et al. (2024), Nature 631: loss of low-probability events; redraw by a Gamma-Poisson model",
  read(table, { frozen, schema }) {
    let rare = 0;
    let found = 0;
    let variance = 0;
    for (const column of frozen.columns) {
      if (isQuantity(schemaOf(schema, column.name).kind)) continue;
      const counts = countsOf(columnOf(table, column.name));
      for (const [label, count] of countsOf(column)) {
        if (count < FEWEST || count > MOST_SHARE * frozen.rows) continue;
        rare++;
        const now = counts.get(label) ?? 0;
        if (now > 0) found++;
        // Not drawn once by a redraw: the rate that gave `now` rows is Gamma(now + 1/2, 1), and e^−rate has this mean.
        const absent = 0.5 ** (now + 0.5);
        variance += absent * (1 - absent);
      }
    }
    return rare === 0 ? null : { value: found / rare, standardError: Math.sqrt(variance) / rare };
  },
};

/** Rows that hold a category that is watched, at the least: one that fewer hold is missed by fresh real rows too. */
const FEWEST = 5;
const MOST_SHARE = 0.05;

function countsOf(column: Column): ReadonlyMap<string | number, number> {
  const counts = new Map<string | number, number>();
  for (let row = 0; row < lengthOf(column); row++) {
    if (isMissing(column, row)) continue;
    const label = cellOf(column, row) as string | number;
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  return counts;
}

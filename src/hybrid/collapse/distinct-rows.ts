import { selectColumns, takeRows } from "../../data/table.ts";
import { shareRepeated } from "../../metrics/coverage/share-repeated.ts";
import { LEAST_ROWS, standardErrorOf } from "../../metrics/jackknife.ts";
import { indexRows, rowKeyer } from "../../metrics/privacy/row-keys.ts";
import type { Monitor } from "./monitor.ts";

/** How many rows stand alone. */
export const distinctRows: Monitor = {
  name: "distinct-rows",
  title: "Rows without a double",
  explains:
    "Share of the rows that equal no other row of their generation (one minus the share of duplicates). A fall means that few rows stand for many.",
  source: "Share of rows that have an equal row in the same table; delete-a-group jackknife",
  read(table, { frozen, random }) {
    if (table.rows < LEAST_ROWS) return null;
    const watched = selectColumns(
      table,
      frozen.columns.map(({ name }) => name),
    );
    const dealt = takeRows(watched, random.shuffle(Uint32Array.from({ length: table.rows }, (_, row) => row)));
    const { group, groups } = indexRows([rowKeyer([dealt])(dealt)]);
    const repeated = shareRepeated(group, groups);
    return { value: 1 - (repeated[0] as number), standardError: standardErrorOf(repeated) };
  },
};

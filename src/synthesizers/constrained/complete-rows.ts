import { type Column, columnOf, type Table, tableOf, takeRows } from "../../data/table.ts";
import { InvalidData } from "../../errors.ts";
import type { DrawOptions } from "../synthesizer.ts";
import type { RowRule } from "./rows.ts";

/** How often a row is filled anew when what was drawn breaks a rule. */
const ROUNDS = 50;

/** Fills the missing cells of a table, again and again for rows that then break a rule. Rows whose own cells break one already are filled and left.
 * @param fill the rows filled once, with all modelled columns
 * @param onUnfilled told the rows that could not be filled within the rules, instead of an error
 * @throws {InvalidData} rows that cannot be filled within the rules */
export async function completeRows(
  table: Table,
  how: {
    readonly fill: (part: Table, options: DrawOptions) => Promise<Table>;
    readonly rules: readonly RowRule[];
    readonly options: DrawOptions;
    readonly onUnfilled?: ((rows: Uint32Array) => void) | undefined;
  },
): Promise<Table> {
  const { fill, rules, options, onUnfilled } = how;
  const random = options.random.split("complete");
  let out: Table | undefined;
  let open = Uint32Array.from({ length: table.rows }, (_, row) => row);
  for (let round = 0; round < ROUNDS; round++) {
    const part = open.length === table.rows ? table : takeRows(table, open);
    const filled = await fill(part, { ...options, random: random.split(round) });
    out = out === undefined ? filled : written(out, filled, open);
    const broken = brokenIn(filled, rules);
    // What the given cells break is not for us to mend.
    const own = round === 0 ? brokenIn(widened(table, filled), rules) : undefined;
    const rows = open;
    open = rows.filter((row, i) => broken[i] === 1 && !(own && own[row] === 1));
    if (open.length === 0) return out;
  }
  if (onUnfilled && out) {
    onUnfilled(open);
    return out;
  }
  throw new InvalidData(
    "cannot-complete",
    `${open.length} of ${table.rows} rows could not be filled so that the declared constraints hold, in ${ROUNDS} tries each.`,
    { advice: `The first is row ${(open[0] as number) + 1}: empty more of its cells, or mend one.` },
  );
}

function brokenIn(table: Table, rules: readonly RowRule[]): Uint8Array {
  const out = new Uint8Array(table.rows);
  for (const rule of rules)
    rule.brokenIn(table).forEach((is, row) => {
      if (is) out[row] = 1;
    });
  return out;
}

/** The table with every column of another, those that it lacks all missing. */
function widened(table: Table, like: Table): Table {
  return tableOf(
    like.columns.map((column) => {
      const own = table.columns.find(({ name }) => name === column.name);
      if (own && own.type === column.type) return own;
      return column.type === "text"
        ? { ...column, codes: new Int32Array(table.rows).fill(-1) }
        : { ...column, values: new Float64Array(table.rows).fill(Number.NaN) };
    }),
    table.rows,
  );
}

/** The table with these rows replaced. */
function written(table: Table, part: Table, rows: Uint32Array): Table {
  return tableOf(
    table.columns.map((column): Column => {
      const own = columnOf(part, column.name);
      if (column.type === "text" && own.type === "text") {
        const dictionary = own.dictionary === column.dictionary ? column.dictionary : [...column.dictionary];
        const places = new Map(dictionary.map((label, code) => [label, code]));
        const codes = column.codes.slice();
        rows.forEach((row, i) => {
          const label = own.dictionary[own.codes[i] as number];
          if (label === undefined) {
            codes[row] = -1;
            return;
          }
          if (!places.has(label)) {
            places.set(label, dictionary.length);
            (dictionary as string[]).push(label);
          }
          codes[row] = places.get(label) as number;
        });
        return { ...column, codes, dictionary };
      }
      if (column.type === "text" || own.type === "text") return column;
      const values = column.values.slice();
      rows.forEach((row, i) => {
        values[row] = own.values[i] as number;
      });
      return { ...column, values };
    }),
    table.rows,
  );
}

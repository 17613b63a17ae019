import { type Column, columnOf, isMissing, type Table, tableOf } from "../../data/table.ts";
import { InvalidData } from "../../errors.ts";
import { concatenated, totalLength } from "../../math/concatenated.ts";
import type { IncrementsConstraint } from "../../schema/constraints.ts";
import type { RowRule } from "./rows.ts";

/** Puts the values of a column in order within each group of a sample, so that no row has less than one before it in `of`. The values of a group
 * stay the same, and so the column's distribution; what a row's value had to do with its other cells is loosened.
 *
 * A sample is gone through twice: once for what this reads (24 bytes a row), once to write.
 * @param chunks the sample, the same each time it is asked for */
export async function* inIncrements(
  chunks: () => AsyncIterable<Table>,
  constraint: IncrementsConstraint,
): AsyncGenerator<Table> {
  const values: Float64Array[] = [];
  const times: Float64Array[] = [];
  const groups: Int32Array[] = [];
  const known = new Map<string, number>();
  for await (const chunk of chunks()) {
    values.push(numbersOf(columnOf(chunk, constraint.column)));
    times.push(numbersOf(columnOf(chunk, constraint.of)));
    groups.push(
      constraint.within === undefined
        ? new Int32Array(chunk.rows)
        : groupsOf(columnOf(chunk, constraint.within), known),
    );
  }
  const ordered = orderedValues(
    concatenated(values, new Float64Array(totalLength(values))),
    concatenated(times, new Float64Array(totalLength(times))),
    concatenated(groups, new Int32Array(totalLength(groups))),
  );
  let start = 0;
  for await (const chunk of chunks()) {
    const from = start;
    start += chunk.rows;
    yield tableOf(
      chunk.columns.map((column) =>
        column.name === constraint.column && column.type !== "text"
          ? { ...column, values: ordered.slice(from, from + chunk.rows) }
          : column,
      ),
      chunk.rows,
    );
  }
}

/** Rows whose values were put in order, as long as they keep the rules that they kept before: a rule between such a column and another may not
 * outlive it.
 * @param how `moved`: the columns put in order
 * @throws {InvalidData} a row breaks one */
export async function* stillKeeping(
  chunks: AsyncIterable<Table>,
  { rules, moved }: { readonly rules: readonly RowRule[]; readonly moved: readonly string[] },
): AsyncGenerator<Table> {
  for await (const chunk of chunks) {
    for (const { name, brokenIn } of rules) {
      const broken = brokenIn(chunk).reduce((sum, is) => sum + is, 0);
      if (broken > 0)
        throw new InvalidData(
          "constraints-clash",
          `${broken.toLocaleString("en-US")} of ${chunk.rows.toLocaleString("en-US")} rows broke "${name}" once the values of ${moved.map((column) => `"${column}"`).join(" and ")} were put in order, as "increments" asks.`,
          {
            advice:
              "Take one of the two out: a value that is moved to another row cannot keep a rule with that row's other cells.",
          },
        );
    }
    yield chunk;
  }
}

/** The values of each group, ascending along its times; where one of the two is missing a row keeps its own. */
export function orderedValues(values: Float64Array, times: Float64Array, groups: Int32Array): Float64Array {
  const rows = Uint32Array.from({ length: values.length }, (_, row) => row)
    .filter((row) => (groups[row] as number) >= 0 && !Number.isNaN(values[row]) && !Number.isNaN(times[row]))
    .sort(
      (a, b) =>
        (groups[a] as number) - (groups[b] as number) || compare(times[a] as number, times[b] as number) || a - b,
    );
  const out = values.slice();
  for (let start = 0; start < rows.length; ) {
    let end = start + 1;
    while (end < rows.length && groups[rows[end] as number] === groups[rows[start] as number]) end++;
    const own = Float64Array.from(rows.subarray(start, end), (row) => values[row] as number).sort();
    for (let i = start; i < end; i++) out[rows[i] as number] = own[i - start] as number;
    start = end;
  }
  return out;
}

function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function numbersOf(column: Column): Float64Array {
  return column.type === "text" ? new Float64Array(column.codes.length).fill(Number.NaN) : column.values;
}

function groupsOf(column: Column, known: Map<string, number>): Int32Array {
  const rows = column.type === "text" ? column.codes.length : column.values.length;
  return Int32Array.from({ length: rows }, (_, row) => {
    if (isMissing(column, row)) return -1;
    const key =
      column.type === "text" ? (column.dictionary[column.codes[row] as number] as string) : String(column.values[row]);
    let place = known.get(key);
    if (place === undefined) {
      place = known.size;
      known.set(key, place);
    }
    return place;
  });
}

import { type TextColumn, takeRows } from "../../data/table.ts";
import { LEAST_ROWS, newEstimate, standardErrorOf } from "../../metrics/jackknife.ts";
import { countNGrams, expectedDistinct } from "../../metrics/text/n-gram-counts.ts";
import { wordsOf } from "../../metrics/text/words.ts";
import type { Monitor } from "./monitor.ts";

/** How many ways of saying things are left, in the columns of running text.
 * @param columns names of text columns; none: nothing is watched */
export function distinctN(columns: readonly string[]): Monitor {
  return {
    name: "distinct-n",
    title: "Different pairs of words",
    explains:
      "Share of different ones among the pairs of neighbouring words, at a fixed number of pairs. A fall means that phrases are said again and again.",
    source: "Distinct-2 (Li et al., 2016) at a fixed size, by rarefaction (Hurlbert, 1971); delete-a-group jackknife",
    read(table, { frozen, random }) {
      const wanted = (source: typeof table): TextColumn[] =>
        source.columns.filter(
          (column): column is TextColumn => column.type === "text" && columns.includes(column.name),
        );
      const drawn = Math.floor(SHARE * pairsIn(wordedRows(wanted(frozen))));
      if (drawn < FEWEST_PAIRS) return null;
      const dealt = takeRows(table, random.shuffle(Uint32Array.from({ length: table.rows }, (_, row) => row)));
      const rows = wordedRows(wanted(dealt));
      if (rows.length < LEAST_ROWS) return null;
      const { replicates } = countNGrams(rows, 2);
      if (replicates.some(({ all }) => all < drawn)) return null;
      const estimate = newEstimate().map(
        (_, r) => expectedDistinct(replicates[r] as (typeof replicates)[number], drawn) / drawn,
      );
      return { value: estimate[0] as number, standardError: standardErrorOf(estimate) };
    },
  };
}

/** Of the pairs of the frozen rows: a generation of somewhat shorter texts is still measured. */
const SHARE = 0.5;
const FEWEST_PAIRS = 100;

type WordedRow = readonly (readonly string[])[];

function wordedRows(columns: readonly TextColumn[]): readonly WordedRow[] {
  const rows = columns[0]?.codes.length ?? 0;
  return Array.from({ length: rows }, (_, row) =>
    columns.flatMap(({ codes, dictionary }) => {
      const text = dictionary[codes[row] as number];
      return text === undefined ? [] : [wordsOf(text)];
    }),
  ).filter((row) => row.some((words) => words.length > 0));
}

function pairsIn(rows: readonly WordedRow[]): number {
  return rows.flat().reduce((sum, words) => sum + Math.max(0, words.length - 1), 0);
}

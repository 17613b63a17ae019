import { type Column, type Table, tableOf, takeColumn, takeRows } from "../../data/table.ts";
import type { Random } from "../../random.ts";
import { binColumns, toBins } from "../bins.ts";
import { type Grouped, groupFrames } from "../grouped.ts";
import { type Estimate, intervalOf, LEAST_ROWS } from "../jackknife.ts";
import type { Metric, MetricInput } from "../metric.ts";
import { indexRows, rowKeyer } from "../privacy/row-keys.ts";
import { comparedScore, notApplicable, notComputable } from "../score.ts";
import { shareRepeated } from "./share-repeated.ts";

const MAX_ROWS = 100_000;
/** Bins of the coarse look, in the details. */
const COARSE_BINS = 10;

/** Whether the synthetic rows repeat each other more than real ones do. */
export const duplicates: Metric = {
  name: "duplicates",
  title: "Duplicates inside the table",
  family: "coverage",
  better: "lower",
  range: [0, 1],
  source: "Share of rows that have an equal row in the same table; of training rows, as many, for the ceiling",
  definitionVersion: 1,
  explains:
    "Whether few rows stand in for many, as in a generator that collapsed to some of its modes; not whether the rows are copies of real ones (see exact-copies).",
  async measure(input) {
    const rows = Math.min(input.train.rows, input.synthetic.rows, MAX_ROWS);
    if (rows < LEAST_ROWS)
      return notComputable(
        duplicates,
        `Each side has ${rows} rows to look for repeats in; an interval needs at least ${LEAST_ROWS}.`,
      );
    const varying = input.train.columns.filter(varies).map(({ name }) => name);
    if (varying.length === 0)
      return notApplicable(duplicates, "No column of the real rows varies: all rows are equal, as they should be.");
    const random = input.random.split("duplicates");
    const part = (table: Table, label: string): Table =>
      takeRows(
        tableOf(
          varying.map((name) => table.columns.find((column) => column.name === name) as Column),
          table.rows,
        ),
        random
          .split(label)
          .shuffle(Uint32Array.from({ length: table.rows }, (_, i) => i))
          .subarray(0, rows),
      );
    const synthetic = part(input.synthetic, "synthetic");
    const fresh = part(input.train, "fresh");
    const keyOf = rowKeyer([fresh, synthetic]);
    const repeats = (table: Table): Estimate => {
      const { group, groups } = indexRows([keyOf(table)]);
      return shareRepeated(group, groups);
    };
    return comparedScore(
      duplicates,
      input,
      { value: repeats(synthetic), ceiling: repeats(fresh), floor: repeats(permuted(fresh, random)) },
      { n: rows, details: { rows, columns: varying.length, inCoarseBins: coarseRepeats(input) } },
    );
  },
};

/** Missing cells and one value are two. */
function varies(column: Column): boolean {
  const cells = column.type === "text" ? column.codes : column.values;
  return cells.some((cell) => !Object.is(cell, cells[0]));
}

/** Every column shuffled by itself. */
function permuted(table: Table, random: Random): Table {
  const order = (name: string): Uint32Array =>
    random
      .split("floor")
      .split(name)
      .shuffle(Uint32Array.from({ length: table.rows }, (_, i) => i));
  return tableOf(
    table.columns.map((column) => takeColumn(column, order(column.name))),
    table.rows,
  );
}

/** The same with quantities in ten bins and rare labels together: numbers that never repeat exactly may do so nearly. */
function coarseRepeats(input: MetricInput): object | null {
  if (input.frames.reference.rows < LEAST_ROWS) return null;
  const frames = groupFrames(input.frames, input.random.split("coarse"));
  const bins = binColumns(frames, COARSE_BINS);
  const repeats = (side: Grouped): object => {
    const numbers = new Map<string, number>();
    const codes = side.codes.map((own, j) => toBins(own, bins[j] as (typeof bins)[number]));
    const group = Int32Array.from({ length: side.rows }, (_, row) => {
      let key = "";
      for (const own of codes) key += String.fromCharCode(own[row] as number);
      const known = numbers.get(key);
      if (known === undefined) numbers.set(key, numbers.size);
      return known ?? numbers.size - 1;
    });
    return intervalOf(shareRepeated(group, numbers.size), input.level, [0, 1]);
  };
  return { rows: frames.rows, value: repeats(frames.synthetic), ceiling: repeats(frames.ceiling) };
}

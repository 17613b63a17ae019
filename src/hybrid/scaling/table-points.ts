import { type Column, cellOf, columnOf, type NumberColumn, type Table } from "../../data/table.ts";
import { InvalidArgument, InvalidData } from "../../errors.ts";
import { lossOf, type PilotMetric } from "../planner/pilot.ts";
import { GROUP_NAMES, LOSS_NAMES, plainName, SCORE_NAMES, SEED_NAMES, SIZE_NAMES, sizeNamed } from "./column-names.ts";
import type { ScalingPoints } from "./points.ts";

/** Which columns hold what; what is not named is guessed. */
export interface PointColumns {
  readonly size?: string | undefined;
  /** A loss, or a score where `better` is "higher"; in a wide table a word for what its cells are. */
  readonly loss?: string | undefined;
  readonly seedColumn?: string | undefined;
  /** One law for each value. */
  readonly group?: string | undefined;
  /** One row per learner, one column per size. */
  readonly wide?: boolean | undefined;
  readonly better?: "lower" | "higher" | undefined;
  /** What a perfect learner scores; default: 0 for a loss, 1 for a score. */
  readonly perfect?: number | undefined;
}

/** Points by learner, and how the table was understood. */
export interface TablePoints {
  readonly metric: PilotMetric;
  /** In order of appearance. */
  readonly groups: readonly ScalingPoints[];
  readonly columns: {
    readonly size: string | null;
    readonly loss: string | null;
    readonly seed: string | null;
    readonly group: string | null;
    readonly wide: boolean;
  };
}

/** Finds sizes and losses in a table, long (a row per measurement) or wide (a row per learner, a column per size). Empty cells are holes.
 * @param notice told of every guess
 * @throws {InvalidArgument} a column that is not there, or that cannot be guessed
 * @throws {InvalidData} no measurement; the same measurement twice; a size of 0 or less in a long table */
export function pointsOf(table: Table, columns: PointColumns, notice: (message: string) => void): TablePoints {
  const sized = table.columns.filter(
    (column): column is NumberColumn => column.type === "number" && sizeNamed(column.name) !== null,
  );
  const wide = columns.wide ?? (columns.size === undefined && sized.length >= 3);
  if (wide && sized.length === 0)
    throw new InvalidArgument(
      "no-size-columns",
      "No column is named by a size, as a wide table's are (200, 400, 800, …).",
      {
        advice: `The columns are: ${listed(table)}. Leave --wide out for a table with a row per measurement.`,
      },
    );
  return wide ? wideOf(table, { columns, sized, notice }) : longOf(table, { columns, notice });
}

function longOf(
  table: Table,
  of: { readonly columns: PointColumns; readonly notice: (message: string) => void },
): TablePoints {
  const { columns, notice } = of;
  const size = columns.size ?? guessed(table, { names: SIZE_NAMES, what: "sizes", flag: "--size", notice });
  const loss =
    columns.loss ??
    guessed(table, { names: [...LOSS_NAMES, ...SCORE_NAMES], what: "losses", flag: "--loss", notice, not: size });
  const seed = columns.seedColumn ?? named(table, SEED_NAMES)?.name ?? null;
  const group = columns.group ?? groupGuessed(table, { not: [size, loss, seed], notice });
  const sizes = numbersOf(table, size);
  const values = numbersOf(table, loss);
  const seeds = seed === null ? null : columnOf(table, seed);
  const groups = group === null ? null : columnOf(table, group);
  const rows: Measurement[] = [];
  const seen = new Map<string, number>();
  for (let row = 0; row < table.rows; row++) {
    const [at, value] = [sizes.values[row] as number, values.values[row] as number];
    if (Number.isNaN(at) || Number.isNaN(value)) continue;
    if (at <= 0)
      throw new InvalidData("bad-size", `Column "${size}" (row ${row + 1}) holds ${at}; sizes are above 0.`, {
        advice: "Remove what was measured without training data: it is no point of the law.",
      });
    const name = groups === null ? null : String(cellOf(groups, row) ?? "");
    const key =
      seeds === null
        ? JSON.stringify(table.columns.map((column) => cellOf(column, row)))
        : JSON.stringify([name, at, cellOf(seeds, row)]);
    const before = seen.get(key);
    if (before !== undefined) throw twice(before, row, seed);
    seen.set(key, row);
    rows.push({ group: name, size: at, value });
  }
  told(table.rows - rows.length, "row", notice);
  return gathered(rows, { metric: metricFor(loss, rows, of), columns: { size, loss, seed, group, wide: false } });
}

function wideOf(
  table: Table,
  of: {
    readonly columns: PointColumns;
    readonly sized: readonly NumberColumn[];
    readonly notice: (message: string) => void;
  },
): TablePoints {
  const { columns, sized, notice } = of;
  const named = columns.group ?? table.columns.find(({ type }) => type === "text")?.name ?? null;
  const labels = named === null ? null : columnOf(table, named);
  if (columns.wide === undefined)
    notice(`Read as a wide table: a row is ${named === null ? "a learner" : `one of "${named}"`}, a column a size.`);
  const used = sized.filter((column) => (sizeNamed(column.name) as number) > 0);
  if (used.length < sized.length)
    notice("The column of size 0 is left out: what was measured without training data is no point of the law.");
  const rows: Measurement[] = [];
  const seen = new Map<string, number>();
  let holes = 0;
  for (let row = 0; row < table.rows; row++) {
    const key = JSON.stringify(table.columns.map((column) => cellOf(column, row)));
    const before = seen.get(key);
    if (before !== undefined) throw twice(before, row, null);
    seen.set(key, row);
    const group = labels === null ? (table.rows > 1 ? `row ${row + 1}` : null) : String(cellOf(labels, row) ?? "");
    for (const column of used) {
      const value = column.values[row] as number;
      if (Number.isNaN(value)) holes++;
      else rows.push({ group, size: sizeNamed(column.name) as number, value });
    }
  }
  told(holes, "cell", notice);
  const loss = columns.loss ?? null;
  return gathered(rows, {
    metric: metricFor(loss ?? "loss", rows, of),
    columns: { size: null, loss, seed: null, group: named, wide: true },
  });
}

interface Measurement {
  readonly group: string | null;
  readonly size: number;
  readonly value: number;
}

function gathered(
  rows: readonly Measurement[],
  of: { readonly metric: PilotMetric; readonly columns: TablePoints["columns"] },
): TablePoints {
  if (rows.length === 0)
    throw new InvalidData("no-points", "No row has both a size and a loss.", { advice: "Check the two columns." });
  const byGroup = new Map<string | null, Measurement[]>();
  for (const row of rows) {
    const list = byGroup.get(row.group);
    if (list) list.push(row);
    else byGroup.set(row.group, [row]);
  }
  return {
    ...of,
    groups: [...byGroup].map(([group, list]) => ({
      group,
      sizes: Float64Array.from(list, ({ size }) => size),
      losses: Float64Array.from(list, ({ value }) => lossOf(of.metric, value)),
    })),
  };
}

/** Which way is better, and where perfect is: as told, or by the column's name. */
function metricFor(
  name: string,
  rows: readonly Measurement[],
  of: { readonly columns: PointColumns; readonly notice: (message: string) => void },
): PilotMetric {
  const { columns, notice } = of;
  const looksHigher = SCORE_NAMES.includes(plainName(name));
  const better = columns.better ?? (looksHigher || (columns.perfect ?? 0) > 0 ? "higher" : "lower");
  const highest = rows.reduce((most, { value }) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const perfect = columns.perfect ?? (better === "lower" ? 0 : highest <= 1 ? 1 : 100);
  if (better === "higher" && (columns.better === undefined || columns.perfect === undefined))
    notice(
      `"${name}" is taken for a score, higher is better and ${perfect} perfect; a law is fitted to ${perfect} − score. Say otherwise with --better and --perfect.`,
    );
  return { name, better, perfect };
}

function guessed(
  table: Table,
  of: {
    readonly names: readonly string[];
    readonly what: string;
    readonly flag: string;
    readonly notice: (message: string) => void;
    readonly not?: string;
  },
): string {
  const found = named(table, of.names, (column) => column.type === "number" && column.name !== of.not);
  if (!found) {
    // A column that is called so and holds text is told from one that is not there.
    const text = named(table, of.names, (column) => column.name !== of.not);
    if (text) numbersOf(table, text.name);
    throw new InvalidArgument(`no-${of.flag.slice(2)}-column`, `No column looks like the ${of.what}.`, {
      advice: `Name it with ${of.flag}. The columns are: ${listed(table)}.`,
    });
  }
  // Of a score it is said with which way is better.
  if (plainName(found.name) !== of.names[0] && !SCORE_NAMES.includes(plainName(found.name)))
    of.notice(`Column "${found.name}" is taken for the ${of.what} (${of.flag} says otherwise).`);
  return found.name;
}

function groupGuessed(
  table: Table,
  of: { readonly not: readonly (string | null)[]; readonly notice: (message: string) => void },
): string | null {
  const others = table.columns.filter((column) => column.type === "text" && !of.not.includes(column.name));
  const several = others.filter((column) => column.type === "text" && new Set(column.codes).size > 1);
  const found = named({ rows: table.rows, columns: several }, GROUP_NAMES);
  if (found) {
    of.notice(`One law for each value of "${found.name}" (--group says otherwise).`);
    return found.name;
  }
  for (const { name } of several)
    of.notice(`Column "${name}" is not used; where its values are different learners, name it with --group.`);
  return null;
}

function named(
  table: Table,
  names: readonly string[],
  fits: (column: Column) => boolean = () => true,
): Column | undefined {
  const candidates = table.columns.filter(fits);
  for (const name of names) {
    const found = candidates.find((column) => plainName(column.name) === name);
    if (found) return found;
  }
  return undefined;
}

function numbersOf(table: Table, name: string): NumberColumn {
  const column = columnOf(table, name);
  if (column.type === "number") return column;
  throw new InvalidData("not-numbers", `Column "${name}" does not hold numbers.`, {
    advice:
      column.type === "text" && column.dictionary.length > 0
        ? `It holds, for one, "${column.dictionary[0]}".`
        : "Name another column.",
  });
}

function twice(first: number, second: number, seed: string | null): InvalidData {
  return new InvalidData(
    "same-point-twice",
    seed === null
      ? `Rows ${first + 1} and ${second + 1} are the same.`
      : `Rows ${first + 1} and ${second + 1} have the same size and the same "${seed}".`,
    {
      advice:
        seed === null
          ? "Remove one; where they are two runs that came out alike, add a column with their seeds."
          : "Remove one, or name another column with --seed-column.",
    },
  );
}

function told(holes: number, what: string, notice: (message: string) => void): void {
  if (holes > 0) notice(`${holes} ${what}${holes === 1 ? "" : "s"} without a size or a loss left out.`);
}

function listed(table: Table): string {
  const names = table.columns.map(({ name }) => name);
  return `${names.slice(0, 30).join(", ")}${names.length > 30 ? ", …" : ""}`;
}

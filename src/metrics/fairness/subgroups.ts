import { type Column, columnOf, lengthOf, type Table } from "../../data/table.ts";
import { isQuantity, schemaOf } from "../../schema/schema.ts";
import type { MetricInput } from "../metric.ts";

/** Fewest real people (rows, where nobody said whose they are) that make a subgroup. */
export const LEAST_PEOPLE = 30;

/** Combinations of at most so many protected attributes. */
const MOST_ATTRIBUTES = 3;

/** Beyond so many sets of attributes, so many of them times the distinct rows, or so many subgroups, smaller combinations only. */
const MOST_SETS = 300;
const MOST_CELLS = 200_000;
const MOST_GROUPS = 2000;

/** A quantity of more values than bands is cut at the quartiles of the real rows. */
const BANDS = 4;

/** A protected attribute as levels. */
export interface Attribute {
  readonly name: string;
  /** "sex = f", "age ≤ 28", "race missing"; the level beyond the last is a label that no real row holds. */
  readonly levels: readonly string[];
  levelsOf(column: Column): Int32Array;
}

/** Declared protected attributes with at least two levels among the real rows, but those named. */
export function protectedAttributes(input: MetricInput, without: readonly string[] = []): readonly Attribute[] {
  const { train, holdout, purpose, schema } = input;
  const held = new Set(train.columns.map(({ name }) => name));
  const names = [...new Set(purpose.protectedAttributes)].filter((name) => held.has(name) && !without.includes(name));
  return names
    .map((name) => {
      const parts = [columnOf(train, name), ...(holdout ? [columnOf(holdout, name)] : [])];
      const quantity = isQuantity(schemaOf(schema, name).kind);
      return (quantity && bandAttribute(name, parts)) || labelAttribute(name, parts);
    })
    .filter(({ levels }) => levels.length > 1);
}

/** Rows by combination of levels, the same numbering for all tables. */
export interface Cells {
  readonly count: number;
  /** Levels of each cell, one per attribute. */
  readonly levels: readonly Int32Array[];
  /** Cell of each row, per table. */
  readonly of: readonly Int32Array[];
}

/** @param tables with the rows of each that count */
export function cellsOf(
  attributes: readonly Attribute[],
  tables: readonly { readonly table: Table; readonly rows: Uint32Array }[],
): Cells {
  const numbers = new Map<string, number>();
  const levels: Int32Array[] = [];
  const of = tables.map(({ table, rows }) => {
    const columns = attributes.map((attribute) => attribute.levelsOf(columnOf(table, attribute.name)));
    return Int32Array.from(rows, (row) => {
      let key = "";
      for (const column of columns) key += `${column[row]},`;
      let cell = numbers.get(key);
      if (cell === undefined) {
        cell = levels.length;
        numbers.set(key, cell);
        levels.push(Int32Array.from(columns, (column) => column[row] as number));
      }
      return cell;
    });
  });
  return { count: levels.length, levels, of };
}

/** Groups of people alike in some protected attributes. */
export interface Subgroups {
  readonly groups: readonly Subgroup[];
  /** For each set of attributes the group of each cell; −1: none. */
  readonly groupOfCell: readonly Int32Array[];
}

export interface Subgroup {
  /** "sex = f, age ≤ 28" */
  readonly name: string;
  readonly attributes: readonly string[];
  /** Real rows. */
  readonly rows: number;
}

/** All subgroups, intersections included, of enough people on the reference side. A combination that holds the same rows as one with fewer attributes
 * is left out.
 * @param reference which of the cells' tables; its people, where they are known */
export function subgroupsOf(
  attributes: readonly Attribute[],
  cells: Cells,
  reference: { readonly table: number; readonly people: Int32Array | undefined },
): Subgroups {
  const rowCells = cells.of[reference.table] as Int32Array;
  const rowsOfCell = new Int32Array(cells.count);
  for (const cell of rowCells) rowsOfCell[cell] = (rowsOfCell[cell] as number) + 1;
  const groups: Subgroup[] = [];
  const groupOfCell: Int32Array[] = [];
  const seen = new Map<string, number>();
  const most = Math.min(MOST_SETS, MOST_CELLS / cells.count);
  for (const set of setsOf(attributes.length, most)) {
    if (groups.length > MOST_GROUPS) break;
    const keys = cells.levels.map((levels) => set.map((a) => `${a}:${levels[a]}`));
    const counts = new Map<string, number>();
    keys.forEach((key, cell) => {
      const joined = key.join();
      counts.set(joined, (counts.get(joined) ?? 0) + (rowsOfCell[cell] as number));
    });
    const people = reference.people && countPeople(keys, rowCells, reference.people);
    const numbers = new Map<string, number>();
    keys.forEach((key, cell) => {
      const joined = key.join();
      const rows = counts.get(joined) as number;
      seen.set(joined, rows);
      if (numbers.has(joined) || (people ? (people.get(joined) ?? 0) : rows) < LEAST_PEOPLE) return;
      const sameAsLarger = key.some((_, i) => seen.get(key.filter((_, j) => j !== i).join()) === rows);
      if (set.length > 1 && sameAsLarger) return;
      numbers.set(joined, groups.length);
      const levels = cells.levels[cell] as Int32Array;
      groups.push({
        name: set.map((a) => (attributes[a] as Attribute).levels[levels[a] as number]).join(", "),
        attributes: set.map((a) => (attributes[a] as Attribute).name),
        rows,
      });
    });
    if (numbers.size > 0) groupOfCell.push(Int32Array.from(keys, (key) => numbers.get(key.join()) ?? -1));
  }
  return { groups, groupOfCell };
}

/** Why there are no subgroups, in words that help; undefined when there is an attribute. */
export function noAttributes(input: MetricInput, attributes: readonly Attribute[]): string | undefined {
  if (input.purpose.protectedAttributes.length === 0)
    return "No protected attributes were declared. Name the columns whose groups must be served alike: --protected sex race, or protectedAttributes in a purpose file.";
  if (attributes.length > 0) return undefined;
  return `Nothing to compare groups by: ${input.purpose.protectedAttributes.join(", ")} ${input.purpose.protectedAttributes.length > 1 ? "have" : "has"} no two values among the real rows, or ${input.purpose.protectedAttributes.length > 1 ? "are" : "is"} the target itself.`;
}

function countPeople(
  keys: readonly (readonly string[])[],
  rowCells: Int32Array,
  people: Int32Array,
): ReadonlyMap<string, number> {
  const joined = keys.map((key) => key.join());
  const sets = new Map<string, Set<number>>();
  rowCells.forEach((cell, row) => {
    const key = joined[cell] as string;
    const set = sets.get(key) ?? new Set();
    if (set.size < LEAST_PEOPLE) sets.set(key, set.add(people[row] as number));
  });
  return new Map([...sets].map(([key, set]) => [key, set.size]));
}

/** Sets of attributes, small ones first: single ones, and combinations as long as all of one size are few enough. */
function setsOf(attributes: number, most: number): readonly (readonly number[])[] {
  const out: number[][] = [];
  let last: number[][] = [[]];
  for (let size = 1; size <= MOST_ATTRIBUTES; size++) {
    last = last.flatMap((set) =>
      Array.from({ length: attributes - ((set.at(-1) ?? -1) + 1) }, (_, i) => [...set, (set.at(-1) ?? -1) + 1 + i]),
    );
    if (size > 1 && out.length + last.length > most) break;
    out.push(...last);
  }
  return out;
}

/** Quartile bands; undefined where values are few, or one side holds no numbers. */
function bandAttribute(name: string, parts: readonly Column[]): Attribute | undefined {
  const values: number[] = [];
  for (const part of parts) {
    if (part.type === "text") return undefined;
    for (const value of part.values) if (!Number.isNaN(value)) values.push(value);
  }
  const sorted = Float64Array.from(values).sort();
  if (new Set(sorted).size <= BANDS) return undefined;
  const isDate = parts.some((part) => part.type === "date");
  // Edges are rounded, so that the name of a band is its whole definition.
  const rounded = (x: number): number => (isDate ? Math.floor(x / DAY) * DAY : Number(x.toPrecision(4)));
  const edges = [0.25, 0.5, 0.75].map((q) => rounded(sorted[Math.floor(q * (sorted.length - 1))] as number));
  const distinct = edges.filter((edge, i) => edge !== edges[i - 1] && edge < (sorted.at(-1) as number));
  const written = (x: number): string => (isDate ? new Date(x).toISOString().slice(0, 10) : String(x));
  const bands = [...distinct, Number.POSITIVE_INFINITY].map((edge, i) => {
    const before = distinct[i - 1];
    if (before === undefined) return `${name} ≤ ${written(edge)}`;
    return edge === Number.POSITIVE_INFINITY
      ? `${name} > ${written(before)}`
      : `${written(before)} < ${name} ≤ ${written(edge)}`;
  });
  const hasMissing = parts.some((part) => part.type !== "text" && part.values.some(Number.isNaN));
  const missing = hasMissing ? bands.length : bands.length + 1;
  return {
    name,
    levels: distinct.length === 0 && !hasMissing ? [name] : [...bands, ...(hasMissing ? [`${name} missing`] : [])],
    levelsOf: (column) => {
      const numbers =
        column.type === "text"
          ? Float64Array.from(column.codes, (code) => (code < 0 ? Number.NaN : Number(column.dictionary[code])))
          : column.values;
      return Int32Array.from(numbers, (value) => {
        if (Number.isNaN(value)) return missing;
        let band = 0;
        while (band < distinct.length && value > (distinct[band] as number)) band++;
        return band;
      });
    },
  };
}

const DAY = 86_400_000;

function labelAttribute(name: string, parts: readonly Column[]): Attribute {
  const levels: string[] = [];
  const numbers = new Map<string | null, number>();
  for (const part of parts)
    for (const label of labelsOf(part))
      if (!numbers.has(label)) {
        numbers.set(label, levels.length);
        levels.push(label === null ? `${name} missing` : `${name} = ${label}`);
      }
  return {
    name,
    levels,
    levelsOf: (column) => Int32Array.from(labelsOf(column), (label) => numbers.get(label) ?? levels.length),
  };
}

/** Cells as labels: a number's label is the number as text; null where the cell is missing. */
export function labelsOf(column: Column): readonly (string | null)[] {
  const out: (string | null)[] = new Array(lengthOf(column));
  if (column.type === "text")
    for (let i = 0; i < out.length; i++) {
      const code = column.codes[i] as number;
      out[i] = code < 0 ? null : (column.dictionary[code] as string);
    }
  else
    for (let i = 0; i < out.length; i++) {
      const value = column.values[i] as number;
      out[i] = Number.isNaN(value) ? null : String(value + 0);
    }
  return out;
}

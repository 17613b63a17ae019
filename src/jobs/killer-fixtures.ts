import { type Column, columnOf, concatRows, type Table, tableOf, takeRows } from "../data/table.ts";
import type { Verdict } from "../policy/decision.ts";
import type { Random } from "../random.ts";
import { isQuantity, schemaOf, type TableSchema } from "../schema/schema.ts";

/** Three parts of one population, of equal size: what a synthesizer would have seen, what it never saw, and what stands in for an ideal release. */
export interface Parts {
  readonly train: Table;
  readonly holdout: Table;
  readonly fresh: Table;
  readonly schema: TableSchema;
}

/** The tables of a case whose right answer is known. */
export interface Case {
  readonly real: Table;
  readonly holdout: Table | undefined;
  readonly synthetic: Table;
}

/** A case with a known right answer, which a judge that can be fooled gets wrong. */
export interface KillerFixture {
  readonly name: string;
  readonly says: string;
  /** Verdicts that are right; "as-fresh": the one that the fresh rows got. */
  readonly right: readonly Verdict[] | "as-fresh";
  /** The rows a side below which it proves nothing. */
  readonly fewestRows?: number;
  /** Nothing where the table has no such column or category. */
  readonly make: (parts: Parts, random: Random) => Case | undefined;
}

const REFUSED = ["refuse"] as const;
const NOT_PASSED = ["refuse", "indeterminate"] as const;
const OUTLIER_FACTOR = 3;

/** Fewest holders in every part for a category to count as common: a hundredth of a part, and thirty. */
const COMMON_SHARE = 0.01;
const COMMON_ROWS = 30;

/** Every fixture; the first is the honest one that others refer to. */
export const killerFixtures: readonly KillerFixture[] = [
  {
    name: "fresh-rows",
    says: "Real rows that nobody trained on, as the synthetic table.",
    right: ["pass"],
    make: ({ train, holdout, fresh }) => ({ real: train, holdout, synthetic: fresh }),
  },
  {
    name: "exact-copy",
    says: "The training rows themselves.",
    right: REFUSED,
    make: ({ train, holdout }) => ({ real: train, holdout, synthetic: train }),
  },
  {
    name: "exact-copy-shuffled",
    says: "The training rows in another order.",
    right: REFUSED,
    make: ({ train, holdout }, random) => ({ real: train, holdout, synthetic: shuffledRows(train, random) }),
  },
  {
    name: "one-percent-verbatim",
    says: "Fresh rows, one in a hundred replaced by a training row.",
    right: REFUSED,
    fewestRows: 3000,
    make: ({ train, holdout, fresh }, random) => ({
      real: train,
      holdout,
      synthetic: withRowsOf(fresh, train, { share: 0.01, random }),
    }),
  },
  {
    name: "independent-columns",
    says: "Fresh rows with every column shuffled by itself.",
    right: REFUSED,
    make: ({ train, holdout, fresh, schema }, random) =>
      columnsJudged(fresh, schema).length < 2
        ? undefined
        : {
            real: train,
            holdout,
            synthetic: mapColumns(fresh, (column) => shuffledColumn(column, random.split(column.name))),
          },
  },
  {
    name: "one-column-shuffled",
    says: "Fresh rows with the best related column shuffled by itself, and no target declared.",
    right: REFUSED,
    make: ({ train, holdout, fresh, schema }, random) => {
      const name = relatedColumn(fresh, schema);
      if (name === undefined) return undefined;
      return {
        real: train,
        holdout,
        synthetic: mapColumns(fresh, (column) =>
          column.name === name ? shuffledColumn(column, random.split(name)) : column,
        ),
      };
    },
  },
  {
    name: "numbers-rescaled",
    says: "Fresh rows with every number times 1000 plus a million.",
    right: REFUSED,
    make: ({ train, holdout, fresh, schema }) =>
      quantities(fresh, schema).length === 0
        ? undefined
        : { real: train, holdout, synthetic: mapNumbers(fresh, schema, (x) => 1000 * x + 1e6) },
  },
  {
    name: "common-category-removed",
    says: "Fresh rows without the holders of the rarest category that every part shows often.",
    right: REFUSED,
    make: ({ train, holdout, fresh, schema }) => {
      const rare = rarestCommonCategory([train, holdout, fresh], schema);
      if (!rare) return undefined;
      const column = columnOf(fresh, rare.column);
      if (column.type !== "text") return undefined;
      const code = column.dictionary.indexOf(rare.label);
      const kept = indices(fresh.rows).filter((row) => column.codes[row] !== code);
      return { real: train, holdout, synthetic: takeRows(fresh, kept) };
    },
  },
  {
    name: "column-missing",
    says: "Fresh rows with one column all missing.",
    right: NOT_PASSED,
    make: ({ train, holdout, fresh, schema }) => {
      const name = columnsJudged(fresh, schema)[0];
      return name === undefined
        ? undefined
        : { real: train, holdout, synthetic: mapColumns(fresh, (c) => (c.name === name ? emptied(c) : c)) };
    },
  },
  {
    name: "column-constant",
    says: "Fresh rows with one column held at a single value.",
    right: NOT_PASSED,
    make: ({ train, holdout, fresh, schema }) => {
      const name = columnsJudged(fresh, schema)[0];
      return name === undefined
        ? undefined
        : { real: train, holdout, synthetic: mapColumns(fresh, (c) => (c.name === name ? held(c) : c)) };
    },
  },
  {
    name: "no-holdout",
    says: "Fresh rows, judged without a holdout.",
    right: ["indeterminate"],
    make: ({ train, fresh }) => ({ real: train, holdout: undefined, synthetic: fresh }),
  },
  {
    name: "rows-shuffled",
    says: "The fresh rows in another order.",
    right: "as-fresh",
    make: ({ train, holdout, fresh }, random) => ({
      real: train,
      holdout,
      synthetic: shuffledRows(fresh, random),
    }),
  },
  {
    name: "columns-reordered",
    says: "Every table with its columns in reverse order.",
    right: "as-fresh",
    make: ({ train, holdout, fresh }) => ({
      real: reversed(train),
      holdout: reversed(holdout),
      synthetic: reversed(fresh),
    }),
  },
  {
    name: "unit-changed",
    says: "One number in another unit (times 1000) in every table.",
    right: "as-fresh",
    make: ({ train, holdout, fresh, schema }) => {
      const [name] = quantities(fresh, schema);
      if (name === undefined) return undefined;
      const change = (table: Table): Table => mapNumbers(table, schema, (x) => 1000 * x, [name]);
      return { real: change(train), holdout: change(holdout), synthetic: change(fresh) };
    },
  },
  {
    name: "outlier-added",
    says: "Fresh rows with one number beyond all others.",
    right: "as-fresh",
    make: ({ train, holdout, fresh, schema }) => {
      const [name] = quantities(fresh, schema);
      if (name === undefined) return undefined;
      const column = columnOf(fresh, name);
      if (column.type === "text") return undefined;
      const values = column.values.slice();
      const highest = values.filter((x) => !Number.isNaN(x)).reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
      values[0] = highest > 0 ? highest * OUTLIER_FACTOR : highest + 1;
      return {
        real: train,
        holdout,
        synthetic: mapColumns(fresh, (other) => (other === column ? { ...column, values } : other)),
      };
    },
  },
  {
    name: "real-column-empty",
    says: "One more column that is all missing in every table.",
    right: "as-fresh",
    make: ({ train, holdout, fresh }) => ({
      real: withColumn(train, Number.NaN),
      holdout: withColumn(holdout, Number.NaN),
      synthetic: withColumn(fresh, Number.NaN),
    }),
  },
  {
    name: "real-column-constant",
    says: "One more column that is constant in every table.",
    right: "as-fresh",
    make: ({ train, holdout, fresh }) => ({
      real: withColumn(train, 1),
      holdout: withColumn(holdout, 1),
      synthetic: withColumn(fresh, 1),
    }),
  },
];

/** A table in which rows of another take the place of a share of its own. */
function withRowsOf(table: Table, other: Table, options: { readonly share: number; readonly random: Random }): Table {
  const count = Math.round(options.share * table.rows);
  const kept = options.random.split("kept").sample(table.rows, table.rows - count);
  const arriving = options.random.split("arriving").sample(other.rows, count);
  return concatRows([takeRows(table, kept), takeRows(other, arriving)]);
}

/** Cuts real rows at random into three parts of equal size, at most `most` rows each. */
export function cutInParts(
  table: Table,
  options: { readonly most: number; readonly schema: TableSchema; readonly random: Random },
): Parts {
  const order = options.random.shuffle(indices(table.rows));
  const size = Math.min(options.most, Math.floor(table.rows / 3));
  const part = (index: number): Table => takeRows(table, order.slice(index * size, (index + 1) * size));
  return { train: part(0), holdout: part(1), fresh: part(2), schema: options.schema };
}

function indices(rows: number): Uint32Array {
  return Uint32Array.from({ length: rows }, (_, i) => i);
}

function mapColumns(table: Table, change: (column: Column) => Column): Table {
  return tableOf(table.columns.map(change), table.rows);
}

function mapNumbers(
  table: Table,
  schema: TableSchema,
  change: (value: number) => number,
  names: readonly string[] = quantities(table, schema),
): Table {
  return mapColumns(table, (column) =>
    column.type !== "text" && names.includes(column.name) ? { ...column, values: column.values.map(change) } : column,
  );
}

function shuffledRows(table: Table, random: Random): Table {
  return takeRows(table, random.shuffle(indices(table.rows)));
}

function shuffledColumn(column: Column, random: Random): Column {
  const order = random.shuffle(indices(column.type === "text" ? column.codes.length : column.values.length));
  return column.type === "text"
    ? { ...column, codes: Int32Array.from(order, (row) => column.codes[row] as number) }
    : { ...column, values: Float64Array.from(order, (row) => column.values[row] as number) };
}

function emptied(column: Column): Column {
  return column.type === "text"
    ? { ...column, codes: column.codes.map(() => -1) }
    : { ...column, values: column.values.map(() => Number.NaN) };
}

/** The column at the value of its first row that has one. */
function held(column: Column): Column {
  if (column.type === "text") {
    const code = column.codes.find((at) => at >= 0) ?? -1;
    return { ...column, codes: column.codes.map(() => code) };
  }
  const value = column.values.find((x) => !Number.isNaN(x)) ?? Number.NaN;
  return { ...column, values: column.values.map(() => value) };
}

function reversed(table: Table): Table {
  return tableOf([...table.columns].reverse(), table.rows);
}

function withColumn(table: Table, value: number): Table {
  const name = "added_column";
  return tableOf(
    [...table.columns, { name, type: "number", storage: "double", values: new Float64Array(table.rows).fill(value) }],
    table.rows,
  );
}

function columnsJudged(table: Table, schema: TableSchema): string[] {
  return table.columns
    .map(({ name }) => name)
    .filter((name) => {
      const { kind, drop } = schemaOf(schema, name);
      return !drop && kind !== "identifier" && kind !== "text" && kind !== "constant";
    });
}

/** Names of columns that hold amounts (no dates: a date times 1000 is none). */
function quantities(table: Table, schema: TableSchema): string[] {
  return columnsJudged(table, schema).filter(
    (name) => isQuantity(schemaOf(schema, name).kind) && columnOf(table, name).type === "number",
  );
}

interface Category {
  readonly column: string;
  readonly label: string;
  readonly rows: number;
}

function rarestCommonCategory(parts: readonly Table[], schema: TableSchema): Category | undefined {
  const [first] = parts;
  if (!first) return undefined;
  const least = Math.max(COMMON_ROWS, COMMON_SHARE * first.rows);
  const found: Category[] = [];
  for (const name of columnsJudged(first, schema)) {
    const counts = parts.map((part) => countLabels(columnOf(part, name)));
    for (const label of counts[0]?.keys() ?? []) {
      const rows = Math.min(...counts.map((count) => count.get(label) ?? 0));
      if (rows >= least && rows < first.rows / 2) found.push({ column: name, label, rows });
    }
  }
  return found.sort((a, b) => a.rows - b.rows || (a.column + a.label < b.column + b.label ? -1 : 1))[0];
}

function countLabels(column: Column): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  if (column.type !== "text") return counts;
  for (const code of column.codes) {
    const label = column.dictionary[code];
    if (label !== undefined) counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  return counts;
}

/** The column whose ranks or labels tell most of another's: the largest chi-square share over pairs, each cut into at most eight bins. */
function relatedColumn(table: Table, schema: TableSchema): string | undefined {
  const names = columnsJudged(table, schema).slice(0, 60);
  const bins = names.map((name) => binned(columnOf(table, name)));
  let best: { readonly name: string; readonly strength: number } | undefined;
  for (let a = 0; a < names.length; a++)
    for (let b = 0; b < a; b++) {
      const strength = cramersV(bins[a] as Uint8Array, bins[b] as Uint8Array);
      if (strength > (best?.strength ?? 0.2)) best = { name: names[a] as string, strength };
    }
  return best?.name;
}

const BINS = 8;

function binned(column: Column): Uint8Array {
  if (column.type === "text") {
    const commonest = [...countLabels(column)].sort((a, b) => b[1] - a[1]).slice(0, BINS - 1);
    const binOf = new Map(commonest.map(([label], i) => [column.dictionary.indexOf(label), i]));
    return Uint8Array.from(column.codes, (code) => binOf.get(code) ?? BINS - 1);
  }
  const sorted = column.values.filter((x) => !Number.isNaN(x)).sort();
  const edges = Array.from({ length: BINS - 2 }, (_, i) => sorted[Math.floor(((i + 1) * sorted.length) / (BINS - 1))]);
  return Uint8Array.from(column.values, (x) =>
    Number.isNaN(x) ? BINS - 1 : edges.filter((edge) => edge !== undefined && x >= edge).length,
  );
}

function cramersV(a: Uint8Array, b: Uint8Array): number {
  const joint = new Float64Array(BINS * BINS);
  const rows = new Float64Array(BINS);
  const columns = new Float64Array(BINS);
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    joint[x * BINS + y] = (joint[x * BINS + y] as number) + 1;
    rows[x] = (rows[x] as number) + 1;
    columns[y] = (columns[y] as number) + 1;
  }
  let sum = 0;
  for (let x = 0; x < BINS; x++)
    for (let y = 0; y < BINS; y++) {
      const expected = ((rows[x] as number) * (columns[y] as number)) / a.length;
      if (expected > 0) sum += ((joint[x * BINS + y] as number) - expected) ** 2 / expected;
    }
  const levels = Math.min(rows.filter(Boolean).length, columns.filter(Boolean).length);
  return levels < 2 ? 0 : Math.sqrt(sum / (a.length * (levels - 1)));
}

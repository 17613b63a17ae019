import type { Column, Table } from "../../data/table.ts";
import { InvalidArgument } from "../../errors.ts";
import { fnv } from "../../math/fnv.ts";
import { type ColumnCodec, encodeColumn, MAX_LEVELS } from "../../schema/encode.ts";
import { type ColumnSchema, isQuantity, schemaOf, type TableSchema } from "../../schema/schema.ts";
import type { ColumnPlan, LabelPlan, QuantityPlan } from "../cells/columns.ts";
import { gridUnit, gridValues } from "./grid.ts";

/** A column as a private synthesizer sees it: a domain that no cell has a say in, and the rows as values of it. */
export interface PublicColumn {
  readonly plan: ColumnPlan;
  /** For each row a value of the domain, 0 … size − 1; in shared memory. */
  readonly codes: Uint8Array;
  /** Values of the domain. */
  readonly size: number;
  /** The plan's code of each value of the domain. */
  readonly codeOf: Uint8Array;
}

/** Of a quantity with at most so many values, each is a bin of its own. */
export const MOST_POINTS = 100;

/** Reads the domain of each column from the schema alone, and puts each cell into it by itself: a number outside the range counts as the range's
 * nearer end, a label outside the categories as one of them (by a hash of the label), a missing cell of a column that has none as its first
 * value. So one row more or less is one row of codes more or less.
 * @throws {InvalidArgument} a column whose domain was not declared, or is too large */
export function publicColumns(table: Table, schema: TableSchema): readonly PublicColumn[] {
  return table.columns.map((column) => {
    const plan = publicPlan(column, schemaOf(schema, column.name));
    const codeOf = domainOf(plan, schemaOf(schema, column.name));
    return { plan, codes: valuesIn(column, { plan, codeOf }), size: codeOf.length, codeOf };
  });
}

/** Tokens of the ways in which a cell may be missing; none: it never is. */
export function missingTokens({ missingCodes, nullable }: ColumnSchema): readonly string[] {
  if (missingCodes && missingCodes.length > 0) return [...missingCodes, ...(nullable === true ? [""] : [])];
  return nullable === false ? [] : [""];
}

/** The labels or values that a category may have, as text, in the order of the domain; undefined: not declared. */
export function declaredLabels(
  column: Pick<Column, "type" | "storage">,
  meaning: ColumnSchema,
): readonly string[] | undefined {
  const listed = meaning.order ?? meaning.categories ?? (column.storage === "boolean" ? ["false", "true"] : undefined);
  if (!listed) return undefined;
  const codes = new Set(meaning.missingCodes);
  return [...new Set(listed)].filter((label) => !codes.has(label));
}

function publicPlan(column: Column, meaning: ColumnSchema): ColumnPlan {
  if (column.type === "text") return textPlan(column, meaning);
  return isQuantity(meaning.kind) || meaning.range ? quantityPlan(column, meaning) : numberPlan(column, meaning);
}

function textPlan(column: Column, meaning: ColumnSchema): LabelPlan {
  const labels = declaredLabels(column, meaning);
  if (!labels) throw undeclared(column.name, "categories");
  const codec = codecOf(meaning, { values: labels.length, labels, lower: [], upper: [] });
  return { ...baseOf(column, codec, meaning), ...labelCells(codec, labels.keys()), dictionary: labels };
}

/** A number that stands for a category. */
function numberPlan(column: Column, meaning: ColumnSchema): LabelPlan {
  const labels = declaredLabels(column, meaning);
  if (!labels) throw undeclared(column.name, "categories");
  const values = labels.map(Number);
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0)
    throw new InvalidArgument(
      "bad-domain",
      `Column "${column.name}" holds numbers, and its declared category "${labels[wrong]}" is none.`,
      { advice: "Correct the categories in the schema file." },
    );
  const points = [...new Set(values)].sort((a, b) => a - b);
  const codec = codecOf(meaning, { values: points.length, labels: [], lower: points, upper: points });
  return { ...baseOf(column, codec, meaning), ...labelCells(codec, points.values()), dictionary: [] };
}

function labelCells(codec: ColumnCodec, made: Iterable<number>): Omit<LabelPlan, keyof ReturnType<typeof baseOf>> {
  const cells = new Float64Array(codec.levels).fill(Number.NaN);
  cells.set([...made], codec.missing.length);
  return {
    kind: "labels",
    dictionary: [],
    cells,
    overflowCells: new Float64Array(0),
    overflowTotals: new Float64Array(0),
  };
}

/** Bins of at most so many values are drawn from value by value; of more, evenly between this many places. */
const SINGLE_VALUES = 32;

function quantityPlan(column: Exclude<Column, { type: "text" }>, meaning: ColumnSchema): QuantityPlan {
  const { range } = meaning;
  if (!range) throw undeclared(column.name, "a range");
  const unit = gridUnit(column, meaning);
  const count = gridValues(range, unit);
  const ends = binEndsOf(meaning, { range, unit, count });
  if (!ends) throw undeclared(column.name, `binEnds: its range holds ${count} values, more than ${MOST_POINTS}`);
  const lower = ends.map((_, i) => (i === 0 ? range[0] : Math.min(ends[i] as number, (ends[i - 1] as number) + unit)));
  const codec = codecOf(meaning, { values: ends.length, labels: [], lower, upper: ends });
  const light: number[] = [];
  const common: number[] = [];
  ends.forEach((end, i) => {
    const start = lower[i] as number;
    const values = gridValues([start, end], unit);
    const places = Math.min(values, SINGLE_VALUES);
    const into = values <= SINGLE_VALUES ? common : light;
    for (let k = 0; k < places; k++) {
      const value = places === 1 ? end : start + ((end - start) * k) / (places - 1);
      into.push(k === places - 1 ? end : value);
    }
  });
  const decimals =
    column.type === "number" ? (column.storage === "integer" ? 0 : (meaning.decimals ?? decimalsOf(unit))) : 15;
  return {
    ...baseOf(column, codec, meaning),
    kind: "quantity",
    range,
    unit: column.type === "date" || meaning.roundingUnit !== undefined ? unit : 0,
    decimals,
    light: Float64Array.from(light),
    common: Float64Array.from(common),
    commonTotals: Float64Array.from(common, (_, i) => i + 1),
  };
}

/** Upper ends of the bins: declared, or each value where they are few. */
export function binEndsOf(
  { binEnds }: Pick<ColumnSchema, "binEnds">,
  { range, unit, count }: { readonly range: readonly [number, number]; readonly unit: number; readonly count: number },
): readonly number[] | undefined {
  const [low, high] = range;
  if (binEnds) {
    const inside = binEnds.filter((end) => end >= low && end < high);
    return [...inside, high];
  }
  if (count > MOST_POINTS) return undefined;
  const digits = decimalsOf(unit);
  const rounded = (value: number): number => (digits < 15 ? Number(value.toFixed(digits)) : value);
  return Array.from({ length: count }, (_, i) => (i === count - 1 ? high : rounded(low + i * unit)));
}

/** Decimals in which multiples of a unit are written. */
function decimalsOf(unit: number): number {
  for (let digits = 0; digits < 15; digits++) {
    const scaled = unit * 10 ** digits;
    if (Math.abs(scaled - Math.round(scaled)) < 1e-9 * scaled) return digits;
  }
  return 15;
}

function codecOf(
  meaning: ColumnSchema,
  domain: {
    readonly values: number;
    readonly labels: readonly string[];
    readonly lower: readonly number[];
    readonly upper: readonly number[];
  },
): ColumnCodec {
  const tokens = missingTokens(meaning);
  const missing = tokens.length > 0 ? tokens : [""];
  const levels = missing.length + domain.values + 1;
  if (domain.values === 0)
    throw new InvalidArgument("bad-domain", `Column "${meaning.name}" has no value that is not missing.`, {
      advice: "Declare its categories in the schema file, or leave the column out.",
    });
  if (levels > MAX_LEVELS)
    throw new InvalidArgument(
      "bad-domain",
      `Column "${meaning.name}" has a domain of ${domain.values} values; want at most ${MAX_LEVELS - missing.length - 1}.`,
      { advice: 'Declare fewer categories or bins in the schema file, or leave the column out ("drop: true").' },
    );
  return {
    name: meaning.name,
    ordered: isQuantity(meaning.kind) || meaning.kind === "ordinal" || meaning.kind === "boolean",
    levels,
    missing,
    lower: Float64Array.from(domain.lower),
    upper: Float64Array.from(domain.upper),
    labels: domain.labels,
  };
}

function baseOf(
  column: Column,
  codec: ColumnCodec,
  meaning: ColumnSchema,
): Pick<ColumnPlan, "name" | "codec" | "hasMissing" | "hasTokens" | "type" | "storage" | "format"> {
  return {
    name: column.name,
    codec,
    hasMissing: missingTokens(meaning).length > 0,
    hasTokens: (meaning.missingCodes?.length ?? 0) > 0,
    type: column.type,
    storage: column.storage,
    ...(column.type === "date" && column.format !== undefined ? { format: column.format } : {}),
  };
}

/** The plan's codes that rows can have: those of missing cells where there may be some, and all of the others. */
function domainOf({ codec }: ColumnPlan, meaning: ColumnSchema): Uint8Array {
  const present = codec.missing.length;
  const first = missingTokens(meaning).length > 0 ? 0 : present;
  return Uint8Array.from({ length: codec.levels - 1 - first }, (_, i) => first + i);
}

function valuesIn(
  column: Column,
  { plan, codeOf }: { readonly plan: ColumnPlan; readonly codeOf: Uint8Array },
): Uint8Array {
  const { codec } = plan;
  const first = codeOf[0] as number;
  const unknown = codec.levels - 1;
  const present = codec.missing.length;
  const out = encodeColumn(column, codec);
  const stands =
    column.type === "text" ? column.dictionary.map((label) => present + (fnv(label) % (unknown - present))) : undefined;
  for (let row = 0; row < out.length; row++) {
    const code = out[row] as number;
    // An unknown label keeps within its row: what stands for it depends on nothing else.
    if (code === unknown)
      out[row] = (stands?.[(column as { codes: Int32Array }).codes[row] as number] ?? present) - first;
    else out[row] = code < first ? 0 : code - first;
  }
  return out;
}

function undeclared(name: string, what: string): InvalidArgument {
  return new InvalidArgument("no-public-domain", `Column "${name}" has no public domain: the schema lacks ${what}.`, {
    advice: "Declare it in the schema file, or let a share of epsilon be spent on finding it (completeSchema).",
  });
}

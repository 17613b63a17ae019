import {
  type Column,
  columnOf,
  type DateColumn,
  isMissing,
  lengthOf,
  type NumberColumn,
  type Table,
  tableOf,
} from "../data/table.ts";
import { InvalidData } from "../errors.ts";
import type { Random } from "../random.ts";
import { isCopy } from "./dependencies.ts";
import { type Regenerator, regeneratorOf } from "./identifiers.ts";
import { profileText } from "./profile.ts";
import { type ColumnSchema, schemaOf, type TableSchema } from "./schema.ts";

/** Puts back, in the source's column order, what was not modelled: constants, functions of other columns, missing codes, identifiers.
 *
 * Depends only on the chunk, its first row and the stream: pass the same stream for every chunk of one sample. Made-up identifiers bring
 * a dictionary of their own with each chunk; all other text columns share one.
 * @param startRow index of the chunk's first row in the whole sample */
export type Restore = (chunk: Table, startRow: number, random: Random) => Promise<Table>;

export interface Reduced {
  /** The columns that a synthesizer learns and a metric measures; codes for "missing" have become missing cells. */
  readonly modelled: Table;
  readonly restore: Restore;
  /** What happens to the columns left out, one sentence each: no cell of the data in it. */
  readonly notes: readonly string[];
}

/** Takes out what is not modelled.
 * @param table the rows that may be learned from
 * @param options `all`: every real row, of the holdout too (default: `table`); only identifiers look at it, so that they equal no real value
 * @throws {InvalidData} a column of free text that is neither dropped nor given another kind; nothing left to model */
export function reduceTable(table: Table, schema: TableSchema, options: { readonly all?: Table } = {}): Reduced {
  const meanings = table.columns.map((column) => schemaOf(schema, column.name));
  const texts = meanings.filter(({ kind, drop }) => kind === "text" && !drop).map(({ name }) => `"${name}"`);
  if (texts.length > 0)
    throw new InvalidData(
      "free-text",
      `${texts.length === 1 ? `Column ${texts[0]} holds` : `Columns ${texts.join(", ")} hold`} free text, which is not modelled: it could name persons.`,
      {
        advice: `Leave it out with --drop-text (or "drop: true" in a schema file), or set its kind to "categorical" or "identifier" there.`,
      },
    );
  const notes: string[] = [];
  const modelledNames = new Set(
    meanings.filter((meaning) => isModelled(meaning) && !meaning.functionOf).map(({ name }) => name),
  );
  const lookups = new Map<string, Lookup>();
  for (const { name, functionOf, drop, kind } of meanings) {
    if (!functionOf || drop || !isModelled({ kind })) continue;
    const lookup = modelledNames.has(functionOf.column)
      ? lookupOf(
          columnOf(table, functionOf.column),
          columnOf(table, name),
          cleaned(columnOf(table, functionOf.column), schemaOf(schema, functionOf.column)),
        )
      : undefined;
    // An edited schema may claim what is not so: then the column is modelled like any other.
    if (lookup) {
      lookups.set(name, lookup);
      notes.push(`Column "${name}": follows from "${functionOf.column}", rebuilt from it.`);
    } else {
      modelledNames.add(name);
      notes.push(`Column "${name}": does not follow from "${functionOf.column}" in every row; modelled.`);
    }
  }
  const modelled = tableOf(
    table.columns.flatMap((column, j) =>
      modelledNames.has(column.name) ? [cleaned(column, meanings[j] as ColumnSchema)] : [],
    ),
    table.rows,
  );
  if (modelled.columns.length === 0)
    throw new InvalidData(
      "nothing-to-model",
      `None of the ${table.columns.length} columns can be modelled: all are constant, identifiers or left out.`,
      {
        advice: "Check the kinds with `counterfoil schema <file>` and pass the edited file with --schema.",
      },
    );
  const regenerators = new Map<string, Regenerator>();
  table.columns.forEach((column, j) => {
    const meaning = meanings[j] as ColumnSchema;
    if (meaning.drop) notes.push(`Column "${column.name}": left out.`);
    else if (meaning.kind === "identifier") {
      const regenerator = regeneratorOf(table, {
        column: cleaned(column, meaning),
        schema: meaning,
        parents: modelled.columns,
        avoid: columnOf(options.all ?? table, column.name),
      });
      regenerators.set(column.name, regenerator);
      notes.push(regenerator.note);
    } else if (meaning.kind === "constant") notes.push(`Column "${column.name}": constant, put back as it was.`);
  });
  const onlyCodes = new Set(
    table.columns.flatMap((column, j) =>
      meanings[j]?.missingCodes?.length === 1 && !hasMissing(column) ? [column.name] : [],
    ),
  );
  const declarations = new Map<string, Declaration>();
  for (const column of modelled.columns) {
    const { declaration, note } = declarationOf(column, schemaOf(schema, column.name));
    if (declaration) declarations.set(column.name, declaration);
    if (note) notes.push(note);
  }
  const dictionaries = new WeakMap<
    readonly string[],
    { readonly dictionary: readonly string[]; readonly index: ReadonlyMap<string, number> }
  >();
  const restore: Restore = async (chunk, startRow, random) => {
    const columns: Column[] = [];
    for (const [j, source] of table.columns.entries()) {
      const meaning = meanings[j] as ColumnSchema;
      if (meaning.drop) continue;
      const stream = random.split(source.name);
      const regenerator = regenerators.get(source.name);
      const lookup = lookups.get(source.name);
      if (regenerator) columns.push(await regenerator.make({ startRow, rows: chunk.rows, random: stream, chunk }));
      else if (meaning.kind === "constant") columns.push(constantColumn(source, chunk.rows, stream.split(startRow)));
      else if (lookup)
        columns.push(lookup(columnOf(chunk, (meaning.functionOf as { readonly column: string }).column)));
      else {
        const made = withCodes(columnOf(chunk, source.name), source, {
          codes: meaning.missingCodes ?? [],
          only: onlyCodes.has(source.name),
          dictionaries,
        });
        const declared = declarations.get(source.name);
        columns.push(declared ? declared(withFormat(made, source), stream.split(startRow)) : withFormat(made, source));
      }
    }
    return tableOf(columns, chunk.rows);
  };
  return { modelled, restore, notes };
}

function isModelled({ kind, drop }: { readonly kind: ColumnSchema["kind"]; readonly drop?: boolean }): boolean {
  return !drop && kind !== "constant" && kind !== "identifier" && kind !== "text";
}

/** The column with its codes for "missing" as missing cells that remember how they were written. */
function cleaned(column: Column, { missingCodes }: ColumnSchema): Column {
  if (!missingCodes || missingCodes.length === 0 || column.type === "date") return column;
  const written = new Set(missingCodes);
  const isCode =
    column.type === "text"
      ? Uint8Array.from(column.dictionary, (label) => (written.has(label) ? 1 : 0))
      : new Set(missingCodes.map(Number).filter((value) => !Number.isNaN(value)));
  const rows = column.type === "text" ? column.codes.length : column.values.length;
  const tokens = column.missing ? [...column.missing.tokens] : [""];
  const codes = column.missing ? column.missing.codes.slice() : new Uint8Array(rows);
  const place = (token: string): number => {
    const at = tokens.indexOf(token);
    return at >= 0 ? at : tokens.push(token) - 1;
  };
  let changed = false;
  if (column.type === "text") {
    const places = column.dictionary.map((label, code) => ((isCode as Uint8Array)[code] ? place(label) : -1));
    const out = column.codes.slice();
    for (let row = 0; row < rows; row++) {
      const at = (out[row] as number) < 0 ? -1 : (places[out[row] as number] as number);
      if (at < 0) continue;
      out[row] = -1;
      codes[row] = at;
      changed = true;
    }
    return changed ? { ...column, codes: out, missing: { tokens, codes } } : column;
  }
  const out = column.values.slice();
  for (let row = 0; row < rows; row++) {
    const value = out[row] as number;
    if (Number.isNaN(value) || !(isCode as Set<number>).has(value)) continue;
    codes[row] = place(String(value));
    out[row] = Number.NaN;
    changed = true;
  }
  return changed ? { ...column, values: out, missing: { tokens, codes } } : column;
}

/** Puts the codes for "missing" that stood in the source as values back as values. */
function withCodes(
  column: Column,
  source: Column,
  options: {
    readonly codes: readonly string[];
    /** The source has one code and no other missing cell. */
    readonly only: boolean;
    readonly dictionaries: WeakMap<
      readonly string[],
      { readonly dictionary: readonly string[]; readonly index: ReadonlyMap<string, number> }
    >;
  },
): Column {
  if (options.codes.length === 0 || column.type === "date") return column;
  // A model that does not tell one way of being missing from another still gets it right where the source knows only one.
  const missing = options.only
    ? {
        tokens: options.codes,
        codes: new Uint8Array(column.type === "text" ? column.codes.length : column.values.length),
      }
    : column.missing;
  if (!missing) return column;
  // Tokens that the file's reader took as missing already are written back by the writer.
  const mine = missing.tokens.map((token) => options.codes.includes(token) && !source.missing?.tokens.includes(token));
  if (!mine.includes(true)) return column;
  if (column.type === "text") {
    let grown = options.dictionaries.get(column.dictionary);
    if (!grown) {
      const index = new Map(column.dictionary.map((label, code) => [label, code]));
      for (const [i, token] of missing.tokens.entries()) if (mine[i] && !index.has(token)) index.set(token, index.size);
      grown = { dictionary: index.size === column.dictionary.length ? column.dictionary : [...index.keys()], index };
      options.dictionaries.set(column.dictionary, grown);
    }
    const codes = column.codes.slice();
    for (let row = 0; row < codes.length; row++) {
      const token = missing.codes[row] as number;
      if ((codes[row] as number) < 0 && mine[token])
        codes[row] = grown.index.get(missing.tokens[token] as string) ?? -1;
    }
    return { ...column, codes, dictionary: grown.dictionary };
  }
  const values = column.values.slice();
  for (let row = 0; row < values.length; row++) {
    const token = missing.codes[row] as number;
    if (Number.isNaN(values[row]) && mine[token]) values[row] = Number(missing.tokens[token]);
  }
  return { ...column, values };
}

function withFormat(made: Column, source: Column): Column {
  return made.type === "number" && source.type === "number" && source.format
    ? { ...made, format: source.format }
    : made;
}

/** Makes a column hold what was declared and the real one does not. */
type Declaration = (column: Column, random: Random) => Column;

/** What a schema file asks of a column beyond what its real values do: labels outside `categories` are redrawn from those inside, by how often
 * these occur; numbers are rounded to `decimals`, and quantities moved into `range`. */
function declarationOf(
  column: Column,
  meaning: ColumnSchema,
): { readonly declaration?: Declaration; readonly note?: string } {
  const { name, decimals, categories } = meaning;
  if (column.type === "text" && categories) {
    const allowed = new Set(categories);
    const { counts, used, n } = profileText(column);
    let outside = 0;
    for (const code of used) if (!allowed.has(column.dictionary[code] as string)) outside += counts[code] as number;
    if (outside === 0) return {};
    const held = Array.from(used).filter((code) => allowed.has(column.dictionary[code] as string));
    const labels = held.length > 0 ? held.map((code) => column.dictionary[code] as string) : [...categories];
    const weights = held.length > 0 ? held.map((code) => counts[code] as number) : categories.map(() => 1);
    return {
      declaration: (made, random) => redrawn(made, { allowed, labels, weights, random }),
      note: `Column "${name}": ${((100 * outside) / n).toFixed(1)} % of the cells hold labels outside the declared categories; they are redrawn from those inside.`,
    };
  }
  if (column.type === "text") return {};
  const bounded = boundsOf(column, meaning);
  const rounded = column.type === "number" && decimals !== undefined ? roundingOf(column, decimals) : undefined;
  const steps = [rounded, bounded].filter((step) => step !== undefined);
  if (steps.length === 0) return {};
  return {
    declaration: (made) => steps.reduce((so, step) => step.declaration(so), made),
    note: `Column "${name}": ${steps.map((step) => step.note).join("; ")}.`,
  };
}

/** Rows on each side that may lie beyond an inferred range; more, and the range was declared. */
const BEYOND_INFERRED = 4;

function boundsOf(
  column: NumberColumn | DateColumn,
  { range }: ColumnSchema,
): { readonly declaration: (column: Column) => Column; readonly note: string } | undefined {
  if (!range) return undefined;
  const [low, high] = range;
  let below = 0;
  let above = 0;
  for (const value of column.values) {
    if (!Number.isFinite(value)) continue;
    if (value < low) below++;
    else if (value > high) above++;
  }
  if (below <= BEYOND_INFERRED && above <= BEYOND_INFERRED) return undefined;
  const into = (value: number): number => (Number.isFinite(value) ? Math.min(high, Math.max(low, value)) : value);
  return {
    declaration: (made) => (made.type === "text" ? made : { ...made, values: made.values.map(into) }),
    note: `${((100 * (below + above)) / column.values.length).toFixed(1)} % of the cells lie outside the declared range; they are moved to its nearer end`,
  };
}

function roundingOf(
  column: NumberColumn,
  decimals: number,
): { readonly declaration: (column: Column) => Column; readonly note: string } | undefined {
  const round = (value: number): number => {
    const rounded = Number(value.toFixed(Math.min(decimals, 20)));
    return Math.abs(value) < 1e15 ? rounded : value;
  };
  if (column.values.every((value) => Number.isNaN(value) || round(value) === value)) return undefined;
  return {
    declaration: (made) => {
      if (made.type !== "number") return made;
      const { format, ...rest } = made;
      const places = format?.places === undefined ? {} : { places: Math.min(format.places, decimals) };
      return { ...rest, values: made.values.map(round), ...(format ? { format: { ...format, ...places } } : {}) };
    },
    note: `rounded to the declared ${decimals} decimal${decimals === 1 ? "" : "s"}`,
  };
}

function redrawn(
  column: Column,
  options: {
    readonly allowed: ReadonlySet<string>;
    readonly labels: readonly string[];
    readonly weights: readonly number[];
    readonly random: Random;
  },
): Column {
  if (column.type !== "text") return column;
  const { allowed, labels, weights, random } = options;
  const dictionary = [...new Set([...column.dictionary, ...labels])];
  const places = new Map(dictionary.map((label, code) => [label, code]));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const codes = column.codes.map((code) => {
    if (code < 0 || allowed.has(column.dictionary[code] as string)) return code;
    let at = random.uniform() * total;
    let k = 0;
    while (k < labels.length - 1 && at >= (weights[k] as number)) at -= weights[k++] as number;
    return places.get(labels[k] as string) as number;
  });
  return { ...column, codes, dictionary };
}

function hasMissing(column: Column): boolean {
  const rows = column.type === "text" ? column.codes.length : column.values.length;
  for (let row = 0; row < rows; row++) if (isMissing(column, row)) return true;
  return false;
}

function constantColumn(source: Column, rows: number, random: Random): Column {
  const total = source.type === "text" ? source.codes.length : source.values.length;
  let held = -1;
  let missing = 0;
  for (let row = 0; row < total; row++) {
    if (isMissing(source, row)) missing++;
    else if (held < 0) held = row;
  }
  const share = held < 0 ? 1 : missing / total;
  const empty = (): boolean => share > 0 && random.uniform() < share;
  if (source.type === "text") {
    const code = held < 0 ? -1 : (source.codes[held] as number);
    return { ...source, ...plainMissing(rows), codes: Int32Array.from({ length: rows }, () => (empty() ? -1 : code)) };
  }
  const value = held < 0 ? Number.NaN : (source.values[held] as number);
  return {
    ...source,
    ...plainMissing(rows),
    values: Float64Array.from({ length: rows }, () => (empty() ? Number.NaN : value)),
  };
}

/** Every missing cell is the plain null. */
function plainMissing(rows: number): { readonly missing: NonNullable<Column["missing"]> } {
  return { missing: { tokens: [""], codes: new Uint8Array(rows) } };
}

/** Builds a column from the one it follows from. */
type Lookup = (parent: Column) => Column;

/** Learns which cell of the child goes with each cell of the parent.
 * @param clean the parent as it is modelled
 * @returns undefined when some level of the parent goes with two different cells */
function lookupOf(parent: Column, child: Column, clean: Column): Lookup | undefined {
  if (clean === parent && child.type !== "text" && isCopy(parent, child))
    return (column) => ({
      ...child,
      ...(child.missing ? plainMissing(lengthOf(column)) : {}),
      values: column.type === "text" ? new Float64Array(lengthOf(column)).fill(Number.NaN) : column.values,
    });
  const rows = parent.type === "text" ? parent.codes.length : parent.values.length;
  const rowOf = new Map<string | number, number>();
  for (let row = 0; row < rows; row++) {
    const key = levelKey(clean, row);
    const known = rowOf.get(key);
    if (known === undefined) rowOf.set(key, row);
    else if (!sameCell(child, known, row)) return undefined;
  }
  const numbers = [...rowOf]
    .filter((entry): entry is [number, number] => typeof entry[0] === "number")
    .sort((a, b) => a[0] - b[0]);
  return (column) => {
    const n = column.type === "text" ? column.codes.length : column.values.length;
    const from = new Int32Array(n);
    const cache = new Map<string | number, number>();
    for (let row = 0; row < n; row++) {
      const cell = column.type === "text" ? (column.codes[row] as number) : (column.values[row] as number);
      const isNull = column.type === "text" ? cell < 0 : Number.isNaN(cell);
      const key = isNull ? `missing ${column.missing?.codes[row] ?? 0}` : cell;
      let at = cache.get(key);
      if (at === undefined) {
        at =
          rowOf.get(levelKey(column, row)) ??
          (typeof key === "number" && column.type !== "text" ? nearestRow(numbers, key) : -1);
        cache.set(key, at);
      }
      from[row] = at;
    }
    return gathered(child, from);
  };
}

/** The row of the known number nearest to one that the source does not hold; −1 when there is none. */
function nearestRow(numbers: readonly (readonly [number, number])[], value: number): number {
  let best = -1;
  let distance = Number.POSITIVE_INFINITY;
  for (const [known, row] of numbers) {
    if (Math.abs(known - value) >= distance) continue;
    distance = Math.abs(known - value);
    best = row;
  }
  return best;
}

/** A name of the cell that holds for any table: the label, the number, or the way it is missing. */
function levelKey(column: Column, row: number): string | number {
  if (isMissing(column, row)) return `\u0000${column.missing?.tokens[column.missing.codes[row] as number] ?? ""}`;
  return column.type === "text"
    ? (column.dictionary[column.codes[row] as number] as string)
    : (column.values[row] as number);
}

function sameCell(column: Column, a: number, b: number): boolean {
  if (isMissing(column, a) || isMissing(column, b))
    return (
      isMissing(column, a) &&
      isMissing(column, b) &&
      (column.missing?.codes[a] ?? 0) === (column.missing?.codes[b] ?? 0)
    );
  return column.type === "text" ? column.codes[a] === column.codes[b] : column.values[a] === column.values[b];
}

/** Cells of the column at these rows; missing at −1. */
function gathered(column: Column, from: Int32Array): Column {
  const n = from.length;
  const missing = column.missing && {
    tokens: column.missing.tokens,
    codes: Uint8Array.from(from, (row) =>
      row < 0 ? 0 : ((column.missing as { readonly codes: Uint8Array }).codes[row] as number),
    ),
  };
  const base = missing ? { missing } : {};
  if (column.type === "text") {
    const codes = new Int32Array(n);
    for (let i = 0; i < n; i++) codes[i] = (from[i] as number) < 0 ? -1 : (column.codes[from[i] as number] as number);
    return { ...column, ...base, codes };
  }
  const values = new Float64Array(n);
  for (let i = 0; i < n; i++)
    values[i] = (from[i] as number) < 0 ? Number.NaN : (column.values[from[i] as number] as number);
  return { ...column, ...base, values };
}

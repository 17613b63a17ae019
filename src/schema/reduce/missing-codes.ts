import { type Column, isMissing, lengthOf } from "../../data/table.ts";
import type { ColumnSchema } from "../schema.ts";

/** How a modelled column writes what is missing. Plain data. */
export interface MissingCodes {
  /** Values that stand for "missing" (labels, or numbers as text). */
  readonly codes: readonly string[];
  /** The source has one code and no other missing cell. */
  readonly only: boolean;
  /** Codes that the file's reader took as missing already: they are written back by the writer. */
  readonly read: readonly string[];
}

/** What has to be put back into a column after sampling; undefined: nothing. */
export function missingCodesOf(column: Column, { missingCodes }: ColumnSchema): MissingCodes | undefined {
  if (!missingCodes || missingCodes.length === 0 || column.type === "date") return undefined;
  return {
    codes: missingCodes,
    only: missingCodes.length === 1 && !hasMissing(column),
    read: column.missing?.tokens ?? [],
  };
}

function hasMissing(column: Column): boolean {
  const rows = lengthOf(column);
  for (let row = 0; row < rows; row++) if (isMissing(column, row)) return true;
  return false;
}

/** The column with its codes for "missing" as missing cells that remember how they were written. */
export function withoutCodes(column: Column, { missingCodes }: ColumnSchema): Column {
  if (!missingCodes || missingCodes.length === 0 || column.type === "date") return column;
  const written = new Set(missingCodes);
  const isCode =
    column.type === "text"
      ? Uint8Array.from(column.dictionary, (label) => (written.has(label) ? 1 : 0))
      : new Set(missingCodes.map(Number).filter((value) => !Number.isNaN(value)));
  const rows = lengthOf(column);
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

/** Dictionaries that codes were added to, so that the chunks of one sample share them. */
export type GrownDictionaries = WeakMap<
  readonly string[],
  { readonly dictionary: readonly string[]; readonly index: ReadonlyMap<string, number> }
>;

/** Puts the codes for "missing" that stood in the source as values back as values. */
export function withCodes(
  column: Column,
  { codes: written, only, read }: MissingCodes,
  dictionaries: GrownDictionaries,
): Column {
  if (column.type === "date") return column;
  // A model that does not tell one way of being missing from another still gets it right where the source knows only one.
  const missing = only
    ? {
        tokens: written,
        codes: new Uint8Array(lengthOf(column)),
      }
    : column.missing;
  if (!missing) return column;
  const mine = missing.tokens.map((token) => written.includes(token) && !read.includes(token));
  if (!mine.includes(true)) return column;
  if (column.type === "text") {
    let grown = dictionaries.get(column.dictionary);
    if (!grown) {
      const index = new Map(column.dictionary.map((label, code) => [label, code]));
      for (const [i, token] of missing.tokens.entries()) if (mine[i] && !index.has(token)) index.set(token, index.size);
      grown = { dictionary: index.size === column.dictionary.length ? column.dictionary : [...index.keys()], index };
      dictionaries.set(column.dictionary, grown);
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

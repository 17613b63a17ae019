import type { Column, DateColumn, NumberColumn, TextColumn } from "../../data/table.ts";
import type { Random } from "../../random.ts";
import { profileText } from "../profile.ts";
import type { ColumnSchema } from "../schema.ts";

/** What a schema file asks of a column beyond what its real values do. Plain data. */
export type Declared = DeclaredCategories | DeclaredNumbers;

/** Labels outside `allowed` are redrawn. */
export interface DeclaredCategories {
  readonly kind: "categories";
  readonly allowed: readonly string[];
  /** Those to draw from, and how often each occurs. */
  readonly labels: readonly string[];
  readonly weights: readonly number[];
}

/** Numbers are rounded to `decimals`, and quantities moved into `range`. */
export interface DeclaredNumbers {
  readonly kind: "numbers";
  readonly decimals?: number;
  readonly range?: readonly [number, number];
}

/** What of the declarations the real column does not hold itself; `declared` is absent where it holds all. */
export function declaredOf(
  column: Column,
  meaning: ColumnSchema,
): { readonly declared?: Declared; readonly note?: string } {
  if (column.type === "text") return declaredCategories(column, meaning);
  const { name, decimals, range } = meaning;
  const rounded = column.type === "number" && decimals !== undefined && isFiner(column, decimals);
  const outside = range ? outsideShare(column, range) : 0;
  const notes = [
    ...(rounded ? [`rounded to the declared ${decimals} decimal${decimals === 1 ? "" : "s"}`] : []),
    ...(outside > 0
      ? [
          `${(100 * outside).toFixed(1)} % of the cells lie outside the declared range; they are moved to its nearer end`,
        ]
      : []),
  ];
  if (notes.length === 0) return {};
  return {
    declared: {
      kind: "numbers",
      ...(rounded ? { decimals } : {}),
      ...(range && outside > 0 ? { range } : {}),
    },
    note: `Column "${name}": ${notes.join("; ")}.`,
  };
}

/** The column as it was declared. */
export function asDeclared(column: Column, declared: Declared, random: Random): Column {
  if (declared.kind === "categories") return column.type === "text" ? redrawn(column, declared, random) : column;
  const { decimals, range } = declared;
  const whole = decimals !== undefined && column.type === "number" ? roundedTo(column, decimals) : column;
  return range && whole.type !== "text" ? { ...whole, values: whole.values.map((value) => into(value, range)) } : whole;
}

function declaredCategories(
  column: TextColumn,
  { name, categories }: ColumnSchema,
): { readonly declared?: Declared; readonly note?: string } {
  if (!categories) return {};
  const allowed = new Set(categories);
  const { counts, used, n } = profileText(column);
  let outside = 0;
  for (const code of used) if (!allowed.has(column.dictionary[code] as string)) outside += counts[code] as number;
  if (outside === 0) return {};
  const held = Array.from(used).filter((code) => allowed.has(column.dictionary[code] as string));
  const labels = held.length > 0 ? held.map((code) => column.dictionary[code] as string) : [...categories];
  const weights = held.length > 0 ? held.map((code) => counts[code] as number) : categories.map(() => 1);
  return {
    declared: { kind: "categories", allowed: categories, labels, weights },
    note: `Column "${name}": ${((100 * outside) / n).toFixed(1)} % of the cells hold labels outside the declared categories; they are redrawn from those inside.`,
  };
}

/** Rows on each side that may lie beyond an inferred range; more, and the range was declared. */
const BEYOND_INFERRED = 4;

/** Share of the cells outside a declared range; 0 for an inferred one. */
function outsideShare(column: NumberColumn | DateColumn, [low, high]: readonly [number, number]): number {
  let below = 0;
  let above = 0;
  for (const value of column.values) {
    if (!Number.isFinite(value)) continue;
    if (value < low) below++;
    else if (value > high) above++;
  }
  return below <= BEYOND_INFERRED && above <= BEYOND_INFERRED ? 0 : (below + above) / column.values.length;
}

function into(value: number, [low, high]: readonly [number, number]): number {
  return Number.isFinite(value) ? Math.min(high, Math.max(low, value)) : value;
}

function isFiner(column: NumberColumn, decimals: number): boolean {
  return !column.values.every((value) => Number.isNaN(value) || rounded(value, decimals) === value);
}

function rounded(value: number, decimals: number): number {
  return Math.abs(value) < 1e15 ? Number(value.toFixed(Math.min(decimals, 20))) : value;
}

function roundedTo(column: NumberColumn, decimals: number): NumberColumn {
  const { format, ...rest } = column;
  const places = format?.places === undefined ? {} : { places: Math.min(format.places, decimals) };
  return {
    ...rest,
    values: column.values.map((value) => rounded(value, decimals)),
    ...(format ? { format: { ...format, ...places } } : {}),
  };
}

function redrawn(column: TextColumn, { allowed: inside, labels, weights }: DeclaredCategories, random: Random): Column {
  const allowed = new Set(inside);
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

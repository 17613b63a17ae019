import { type Column, isMissing, type NumberColumn, type TextColumn } from "../../data/table.ts";
import { InvalidArgument } from "../../errors.ts";
import { levelsOf, profileText, sampleLabels } from "../profile.ts";
import type { ColumnSchema } from "../schema.ts";
import { cellText } from "./cell-text.ts";
import { type CodeFormat, learnFormats } from "./formats.ts";
import { DEFAULT_LOCALE } from "./locale.ts";
import { type PeopleStyle, styleOf } from "./style.ts";
import { learnTemplates, type Template } from "./template.ts";

/** What is learned of an identifier column: its format and its counts, none of its values. Plain data. */
export interface IdentifierRecord {
  readonly name: string;
  readonly type: "number" | "text";
  readonly unique: boolean;
  readonly missingShare: number;
  /** Different values that the source holds. */
  readonly distinct: number;
  /** Rows per value, one entry per value; for keys whose rows stand in groups. */
  readonly groupSizes?: Uint32Array;
  readonly values: IdentifierValues;
}

export type IdentifierValues = NumberedValues | CodeValues | PeopleValues;

/** Numbered on from beyond the source's largest number. */
export interface NumberedValues {
  readonly kind: "numbered";
  /** The letters before the number. */
  readonly prefix: string;
  /** One below the first number made: rounded up, so that it does not give the largest real number away. */
  readonly start: number;
}

/** Codes in the source's formats. */
export interface CodeValues {
  readonly kind: "codes";
  readonly formats: readonly CodeFormat[];
  readonly link?: FormatLink;
}

/** Names, places, mail and web addresses from the word lists of a locale. */
export interface PeopleValues {
  readonly kind: "people";
  readonly locale: string;
  readonly style: PeopleStyle;
}

/** A column whose cell decides the format. */
export interface FormatLink {
  readonly column: string;
  readonly formats: readonly { readonly level: string; readonly format: number }[];
}

/** Learns the format of an identifier column.
 * @param parents columns a key's fixed letters may depend on
 * @param avoid the distinct values of all real rows, of the holdout too: numbering goes on beyond them
 * @returns the record, and a note of what was decided for the report: no cell of the data in it
 * @throws {InvalidArgument} a column of dates */
export function learnIdentifier(
  column: Column,
  options: { readonly schema: ColumnSchema; readonly parents: readonly Column[]; readonly avoid: readonly string[] },
): { readonly record: IdentifierRecord; readonly note: string } {
  const { schema, parents, avoid } = options;
  const identifier = schema.identifier ?? { type: "key" as const, unique: true };
  if (column.type === "date")
    throw new InvalidArgument("date-identifier", `Column "${column.name}" holds dates and cannot be an identifier.`, {
      advice: 'Set its kind to "date" or "datetime" in the schema file, or drop it.',
    });
  const rows = column.type === "text" ? column.codes.length : column.values.length;
  let missing = 0;
  for (let row = 0; row < rows; row++) if (isMissing(column, row)) missing++;
  const { values, note } =
    column.type === "number" ? numberValues(column, schema, avoid) : textValues(column, schema, { parents, avoid });
  const groups = !identifier.unique && identifier.type === "key";
  return {
    record: {
      name: column.name,
      type: column.type,
      unique: identifier.unique,
      missingShare: rows > 0 ? missing / rows : 0,
      distinct: distinctCount(column),
      ...(groups ? { groupSizes: groupSizes(column) } : {}),
      values,
    },
    note: `Column "${column.name}": made anew, ${note}${groups ? "; rows of one group stand together, as many as in the source's groups" : ""}.`,
  };
}

interface Learned {
  readonly values: IdentifierValues;
  readonly note: string;
}

/** Rows per value of the column, one entry per value. */
function groupSizes(column: Column): Uint32Array {
  const counts = new Map<number, number>();
  const cells = column.type === "text" ? column.codes : column.values;
  for (let row = 0; row < cells.length; row++)
    if (!isMissing(column, row)) counts.set(cells[row] as number, (counts.get(cells[row] as number) ?? 0) + 1);
  const out = Uint32Array.from(counts.values()).sort();
  return out.length > 0 ? out : Uint32Array.of(1);
}

function distinctCount(column: Column): number {
  if (column.type === "text") return profileText(column).used.length;
  return new Set(column.values.filter((value) => !Number.isNaN(value))).size;
}

function numberValues(column: NumberColumn, schema: ColumnSchema, avoid: readonly string[]): Learned {
  const real = column.values.filter((value) => !Number.isNaN(value)).sort();
  const type = schema.identifier?.type ?? "key";
  const low = real[0] ?? 0;
  const high = real.at(-1) ?? 0;
  const dense = real.length > 0 && (high - low + 1 <= 2 * real.length || rises(column.values));
  if (type === "key" && (dense || real.length < 2 || low < 0))
    return {
      values: {
        kind: "numbered",
        prefix: "",
        start: roundUp(avoid.reduce((most, value) => Math.max(most, Number(value)), high)),
      },
      note: "numbered on from beyond the source's largest number",
    };
  const labels = Array.from(new Set(real), String);
  // One number of digits only: a number takes no suffix that would tell two lengths apart.
  const format: CodeFormat =
    type === "card-number" || type === "national-id"
      ? (learnFormats(type, labels)[0] as CodeFormat)
      : {
          kind: "template",
          suffixed: false,
          ...(learnTemplates(labels.length > 0 ? labels : ["100000"])[0] as Template),
        };
  return { values: { kind: "codes", formats: [format] }, note: "other numbers of as many digits" };
}

function rises(values: Float64Array): boolean {
  let before = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    if (value < before) return false;
    before = value;
  }
  return true;
}

/** The next number that starts a new decade at its own scale (9,105 → 10,000): does not give the largest real number away. */
function roundUp(high: number): number {
  if (high < 10) return 10;
  const unit = 10 ** Math.floor(Math.log10(high));
  return Math.ceil((high + 1) / unit) * unit;
}

function textValues(
  column: TextColumn,
  schema: ColumnSchema,
  { parents, avoid }: { readonly parents: readonly Column[]; readonly avoid: readonly string[] },
): Learned {
  const profile = profileText(column);
  const type = schema.identifier?.type ?? "key";
  const locale = schema.identifier?.locale ?? DEFAULT_LOCALE;
  const style = styleOf(type, sampleLabels(column, profile, 5000));
  if (style)
    return {
      values: { kind: "people", locale, style },
      note: `as ${type === "email" ? "mail addresses" : type === "url" ? "web addresses" : "names and places"} of locale ${locale}`,
    };
  const labels = Array.from(profile.used, (code) => column.dictionary[code] as string);
  const numbered = type === "key" ? prefixedNumbers(labels, avoid) : undefined;
  if (numbered)
    return {
      values: numbered,
      note: "numbered on from beyond the source's largest number, with the same letters before it",
    };
  const formats = learnFormats(type, labels);
  const link = formats.length > 1 ? linkedParent(column, formats, parents) : undefined;
  return {
    values: { kind: "codes", formats, ...(link ? { link } : {}) },
    note: link ? `in the source's format; its letters follow column "${link.column}"` : "in the source's format",
  };
}

/** "k1", "k2", … "k200": one prefix and numbers of different lengths without leading zeros. */
function prefixedNumbers(labels: readonly string[], avoid: readonly string[]): NumberedValues | undefined {
  const prefix = /^\D*/.exec(labels[0] ?? "")?.[0] ?? "";
  let high = 0;
  const lengths = new Set<number>();
  for (const label of labels) {
    if (!label.startsWith(prefix)) return undefined;
    const rest = label.slice(prefix.length);
    if (!/^(0|[1-9]\d{0,14})$/.test(rest)) return undefined;
    lengths.add(rest.length);
    high = Math.max(high, Number(rest));
  }
  if (lengths.size < 2 || high > 100 * labels.length + 1000) return undefined;
  for (const label of avoid) {
    const rest = label.startsWith(prefix) ? Number(label.slice(prefix.length)) : 0;
    if (Number.isSafeInteger(rest)) high = Math.max(high, rest);
  }
  return { kind: "numbered", prefix, start: roundUp(high) };
}

/** A column whose value decides the format ("Type" L, M, H and the first letter of the product's code). */
function linkedParent(
  column: TextColumn,
  formats: readonly CodeFormat[],
  parents: readonly Column[],
): FormatLink | undefined {
  const tests = formats.map((format) => (format.kind === "template" ? format.slots : undefined));
  const formatOf = Int32Array.from(column.dictionary, (label) =>
    tests.findIndex(
      (slots) => slots?.length === label.length && slots.every((slot, i) => slot.length > 1 || slot === label[i]),
    ),
  );
  for (const parent of parents) {
    const levels = levelsOf(parent, 256);
    if (!levels || levels.levels < 2) continue;
    const format = new Map<string, number>();
    let holds = true;
    for (let row = 0; row < column.codes.length && holds; row++) {
      const code = column.codes[row] as number;
      const key = cellText(parent, row);
      if (code < 0 || key === undefined) continue;
      const known = format.get(key);
      if (known === undefined) format.set(key, formatOf[code] as number);
      else holds = known === formatOf[code];
    }
    if (
      holds &&
      new Set(format.values()).size > 1 &&
      ![...format.values()].includes(-1) &&
      levels.counts.every((count) => count >= 5)
    )
      return { column: parent.name, formats: [...format].map(([level, at]) => ({ level, format: at })) };
  }
  return undefined;
}

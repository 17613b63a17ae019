import {
  type Column,
  columnOf,
  type DateColumn,
  isMissing,
  type NumberColumn,
  type Table,
  type TextColumn,
} from "../data/table.ts";
import { InvalidArgument } from "../errors.ts";
import { findCopies, findDependencies } from "./dependencies.ts";
import { allowsKey, isUnnamed, saysId, saysQuantity } from "./header.ts";
import { localeVotes, recognise } from "./identifiers.ts";
import { decimalsOf, numberCodes, roundingUnitOf, spikesOf } from "./numbers.ts";
import {
  MIN_ROWS,
  type NumberProfile,
  profileNumbers,
  profileText,
  safeRange,
  sampleLabels,
  type TextProfile,
} from "./profile.ts";
import type { ColumnSchema, IdentifierType, Kind, TableSchema } from "./schema.ts";
import { averageWords, booleanPair, orderOf, textCodes } from "./texts.ts";

/** What the caller knows about the columns. */
export interface InferOptions {
  /** Columns that are keys, whatever they look like. */
  readonly id?: readonly string[];
  /** The column that says which rows belong to one person: a key with repeats. */
  readonly group?: string;
  /** The column to be predicted: never taken for a key, an identifier or a function of another column. */
  readonly target?: string;
}

/** Below this many values nothing is taken for a key by its values alone: in a small table anything may be distinct. */
const MIN_KEY_ROWS = 20;
const DAY_MS = 86_400_000;

/** Guesses what each column means, with the evidence.
 *
 * A *key* is a column whose values are (nearly) all distinct and look made up: whole numbers that are dense, rise with the rows, or whose header
 * says so ("id", "no", empty); codes with digits in few shapes (with repeats too, while more than half are distinct). With fewer than 20 rows only the header counts, and a number with a
 * fraction is never a key. A column with an "id" header and repeats is a key too if it takes at least 50 values, about one per 20 rows.
 * *Free text* has more than 100 distinct values in more than half of the cells, or six words a cell on average, and is no identifier.
 * @throws {InvalidArgument} an option names a column that is not there, or a date as a key */
export function inferSchema(table: Table, options: InferOptions = {}): TableSchema {
  const ids = new Set([...(options.id ?? []), ...(options.group === undefined ? [] : [options.group])]);
  for (const name of [...ids, ...(options.target === undefined ? [] : [options.target])]) {
    const column = columnOf(table, name);
    if (ids.has(name) && column.type === "date")
      throw new InvalidArgument("date-identifier", `Column "${name}" holds dates and cannot be a key.`, {
        advice: "Name a column of codes or whole numbers.",
      });
    if (ids.has(name) && name === options.target)
      throw new InvalidArgument("target-is-key", `Column "${name}" cannot be both the target and a key.`, {
        advice: "Name another target.",
      });
  }
  // In a file without any header a missing name says nothing about one column.
  const nameless = table.columns.every(({ name }) => isUnnamed(name));
  const guesses = table.columns.map((column) => {
    if (ids.has(column.name)) return keyByOption(column, column.name === options.group ? "group" : "id");
    return inferColumn(column, { isTarget: column.name === options.target, nameless });
  });
  const located = withLocales(table, guesses);
  const modelled = located
    .filter(({ kind }) => kind !== "constant" && kind !== "identifier" && kind !== "text")
    .map(({ name }) => name);
  const dependencies = findDependencies(table, modelled);
  const plain = located.filter(({ name, missingCodes }) => modelled.includes(name) && !missingCodes);
  const copies = findCopies(
    table,
    plain.map(({ name }) => name).filter((name) => !dependencies.has(name)),
  );
  const columns = located.map((column) => {
    const original = column.name === options.target ? undefined : copies.get(column.name);
    if (original !== undefined && original !== options.target)
      return {
        ...column,
        functionOf: { column: original },
        evidence: [...column.evidence, `Equal to "${original}" in all ${table.rows} rows.`],
      };
    const parent = column.name === options.target ? undefined : dependencies.get(column.name);
    if (parent === undefined) return column;
    return {
      ...column,
      functionOf: { column: parent },
      evidence: [
        ...column.evidence,
        `Each value of "${parent}" goes with exactly one value here, in all ${table.rows} rows.`,
      ],
    };
  });
  return { format: "counterfoil-schema/1", columns, notes: notesOf(table) };
}

function notesOf(table: Table): readonly string[] {
  return table.rows < MIN_KEY_ROWS
    ? [`${table.rows} ${table.rows === 1 ? "row is" : "rows are"} too few to be sure of any kind; check them.`]
    : [];
}

function keyByOption(column: Column, option: "group" | "id"): ColumnSchema {
  const distinct = column.type === "text" ? profileText(column).used.length : profileNumbers(column).distinct.length;
  const n = column.type === "text" ? profileText(column).n : profileNumbers(column).n;
  return key(
    column,
    distinct === n,
    option === "group" ? "Named as the group: its values are persons or things with several rows." : "Named as a key.",
  );
}

function key(column: Column, unique: boolean, ...evidence: readonly string[]): ColumnSchema {
  return { name: column.name, kind: "identifier", type: column.type, evidence, identifier: { type: "key", unique } };
}

interface Known {
  readonly isTarget: boolean;
  /** No column of the table has a name. */
  readonly nameless: boolean;
}

function inferColumn(column: Column, known: Known): ColumnSchema {
  if (column.type === "text") return inferText(column, known.isTarget);
  if (column.type === "date") return inferDate(column);
  return inferNumber(column, known);
}

/** How missing cells are written, the plain null aside, and how often. */
function missingTokens(column: Column): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  if (!column.missing) return counts;
  const { tokens, codes } = column.missing;
  for (let row = 0; row < codes.length; row++) {
    if (!isMissing(column, row)) continue;
    const token = tokens[codes[row] as number] ?? "";
    if (token !== "") counts.set(token, (counts.get(token) ?? 0) + 1);
  }
  return counts;
}

/** The share of missing cells, and the ways they are written that 5 rows or more hold. */
function missingEvidence(missing: number, rows: number, written: ReadonlyMap<string, number>): readonly string[] {
  // A column without any value says that itself.
  if (missing === 0 || missing === rows) return [];
  const shown = [...written].filter(([, count]) => count >= MIN_ROWS).map(([token]) => quote(token));
  return [
    `${share(missing, rows)} of the cells are missing${shown.length > 0 ? ` (some are written ${shown.join(", ")})` : ""}.`,
  ];
}

/** One value, or none: constant if it is nearly always there, else its presence is worth modelling. */
function singleValued(
  column: Column,
  n: number,
  missing: number,
): Partial<ColumnSchema> & { readonly kind: Kind; readonly evidence: readonly string[] } {
  if (n === 0) return { kind: "constant", evidence: ["Every cell is missing."] };
  if (n >= MIN_ROWS && missing >= MIN_ROWS)
    return {
      kind: column.type === "date" ? "date" : "categorical",
      evidence: [`One value, in ${share(n, n + missing)} of the rows: whether it is there is modelled.`],
    };
  return {
    kind: "constant",
    evidence: [n + missing >= MIN_ROWS ? "One value throughout." : "Too few rows to hold more than one value."],
  };
}

function inferNumber(column: NumberColumn, { isTarget, nameless }: Known): ColumnSchema {
  const base = { name: column.name, type: "number" as const };
  const all = profileNumbers(column);
  const codes = isTarget ? [] : numberCodes(all);
  const profile = codes.length > 0 ? profileNumbers(column, new Set(codes)) : all;
  const { n, missing, distinct } = profile;
  const tokens = missingTokens(column);
  const missingCodes = [...codes.map(String), ...tokens.keys()];
  const evidence = [...missingEvidence(missing, n + missing, tokens)];
  for (const code of codes)
    evidence.push(`${code} stands far apart from all other values and is frequent: taken as a code for "missing".`);
  const codesField = missingCodes.length > 0 ? { missingCodes } : {};
  if (distinct.length <= 1) return { ...base, ...codesField, ...merged(singleValued(column, n, missing), evidence) };
  // Beyond 2^53 every float64 is whole, and says nothing.
  const whole = distinct.every((value) => Number.isSafeInteger(value));
  if (!isTarget && whole) {
    const identifier = numberIdentifier(column, profile, nameless);
    if (identifier)
      return {
        ...base,
        ...codesField,
        kind: "identifier",
        identifier: identifier.identifier,
        evidence: [...evidence, ...identifier.evidence],
      };
  }
  if (whole && distinct.length === 2 && ((distinct[0] === 0 && distinct[1] === 1) || n >= MIN_KEY_ROWS)) {
    const values = Math.min(...profile.counts) >= MIN_ROWS ? `, ${distinct[0]} and ${distinct[1]}` : "";
    return { ...base, ...codesField, kind: "boolean", decimals: 0, evidence: [...evidence, `Two values${values}.`] };
  }
  const range = safeRange(profile);
  const rangeField = range ? { range } : {};
  if (whole && looksOrdinal(profile))
    return {
      ...base,
      ...codesField,
      ...rangeField,
      kind: "ordinal",
      decimals: 0,
      evidence: [
        ...evidence,
        `${distinct.length} consecutive whole numbers from ${distinct[0] === 0 ? 0 : 1}: grades, not counts.`,
      ],
    };
  if (whole && saysId(column.name) && distinct.length <= 250 && !isTarget)
    return {
      ...base,
      ...codesField,
      kind: "categorical",
      decimals: 0,
      evidence: [...evidence, `The header says that the numbers name something; ${distinct.length} of them.`],
    };
  const decimals = whole ? 0 : decimalsOf(distinct);
  const unit = roundingUnitOf(distinct, decimals);
  const spikes = spikesOf(profile);
  evidence.push(
    whole
      ? `${distinct.length} distinct whole numbers.`
      : `${distinct.length} distinct numbers${decimals === undefined ? "" : ` with up to ${decimals} decimal${decimals === 1 ? "" : "s"}`}.`,
  );
  if (unit !== undefined) evidence.push(`All are multiples of ${unit}.`);
  for (const spike of spikes)
    evidence.push(`${spike.value} is held by ${percent(spike.share)} of the rows, far more often than its neighbours.`);
  return {
    ...base,
    kind: whole ? "integer" : "continuous",
    ...(decimals === undefined ? {} : { decimals }),
    ...(unit === undefined ? {} : { roundingUnit: unit }),
    ...codesField,
    ...(spikes.length > 0 ? { spikes } : {}),
    ...rangeField,
    evidence,
  };
}

/** Grades rather than counts: 3 to 10 consecutive whole numbers from 0 or 1 that do not simply get rarer as they get larger. */
function looksOrdinal({ n, distinct, counts }: NumberProfile): boolean {
  const d = distinct.length;
  if (d < 3 || d > 10 || n < MIN_KEY_ROWS) return false;
  const first = distinct[0] as number;
  if ((first !== 0 && first !== 1) || (distinct[d - 1] as number) - first !== d - 1) return false;
  let falls = 0;
  for (let i = 1; i < d; i++) if ((counts[i] as number) < (counts[i - 1] as number)) falls++;
  return falls < d - 2;
}

interface Found {
  readonly identifier: { readonly type: IdentifierType; readonly unique: boolean };
  readonly evidence: readonly string[];
}

function numberIdentifier(column: NumberColumn, profile: NumberProfile, nameless: boolean): Found | undefined {
  const { n, distinct } = profile;
  const d = distinct.length;
  const low = distinct[0] as number;
  const high = distinct[d - 1] as number;
  const unique = d === n;
  if (low >= 0 && high >= 1000) {
    const step = Math.max(1, Math.floor(d / 2000));
    const sample = Array.from(
      distinct.filter((_, i) => i % step === 0),
      String,
    );
    const found = recognise(sample, column.name);
    if (
      found &&
      ["card-number", "national-id", "phone", "postcode"].includes(found.type) &&
      (found.type !== "postcode" || mostlyRare(profile)) &&
      (d >= MIN_KEY_ROWS || found.type !== "national-id")
    )
      return { identifier: { type: found.type, unique }, evidence: [found.evidence] };
  }
  if (d >= 0.99 * n && n >= 2) {
    const dense = high - low + 1 <= 1.05 * d;
    const reason =
      saysId(column.name) || (allowsKey(column.name) && n >= MIN_KEY_ROWS)
        ? "the header says so"
        : n < MIN_KEY_ROWS || saysQuantity(column.name)
          ? undefined
          : isUnnamed(column.name) && !nameless
            ? "there is no header"
            : dense
              ? "they leave no gaps"
              : rises(column.values)
                ? "they rise from row to row"
                : undefined;
    if (reason)
      return {
        identifier: { type: "key", unique },
        evidence: [`${unique ? "All" : "Nearly all"} ${d} values are different whole numbers, and ${reason}: a key.`],
      };
  }
  if (saysId(column.name) && d >= 50 && d >= n / 20)
    return {
      identifier: { type: "key", unique: false },
      evidence: [`The header says "id"; ${d} values, on average ${(n / d).toFixed(1)} rows each: a key with repeats.`],
    };
  return undefined;
}

function rises(values: Float64Array): boolean {
  let before = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    if (value <= before) return false;
    before = value;
  }
  return true;
}

/** Whether most rows hold a value that fewer than 5 rows hold: such a value would point at a person. */
function mostlyRare({ n, counts }: { readonly n: number; readonly counts: Float64Array }): boolean {
  let rare = 0;
  for (const count of counts) if (count < MIN_ROWS) rare += count;
  return rare > n / 2;
}

function inferDate(column: DateColumn): ColumnSchema {
  const base = { name: column.name, type: "date" as const };
  const profile = profileNumbers(column);
  const { n, missing, distinct } = profile;
  const tokens = missingTokens(column);
  const codesField = tokens.size > 0 ? { missingCodes: [...tokens.keys()] } : {};
  const evidence = [...missingEvidence(missing, n + missing, tokens)];
  if (distinct.length <= 1) return { ...base, ...codesField, ...merged(singleValued(column, n, missing), evidence) };
  const unit = [DAY_MS, 3_600_000, 60_000, 1000].find((ms) => distinct.every((value) => value % ms === 0));
  const days = column.storage === "date" || unit === DAY_MS;
  evidence.push(
    `${distinct.length} distinct ${days ? "days" : "moments"}${column.format ? `, written as ${dateLabel(column.format)}` : ""}.`,
  );
  if (!days && unit !== undefined)
    evidence.push(`All are whole ${unit === 3_600_000 ? "hours" : unit === 60_000 ? "minutes" : "seconds"}.`);
  const range = safeRange(profile);
  return {
    ...base,
    ...codesField,
    kind: days ? "date" : "datetime",
    ...(days ? { roundingUnit: DAY_MS } : unit === undefined ? {} : { roundingUnit: unit }),
    ...(range ? { range } : {}),
    evidence,
  };
}

/** A pattern of strftime for people: "%-m/%-d/%Y %I:%M %p" → "m/d/yyyy hh:mm AM". */
function dateLabel(pattern: string): string {
  const words: Readonly<Record<string, string>> = {
    d: "dd",
    m: "mm",
    Y: "yyyy",
    b: "Mon",
    H: "hh",
    I: "hh",
    M: "mm",
    S: "ss",
    g: "mmm",
    f: "uuuuuu",
    p: "AM",
  };
  return pattern.replace(/%(-?)([a-zA-Z])/g, (whole, short: string, letter: string) => {
    const word = words[letter];
    return word === undefined ? whole : short === "" ? word : word.slice(1);
  });
}

function inferText(column: TextColumn, isTarget: boolean): ColumnSchema {
  const base = { name: column.name, type: "text" as const };
  const all = profileText(column);
  const codes = isTarget ? [] : textCodes(column, all);
  const profile = codes.length > 0 ? profileText(column, new Set(codes)) : all;
  const { n, missing, used } = profile;
  const d = used.length;
  const tokens = new Map([
    ...missingTokens(column),
    ...codes.map((label) => [label, all.counts[column.dictionary.indexOf(label)] as number] as const),
  ]);
  const missingCodes = [...tokens.keys()];
  const evidence = [...missingEvidence(missing, n + missing, tokens)];
  const codesField = missingCodes.length > 0 ? { missingCodes } : {};
  if (d === 0 || (d === 1 && !isPersonal(column, profile)))
    return { ...base, ...codesField, ...merged(singleValued(column, n, missing), evidence) };
  if (!isTarget && column.storage === "text") {
    const found = textIdentifier(column, profile);
    if (found)
      return {
        ...base,
        ...codesField,
        kind: "identifier",
        identifier: found.identifier,
        evidence: [...evidence, ...found.evidence],
      };
  }
  if (column.storage === "boolean" || (d === 2 && booleanPair(column, used)))
    return { ...base, ...codesField, kind: "boolean", evidence: [...evidence, "Two labels that mean yes and no."] };
  const words = averageWords(column, profile);
  if (!isTarget && ((d > 100 && d > n / 2) || (words >= 6 && d > 20 && mostlyRare(profile))))
    return {
      ...base,
      ...codesField,
      kind: "text",
      evidence: [
        ...evidence,
        `${d} distinct values in ${n} cells, ${words.toFixed(1)} words on average, and no format we know: free text.`,
      ],
    };
  const order = orderOf(Array.from(used, (code) => column.dictionary[code] as string));
  if (order) {
    const rare = order.some((label) => (all.counts[column.dictionary.indexOf(label)] as number) < MIN_ROWS);
    return {
      ...base,
      ...codesField,
      kind: "ordinal",
      order,
      evidence: [
        ...evidence,
        rare
          ? `${d} labels with an order.`
          : `${d} labels with an order, from ${quote(order[0] as string)} to ${quote(order.at(-1) as string)}.`,
      ],
    };
  }
  let rare = 0;
  for (const code of used) if ((profile.counts[code] as number) < MIN_ROWS) rare++;
  evidence.push(`${d} distinct labels${rare > 0 ? `, ${rare} of them in fewer than ${MIN_ROWS} rows` : ""}.`);
  return { ...base, kind: "categorical", ...codesField, evidence };
}

/** Whether the labels point at a person, however many rows share them: a constant mail address is still somebody's. */
function isPersonal(column: TextColumn, profile: TextProfile): boolean {
  const found = recognise(sampleLabels(column, profile, 10), column.name);
  return found !== undefined && found.type !== "city" && found.type !== "postcode" && found.type !== "url";
}

function textIdentifier(column: TextColumn, profile: TextProfile): Found | undefined {
  const { n, used } = profile;
  const d = used.length;
  const unique = d === n;
  const sample = sampleLabels(column, profile, 2000);
  const found = recognise(sample, column.name);
  // Places and postcodes that many share are categories; where most are rare they point at persons.
  const shared = found && (found.type === "city" || found.type === "postcode") && !mostlyRare(profile);
  const odd = found?.type === "url" && d <= 50 && !mostlyRare(profile);
  if (found && !shared && !odd) return { identifier: { type: found.type, unique }, evidence: [found.evidence] };
  const coded = areCodes(sample);
  if (coded && d >= 0.99 * n && (n >= MIN_KEY_ROWS || (saysId(column.name) && n >= 2)))
    return {
      identifier: { type: "key", unique },
      evidence: [`${unique ? "All" : "Nearly all"} ${d} values are different codes: a key.`],
    };
  if (coded && d > 100 && d > n / 2)
    return {
      identifier: { type: "key", unique },
      evidence: [`${d} different codes in ${n} cells: a key with repeats.`],
    };
  const single = sample.filter((value) => !/\s/.test(value)).length >= 0.95 * sample.length;
  if (single && saysId(column.name) && d >= 50 && (d >= n / 20 || (unique && d >= 2)))
    return {
      identifier: { type: "key", unique },
      evidence: [
        `The header says "id"; ${d} values, on average ${(n / d).toFixed(1)} rows each: a key${unique ? "" : " with repeats"}.`,
      ],
    };
  // Names of users, of files, of things: whatever they are, none of them is text to be read.
  const words = sample.every((value) => /^\p{L}[\p{L}\d_.\-/@]{0,199}$/u.test(value));
  if (words && unique && n >= 50)
    return { identifier: { type: "key", unique }, evidence: [`All ${d} values are different single words: a key.`] };
  return undefined;
}

/** Whether values look like codes: one word each, most of them with digits, no fractions, dates or times. */
function areCodes(sample: readonly string[]): boolean {
  const shaped = sample.filter(
    (value) =>
      /^[\p{L}\d][\p{L}\d_\-./:#]{0,63}$/u.test(value) &&
      !/^[-+]?\d*\.\d+(e[-+]?\d+)?$/i.test(value) &&
      !/^\d{1,4}[-/.:]\d{1,2}([-/.:]\d{1,4})?(T.*)?$/.test(value),
  );
  return (
    shaped.length >= 0.95 * sample.length && shaped.filter((value) => /\d/.test(value)).length >= 0.7 * sample.length
  );
}

/** Columns of names and places get the locale most of the table's identifiers speak for. */
function withLocales(table: Table, columns: readonly ColumnSchema[]): readonly ColumnSchema[] {
  const votes = new Map<string, number>();
  const identifiers = columns.filter((column) => column.identifier && column.identifier.type !== "key");
  const own = new Map<string, ReadonlyMap<string, number>>();
  for (const { name } of identifiers) {
    const column = columnOf(table, name);
    const found =
      column.type === "text"
        ? localeVotes(sampleLabels(column, profileText(column), 300), name)
        : new Map<string, number>();
    own.set(name, found);
    for (const [locale, weight] of found) votes.set(locale, (votes.get(locale) ?? 0) + weight);
  }
  const best =
    [...votes].filter(([, weight]) => weight >= 0.1).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0] ??
    "en_US";
  return columns.map((column) => {
    if (!column.identifier || column.identifier.type === "key") return column;
    const strong = [...(own.get(column.name) ?? [])].find(([, weight]) => weight >= 0.8)?.[0];
    return {
      ...column,
      identifier: { type: column.identifier.type, locale: strong ?? best, unique: column.identifier.unique },
    };
  });
}

function merged<T extends { readonly evidence: readonly string[] }>(guess: T, evidence: readonly string[]): T {
  return { ...guess, evidence: [...evidence, ...guess.evidence] };
}

function quote(text: string): string {
  return `"${text}"`;
}

function share(part: number, whole: number): string {
  return percent(part / whole);
}

function percent(value: number): string {
  const p = 100 * value;
  return `${p < 1 ? p.toFixed(2) : p < 10 || (p > 99 && p < 100) ? p.toFixed(1) : p.toFixed(0)} %`;
}

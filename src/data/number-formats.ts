import { literal } from "./duckdb.ts";

/** How numbers are written in a text file where they are not plain: "1.234,50 €", "$1,234.50", "45%", or "2.50" with the same number of
 * decimals throughout. Written back the same way. */
export interface NumberFormat {
  readonly decimal: "." | ",";
  /** Between groups of three digits. */
  readonly group: "" | "." | ",";
  readonly prefix: string;
  readonly suffix: string;
  /** Decimals that every cell has, with zeros at the end; absent: as many as the number needs. */
  readonly places?: number;
}

const CURRENCY = "([$€£¥]|EUR|USD|GBP|CHF)";

/** SQL: whether a trimmed text is a number written in some such way. */
export function isWrittenSql(text: string): string {
  const date = `regexp_full_match(${text}, '[0-9]{1,2}[.][0-9]{1,2}[.][0-9]{2,4}')`;
  return `(regexp_full_match(${text}, '[+-]?(${CURRENCY} ?)?[0-9][0-9.,]*( ?(%|${CURRENCY}))?') AND NOT ${date})`;
}

/** SQL: what stands before and after the digits. */
export function affixSql(text: string): { readonly prefix: string; readonly suffix: string } {
  return {
    prefix: `regexp_extract(${text}, '^[+-]?([^0-9+-]*)', 1)`,
    suffix: `regexp_extract(${text}, '([^0-9.,]*)$', 1)`,
  };
}

/** The formats with these affixes, in order of preference.
 * @param comma commas are for decimals: fields are not separated by them */
export function numberFormats(affixes: {
  readonly prefix: string;
  readonly suffix: string;
  readonly comma: boolean;
}): readonly NumberFormat[] {
  const { comma, ...rest } = affixes;
  const points: readonly NumberFormat[] = [
    { decimal: ".", group: "", ...rest },
    { decimal: ".", group: ",", ...rest },
  ];
  const commas: readonly NumberFormat[] = [
    { decimal: ",", group: "", ...rest },
    { decimal: ",", group: ".", ...rest },
  ];
  return comma ? [...commas, ...points] : [...points, ...commas];
}

/** SQL: whether a trimmed text is written so. */
export function matchesSql(text: string, { decimal, group, prefix, suffix }: NumberFormat): string {
  const whole = group === "" ? "(0|[1-9][0-9]*)" : `(0|[1-9][0-9]{0,2}([${group}][0-9]{3})*)`;
  const body = `${whole}([${decimal}][0-9]+)?`;
  return `(${affixSql(text).prefix} = ${literal(prefix)} AND ${affixSql(text).suffix} = ${literal(suffix)} AND regexp_full_match(${bodySql(text)}, '${body}'))`;
}

/** SQL: the number in a text that is written so. */
export function parseSql(text: string, { decimal, group }: NumberFormat): string {
  const sign = `CASE WHEN starts_with(trim(${text}), '-') THEN -1 ELSE 1 END`;
  const plain = group === "" ? bodySql(text) : `replace(${bodySql(text)}, ${literal(group)}, '')`;
  return `(try_cast(replace(${plain}, ${literal(decimal)}, '.') AS DOUBLE) * ${sign})`;
}

/** SQL: how many decimals a text has that is written so. */
export function placesSql(text: string, { decimal }: NumberFormat): string {
  return `length(regexp_extract(${bodySql(text)}, '[${decimal}]([0-9]+)$', 1))`;
}

/** SQL: a number as it is to be written.
 * @param value a float64, not missing
 * @param shortest its shortest plain text */
export function writeSql(value: string, shortest: string, format: NumberFormat): string {
  const { decimal, group, prefix, suffix, places } = format;
  const text =
    places === undefined
      ? shortest
      : `CASE WHEN round(${value}, ${places}) = ${value} THEN format('{:.${places}f}', ${value}) ELSE ${shortest} END`;
  if (decimal === "." && group === "" && prefix === "" && suffix === "") return text;
  const digits = `ltrim(${text}, '-')`;
  const whole = `regexp_extract(${digits}, '^[0-9]+')`;
  const grouped = group === "" ? whole : `replace(format('{:,}', ${whole}::BIGINT), ',', ${literal(group)})`;
  const fraction = `replace(regexp_extract(${digits}, '[.][0-9]+$'), '.', ${literal(decimal)})`;
  return `CASE WHEN regexp_full_match(${text}, '-?[0-9]{1,18}([.][0-9]+)?') THEN CASE WHEN ${value} < 0 THEN '-' ELSE '' END || ${literal(prefix)} || ${grouped} || ${fraction} || ${literal(suffix)} ELSE ${shortest} END`;
}

/** A made-up number in this format, for messages. */
export function exampleOf({ decimal, group, prefix, suffix, places }: NumberFormat): string {
  const fraction = places === 0 ? "" : `${decimal}${"50000000".slice(0, places ?? 1)}`;
  return `${prefix}1${group}234${fraction}${suffix}`;
}

function bodySql(text: string): string {
  return `regexp_extract(${text}, '[0-9][0-9.,]*')`;
}

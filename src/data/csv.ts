import { createReadStream } from "node:fs";
import { InvalidData, throwIfCancelled } from "../errors.ts";

/** How a delimited text file is written. */
export interface Dialect {
  readonly delimiter: string;
  /** What stands before a quote inside quotes: the quote itself, or a backslash. */
  readonly escape: '"' | "\\";
  /** Names as written; blank where the first line holds data. */
  readonly header: readonly string[];
  /** Whether the first line holds names and not data. */
  readonly named: boolean;
}

/** What a whole file was found to hold. */
export interface CsvShape {
  /** Records below the header. */
  readonly records: number;
  readonly lineEnd: "\n" | "\r\n" | "\r" | "mixed";
}

/** Delimiter, quoting and header of a file, from its beginning.
 * @param complete the sample is the whole file
 * @throws {InvalidData} no header can be read */
export function sniffDialect(sample: Buffer, complete: boolean, name: string): Dialect {
  const text = sample.toString("utf8");
  if (text.trim() === "")
    throw new InvalidData("empty-file", `${name} holds nothing but blanks: no header and no rows.`, {
      advice: "Check how the file was made.",
    });
  const escaping = /[^\\]\\"[^,;\t|\r\n]/.test(text) ? "\\" : '"';
  const read = (delimiter: string): string[][] => {
    const records = parseRecords(text, { delimiter, escape: escaping }, 1000);
    if (!complete && records.length > 1 && records.length < 1000) records.pop();
    return records;
  };
  let best: { delimiter: string; share: number; records: readonly (readonly string[])[] } | undefined;
  for (const delimiter of COMMON) {
    const records = read(delimiter);
    const share = regularShare(records);
    if ((records[0]?.length ?? 0) > 1 && share > (best?.share ?? 0)) best = { delimiter, share, records };
  }
  // A rare delimiter is believed only when every line agrees: a space or a colon is in most texts.
  for (const delimiter of best ? [] : RARE) {
    const records = read(delimiter);
    if (records.length > 1 && (records[0]?.length ?? 0) > 1 && regularShare(records) === 1)
      best ??= { delimiter, share: 1, records };
  }
  const { delimiter, records } = best ?? { delimiter: ",", records: read(",") };
  const [first = []] = records;
  const named = !isData(first, records.slice(1));
  return { delimiter, escape: escaping, header: named ? first : first.map(() => ""), named };
}

const NUMBER = /^[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?$/;

/** Whether the first line is a row like the others, so that the file has no line of names. Names may be numbers too, but then years, sizes or
 * positions that rise or fall from column to column; and a word above a column of nothing but numbers is a name. */
function isData(first: readonly string[], below: readonly (readonly string[])[]): boolean {
  const isNumber = (text: string | undefined): boolean => text !== undefined && NUMBER.test(text.trim());
  const filled = first.flatMap((text, j) => (text.trim() === "" ? [] : [j]));
  const numbers = filled.filter((j) => isNumber(first[j]));
  if (numbers.length === 0 || (numbers.length === 1 && filled.length > 1)) return false;
  const isNumeric = (j: number): boolean => {
    const cells = below.map((record) => record[j]?.trim() ?? "").filter((text) => text !== "");
    return cells.length > 0 && cells.every((text) => NUMBER.test(text));
  };
  if (filled.some((j) => !isNumber(first[j]) && isNumeric(j))) return false;
  if (!numbers.every(isNumeric)) return false;
  const values = numbers.map((j) => Number((first[j] as string).trim().replace(",", ".")));
  const rises = values.every((value, i) => i === 0 || value > (values[i - 1] as number));
  const falls = values.every((value, i) => i === 0 || value < (values[i - 1] as number));
  return values.length === 1 || !(rises || falls);
}

/** Names for columns from the header as written: an empty one becomes `column_1` (its position), a repeated one gets `_2`, `_3`, … Names that
 * differ only in case count as repeated, because Parquet and SQL readers take them for one. */
export function nameColumns(header: readonly string[], notice: (message: string) => void): string[] {
  const taken = new Set(header.map((name) => name.trim().toLowerCase()));
  const seen = new Set<string>();
  const unnamed: string[] = [];
  const names = header.map((written, i) => {
    const wanted = written.trim() === "" ? `column_${i + 1}` : written.trim();
    let name = wanted;
    if (written.trim() !== "" && !seen.has(name.toLowerCase())) {
      seen.add(name.toLowerCase());
      return name;
    }
    for (let k = 2; seen.has(name.toLowerCase()) || taken.has(name.toLowerCase()); k++) name = `${wanted}_${k}`;
    seen.add(name.toLowerCase());
    if (written.trim() === "") unnamed.push(`column ${i + 1} is called "${name}"`);
    else notice(`Column ${i + 1} is named "${wanted}" like one before it; it is called "${name}".`);
    return name;
  });
  if (unnamed.length > 0)
    notice(
      `${unnamed.length === 1 ? "A column has" : `${unnamed.length} columns have`} no name: ${unnamed.slice(0, 5).join(", ")}${unnamed.length > 5 ? ", …" : ""}.`,
    );
  return names;
}

const COMMON = [",", ";", "\t", "|"] as const;
const RARE = ["\x01", "\x1f", "^", "~", ":", " "] as const;

/** Share of the records that have as many fields as the header. */
function regularShare(records: readonly (readonly string[])[]): number {
  const want = records[0]?.length ?? 0;
  const same = records.filter((record) => record.length === want).length;
  return records.length === 0 ? 0 : same / records.length;
}

/** The first records of a text; forgiving, since the whole file is checked by {@link scanCsv}. */
function parseRecords(text: string, options: { delimiter: string; escape: string }, limit: number): string[][] {
  const { delimiter, escape: escaping } = options;
  const records: string[][] = [];
  let record: string[] = [];
  let field = "";
  let quoted = false;
  let fresh = true;
  const endField = (): void => {
    record.push(field);
    field = "";
    fresh = true;
  };
  const endRecord = (): void => {
    if (record.length === 0 && field === "" && fresh) return;
    endField();
    records.push(record);
    record = [];
  };
  for (let i = 0; i < text.length && records.length < limit; i++) {
    const c = text[i] as string;
    if (quoted) {
      if (c === escaping && text[i + 1] === '"') field += text[++i];
      else if (c === '"') quoted = false;
      else field += c;
    } else if (c === '"' && fresh) {
      quoted = true;
      fresh = false;
    } else if (c === delimiter) endField();
    else if (c === "\n" || c === "\r") endRecord();
    else if (c === " " && fresh) continue;
    else {
      field += c;
      fresh = false;
    }
  }
  endRecord();
  return records;
}

const NEWLINE = 10;
const RETURN = 13;
const QUOTE = 34;
const BLANK = 32;

/** Reads the whole file byte by byte and checks its shape: every record has as many fields as the header, every quote is closed. The reader
 * that follows is fast but forgiving; this pass is what makes it safe to trust.
 * @throws {InvalidData} names the first line that is wrong, what it has and what was expected */
export async function scanCsv(
  path: string,
  dialect: Dialect,
  options: { readonly name: string; readonly signal?: AbortSignal | undefined },
): Promise<CsvShape> {
  const { name } = options;
  const want = dialect.header.length;
  const delimiter = dialect.delimiter.charCodeAt(0);
  const backslash = dialect.escape === "\\" ? 92 : -1;
  // Where the scan stands: at a field's start · in a bare field · in quotes · after a quote inside quotes · after the closing quote · escaped.
  const START = 0;
  const BARE = 1;
  const QUOTED = 2;
  const CLOSING = 3;
  const CLOSED = 4;
  const ESCAPED = 5;
  let state = START;
  let line = 1;
  let recordLine = 1;
  let quoteLine = 1;
  let fields = 1;
  let bytes = 0;
  let records = dialect.named ? -1 : 0;
  let returns = 0;
  let newlines = 0;
  let pairs = 0;
  let previous = 0;
  const endRecord = (): void => {
    // A blank line is no record; in a file of one column it is a missing cell.
    if (bytes > 0 || want === 1) {
      if (fields !== want && records >= 0) throw ragged(name, recordLine, fields, want, dialect.delimiter);
      records++;
    }
    fields = 1;
    bytes = 0;
    state = START;
  };
  let skip = 3;
  for await (const raw of createReadStream(path, { highWaterMark: 1 << 20 })) {
    throwIfCancelled(options.signal);
    const chunk = raw as Buffer;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] as number;
      if (skip > 0) {
        // The byte-order mark.
        if (byte === [0xef, 0xbb, 0xbf][3 - skip]) {
          skip--;
          continue;
        }
        skip = 0;
      }
      if (state === QUOTED) {
        if (byte === QUOTE) state = CLOSING;
        else if (byte === backslash) state = ESCAPED;
        else if (byte === NEWLINE) line++;
        previous = 0;
        continue;
      }
      if (state === ESCAPED) {
        state = QUOTED;
        continue;
      }
      if (byte === NEWLINE) {
        if (previous === RETURN) pairs++;
        else {
          newlines++;
          endRecord();
        }
        line++;
        recordLine = line;
      } else if (byte === RETURN) {
        returns++;
        endRecord();
        recordLine = line;
      } else if (byte === delimiter) {
        fields++;
        bytes++;
        state = START;
      } else if (state === CLOSING) {
        if (byte === QUOTE && backslash < 0) state = QUOTED;
        else if (byte === BLANK) state = CLOSED;
        else throw afterQuote(name, line);
      } else if (state === CLOSED) {
        if (byte !== BLANK) throw afterQuote(name, line);
      } else {
        bytes++;
        if (byte === QUOTE && state === START) {
          state = QUOTED;
          quoteLine = line;
        } else if (byte !== BLANK) state = BARE;
      }
      previous = byte;
    }
  }
  if (state === QUOTED || state === ESCAPED)
    throw new InvalidData("open-quote", `${name}: the quote opened in line ${quoteLine} is never closed.`, {
      advice: 'Close it, or write a quote inside a field as "".',
    });
  if (bytes > 0) endRecord();
  const lone = returns - pairs;
  const kinds = (newlines > 0 ? 1 : 0) + (pairs > 0 ? 1 : 0) + (lone > 0 ? 1 : 0);
  const lineEnd = kinds > 1 ? "mixed" : pairs > 0 ? "\r\n" : lone > 0 ? "\r" : "\n";
  return { records: Math.max(records, 0), lineEnd };
}

/** The same file with every line end outside quotes written as LF.
 * @yields chunks of bytes */
export async function* unifyLineEnds(path: string, dialect: Dialect): AsyncGenerator<Buffer> {
  const delimiter = dialect.delimiter.charCodeAt(0);
  const backslash = dialect.escape === "\\" ? 92 : -1;
  let quoted = false;
  let escaped = false;
  let fresh = true;
  let previous = 0;
  for await (const raw of createReadStream(path, { highWaterMark: 1 << 20 })) {
    const chunk = raw as Buffer;
    const out = Buffer.alloc(chunk.length);
    let length = 0;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] as number;
      if (quoted) {
        if (escaped) escaped = false;
        else if (byte === backslash) escaped = true;
        else if (byte === QUOTE) quoted = false;
        out[length++] = byte;
      } else if (byte === RETURN) {
        out[length++] = NEWLINE;
        fresh = true;
      } else if (byte === NEWLINE) {
        if (previous !== RETURN) out[length++] = NEWLINE;
        fresh = true;
      } else {
        // A doubled quote closes and opens again at once.
        if (byte === QUOTE && (fresh || previous === QUOTE)) quoted = true;
        fresh = byte === delimiter || (fresh && byte === BLANK);
        out[length++] = byte;
      }
      previous = quoted && byte !== QUOTE ? 0 : byte;
    }
    yield out.subarray(0, length);
  }
}

function ragged(name: string, line: number, got: number, want: number, delimiter: string): InvalidData {
  const shown = delimiter === "\t" ? "tab" : `"${delimiter}"`;
  return new InvalidData(
    "ragged-row",
    `${name} line ${line} has ${got} field${got === 1 ? "" : "s"}; the header names ${want} column${want === 1 ? "" : "s"} (delimiter: ${shown}).`,
    { advice: "Fix the line, or put fields that contain the delimiter in double quotes." },
  );
}

function afterQuote(name: string, line: number): InvalidData {
  return new InvalidData("text-after-quote", `${name} line ${line} has text after a closing quote.`, {
    advice: 'Write a quote inside a quoted field as "".',
  });
}

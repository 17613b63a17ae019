import { type Column, isMissing, type NumberColumn, type Table, type TextColumn } from "../../data/table.ts";
import { InvalidArgument } from "../../errors.ts";
import type { Random } from "../../random.ts";
import { levelsOf, profileText, sampleLabels } from "../profile.ts";
import type { ColumnSchema } from "../schema.ts";
import { type Enumeration, freshValues } from "./enumeration.ts";
import { type Format, formatsOf } from "./formats.ts";
import { DEFAULT_LOCALE, latinLocale, loadFaker } from "./locale.ts";
import { peopleTiers } from "./people.ts";
import { permutation } from "./permutation.ts";
import { learnTemplates, type Template, templateTiers } from "./template.ts";

/** Makes the cells of an identifier column anew for one chunk of synthetic rows. */
export interface Regenerator {
  /** What was decided, for the report: no cell of the data in it. */
  readonly note: string;
  /** @param random of the column, the same for every chunk of one sample
   * @param chunk the modelled columns of these rows */
  make(options: {
    readonly startRow: number;
    readonly rows: number;
    readonly random: Random;
    readonly chunk: Table;
  }): Promise<Column>;
}

/** Groups of rows never cross a multiple of this, so that a chunk can be made without those before it. */
const BLOCK_ROWS = 32_768;

/** Learns the format of an identifier column.
 *
 * Unique columns: row i gets the i-th fresh value (a keyed permutation of the format, see `freshValues`). Columns with repeats that are keys:
 * runs of rows share a value, their lengths drawn from the real group sizes. Other columns with repeats draw from as many fresh values as the
 * source has. Missing cells come back by their share. Nothing depends on how the rows are cut into chunks, except where cells are missing and
 * repeated values fall, which the chunk's first row decides.
 * @param parents columns a key's fixed letters may depend on */
export function regeneratorOf(
  table: Table,
  options: {
    readonly column: Column;
    readonly schema: ColumnSchema;
    readonly parents: readonly Column[];
    /** The column in all real rows, of the holdout too: no value of it is made. Default: `column`. */
    readonly avoid?: Column;
  },
): Regenerator {
  const { column, schema } = options;
  const identifier = schema.identifier ?? { type: "key" as const, unique: true };
  if (column.type === "date")
    throw new InvalidArgument("date-identifier", `Column "${column.name}" holds dates and cannot be an identifier.`, {
      advice: 'Set its kind to "date" or "datetime" in the schema file, or drop it.',
    });
  let missing = 0;
  for (let row = 0; row < table.rows; row++) if (isMissing(column, row)) missing++;
  const missingShare = table.rows > 0 ? missing / table.rows : 0;
  const avoid = realValues(options.avoid ?? column);
  const source =
    column.type === "number"
      ? numberSource(column, schema, avoid)
      : textSource(column, schema, { parents: options.parents, avoid });
  const sizes = identifier.unique || identifier.type !== "key" ? undefined : groupSizes(column);
  const distinct = distinctCount(column);
  let ready: Promise<Draw> | undefined;
  return {
    note: `Column "${column.name}": made anew, ${source.note}${sizes ? "; rows of one group stand together, as many as in the source's groups" : ""}.`,
    async make({ startRow, rows, random, chunk }) {
      ready ??= source.prepare();
      const draw = await ready;
      const here = random.split("cells").split(startRow);
      const empty = missingMask(rows, missingShare, here.split("missing"));
      const numbers = new Float64Array(rows);
      if (identifier.unique) for (let i = 0; i < rows; i++) numbers[i] = startRow + i;
      else if (sizes) groupNumbers(numbers, startRow, sizes, random.split("groups"));
      else {
        // No more different values than the source has.
        const most = Math.max(1, distinct);
        for (let i = 0; i < rows; i++) numbers[i] = Math.floor(here.uniform() * most);
      }
      return draw({ numbers, empty, random, chunk });
    },
  };
}

interface DrawInput {
  /** The number of each row's value. */
  readonly numbers: Float64Array;
  /** 1 where the cell is missing. */
  readonly empty: Uint8Array;
  readonly random: Random;
  readonly chunk: Table;
}

type Draw = (input: DrawInput) => Column;

interface Source {
  readonly note: string;
  prepare(): Promise<Draw>;
}

function missingMask(rows: number, share: number, random: Random): Uint8Array {
  const out = new Uint8Array(rows);
  if (share > 0) for (let i = 0; i < rows; i++) out[i] = random.uniform() < share ? 1 : 0;
  return out;
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

/** Numbers groups: each block of rows fills up with groups of bootstrapped sizes; a block's numbers start where no other block's are. */
function groupNumbers(numbers: Float64Array, startRow: number, sizes: Uint32Array, random: Random): void {
  const end = startRow + numbers.length;
  for (let block = Math.floor(startRow / BLOCK_ROWS); block * BLOCK_ROWS < end; block++) {
    const stream = random.split(block);
    let row = block * BLOCK_ROWS;
    const last = Math.min(end, row + BLOCK_ROWS);
    for (let group = block * BLOCK_ROWS; row < last; group++) {
      const size = sizes[stream.integer(sizes.length)] as number;
      for (let k = 0; k < size && row < last; k++, row++) if (row >= startRow) numbers[row - startRow] = group;
    }
  }
}

function distinctCount(column: Column): number {
  if (column.type === "text") return profileText(column).used.length;
  return new Set(column.values.filter((value) => !Number.isNaN(value))).size;
}

/** The distinct values of a column, as text. */
function realValues(column: Column): readonly string[] {
  if (column.type === "text") return Array.from(profileText(column).used, (code) => column.dictionary[code] as string);
  return Array.from(new Set(column.values.filter((value) => !Number.isNaN(value))), String);
}

function numberSource(column: NumberColumn, schema: ColumnSchema, avoid: readonly string[]): Source {
  const real = column.values.filter((value) => !Number.isNaN(value)).sort();
  const type = schema.identifier?.type ?? "key";
  const low = real[0] ?? 0;
  const high = real.at(-1) ?? 0;
  const column_ = (values: Float64Array): NumberColumn => ({
    name: column.name,
    type: "number",
    storage: "integer",
    values,
  });
  const dense = real.length > 0 && (high - low + 1 <= 2 * real.length || rises(column.values));
  if (type === "key" && (dense || real.length < 2 || low < 0)) {
    const start = roundUp(avoid.reduce((most, value) => Math.max(most, Number(value)), high));
    return {
      note: "numbered on from beyond the source's largest number",
      async prepare() {
        return ({ numbers, empty }) =>
          column_(numbers.map((number, i) => (empty[i] ? Number.NaN : start + 1 + number)));
      },
    };
  }
  const labels = Array.from(new Set(real), String);
  // One number of digits only: a number takes no suffix that would tell two lengths apart.
  const [template] = learnTemplates(labels);
  const values =
    type === "card-number" || type === "national-id"
      ? (formatsOf(type, labels, avoid)[0] as Format).values
      : freshValues(templateTiers((template as Template).slots, false), avoid);
  return {
    note: "other numbers of as many digits",
    async prepare() {
      return ({ numbers, empty, random }) => {
        const value = values.keyed(random.split("values").key);
        return column_(numbers.map((number, i) => (empty[i] ? Number.NaN : Number(value(number).replace(/\D/g, "")))));
      };
    },
  };
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

function textSource(
  column: TextColumn,
  schema: ColumnSchema,
  { parents, avoid }: { readonly parents: readonly Column[]; readonly avoid: readonly string[] },
): Source {
  const profile = profileText(column);
  const labels = Array.from(profile.used, (code) => column.dictionary[code] as string);
  const type = schema.identifier?.type ?? "key";
  const sample = sampleLabels(column, profile, 5000);
  const locale = schema.identifier?.locale ?? DEFAULT_LOCALE;
  const people = PEOPLE.has(type);
  if (people)
    return {
      note: `as ${type === "email" ? "mail addresses" : type === "url" ? "web addresses" : "names and places"} of locale ${locale}`,
      async prepare() {
        const faker = await loadFaker(type === "email" || type === "url" ? latinLocale(locale) : locale);
        const tiers = peopleTiers(type, sample, { faker, locale }) as (t: number) => Enumeration;
        const values = freshValues(tiers, avoid);
        return (input) => textColumn(column, input, [{ share: 1, values }], undefined);
      },
    };
  const sequence = type === "key" ? prefixedSequence(labels, avoid) : undefined;
  if (sequence)
    return {
      note: "numbered on from beyond the source's largest number, with the same letters before it",
      prepare: async () => (input) => textColumn(column, input, [sequence], undefined),
    };
  const weighted = formatsOf(type, labels, avoid);
  const link = weighted.length > 1 ? linkedParent(column, weighted, parents) : undefined;
  return {
    note: link ? `in the source's format; its letters follow column "${link.name}"` : "in the source's format",
    prepare: async () => (input) => textColumn(column, input, weighted, link),
  };
}

const PEOPLE = new Set(["first-name", "last-name", "person-name", "city", "address", "email", "url"]);

/** "k1", "k2", … "k200": one prefix and numbers of different lengths without leading zeros. */
function prefixedSequence(labels: readonly string[], avoid: readonly string[]): Format | undefined {
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
  const start = roundUp(high);
  return { share: 1, values: { capacity: 2 ** 50, keyed: () => (index) => `${prefix}${start + 1 + index}` } };
}

interface Link {
  readonly name: string;
  /** Label or number of the parent → format. */
  readonly format: ReadonlyMap<string, number>;
}

/** A column whose value decides the format ("Type" L, M, H and the first letter of the product's code). */
function linkedParent(column: TextColumn, weighted: readonly Format[], parents: readonly Column[]): Link | undefined {
  const tests = weighted.map(({ slots }) => slots);
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
      const key = keyOf(parent, row);
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
      return { name: parent.name, format };
  }
  return undefined;
}

function keyOf(column: Column, row: number): string | undefined {
  if (isMissing(column, row)) return undefined;
  return column.type === "text" ? column.dictionary[column.codes[row] as number] : String(column.values[row]);
}

function textColumn(
  column: TextColumn,
  input: DrawInput,
  weighted: readonly Format[],
  link: Link | undefined,
): TextColumn {
  const { numbers, empty, random } = input;
  const makers = weighted.map(({ values }, i) => values.keyed(random.split("values").split(i).key));
  const parent = link && input.chunk.columns.find(({ name }) => name === link.name);
  const codes = new Int32Array(numbers.length);
  const dictionary: string[] = [];
  const index = new Map<number, number>();
  // By the value's number, not by the row: one number has one format wherever it occurs.
  const pick = permutation(4294967296, random.split("formats").key);
  for (let i = 0; i < numbers.length; i++) {
    if (empty[i]) {
      codes[i] = -1;
      continue;
    }
    const number = numbers[i] as number;
    const known = index.get(number);
    if (known !== undefined) {
      codes[i] = known;
      continue;
    }
    let format = 0;
    if (weighted.length > 1) {
      const key = parent && keyOf(parent, i);
      const linked = key === undefined ? undefined : link?.format.get(key);
      if (linked !== undefined) format = linked;
      else format = formatAt(pick(number % 4294967296) / 4294967296, weighted);
    }
    index.set(number, dictionary.length);
    codes[i] = dictionary.length;
    dictionary.push((makers[format] as (index: number) => string)(number));
  }
  return { name: column.name, type: "text", storage: "text", codes, dictionary };
}

/** The format whose share of [0, 1) holds u. */
function formatAt(u: number, formats: readonly Format[]): number {
  let format = 0;
  for (let rest = u - (formats[0] as Format).share; rest > 0 && format < formats.length - 1; )
    rest -= (formats[++format] as Format).share;
  return format;
}

import type { Column, Table, TextColumn } from "../../data/table.ts";
import type { Random } from "../../random.ts";
import { cellText } from "./cell-text.ts";
import { type FreshValues, freshValues } from "./enumeration.ts";
import { valuesOf } from "./formats.ts";
import type { IdentifierRecord, IdentifierValues } from "./learn.ts";
import { latinLocale, loadFaker } from "./locale.ts";
import { peopleTiers } from "./people.ts";
import { permutation } from "./permutation.ts";

/** Makes the cells of an identifier column anew for one chunk of synthetic rows.
 * @param random of the column, the same for every chunk of one sample
 * @param chunk the modelled columns of these rows */
export type Regenerator = (options: {
  readonly startRow: number;
  readonly rows: number;
  readonly random: Random;
  readonly chunk: Table;
}) => Promise<Column>;

/** Groups of rows never cross a multiple of this, so that a chunk can be made without those before it. */
const BLOCK_ROWS = 32_768;

/** Makes values of a learned format.
 *
 * Unique columns: row i gets the i-th fresh value (a keyed permutation of the format, see `freshValues`). Columns with repeats that are keys:
 * runs of rows share a value, their lengths drawn from the real group sizes. Other columns with repeats draw from as many fresh values as the
 * source has. Missing cells come back by their share. Nothing depends on how the rows are cut into chunks, except where cells are missing and
 * repeated values fall, which the chunk's first row decides.
 * @param avoid every real value: none of them is made. Without them, in a model that was read from a file, a code or a name may happen to equal
 *   a real one */
export function regeneratorOf(record: IdentifierRecord, avoid: readonly string[]): Regenerator {
  const { unique, missingShare, groupSizes, distinct } = record;
  let ready: Promise<Draw> | undefined;
  return async ({ startRow, rows, random, chunk }) => {
    ready ??= drawOf(record, avoid);
    const draw = await ready;
    const here = random.split("cells").split(startRow);
    const empty = missingMask(rows, missingShare, here.split("missing"));
    const numbers = new Float64Array(rows);
    if (unique) for (let i = 0; i < rows; i++) numbers[i] = startRow + i;
    else if (groupSizes) groupNumbers(numbers, startRow, groupSizes, random.split("groups"));
    else {
      // No more different values than the source has.
      const most = Math.max(1, distinct);
      for (let i = 0; i < rows; i++) numbers[i] = Math.floor(here.uniform() * most);
    }
    return draw({ numbers, empty, random, chunk });
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

function missingMask(rows: number, share: number, random: Random): Uint8Array {
  const out = new Uint8Array(rows);
  if (share > 0) for (let i = 0; i < rows; i++) out[i] = random.uniform() < share ? 1 : 0;
  return out;
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

async function drawOf({ name, type, values }: IdentifierRecord, avoid: readonly string[]): Promise<Draw> {
  const formats = await formatsOf(values, avoid);
  if (type === "text") return (input) => textColumn(name, input, { formats, link: linkOf(values) });
  const numberColumn = (cells: Float64Array): Column => ({ name, type: "number", storage: "integer", values: cells });
  const start = values.kind === "numbered" ? largestOf(values, avoid) : 0;
  if (values.kind === "numbered")
    return ({ numbers, empty }) =>
      numberColumn(numbers.map((number, i) => (empty[i] ? Number.NaN : start + 1 + number)));
  const [{ keyed }] = formats as [WeightedValues];
  return ({ numbers, empty, random }) => {
    const value = keyed(random.split("values").key);
    return numberColumn(numbers.map((number, i) => (empty[i] ? Number.NaN : Number(value(number).replace(/\D/g, "")))));
  };
}

interface WeightedValues extends Pick<FreshValues, "keyed"> {
  /** Share of the source's values in this format. */
  readonly share: number;
}

async function formatsOf(values: IdentifierValues, avoid: readonly string[]): Promise<readonly WeightedValues[]> {
  switch (values.kind) {
    case "numbered": {
      const start = largestOf(values, avoid);
      return [{ share: 1, keyed: () => (index) => `${values.prefix}${start + 1 + index}` }];
    }
    case "codes":
      return values.formats.map((format) => {
        const fresh = valuesOf(format, avoid);
        return { share: format.share, keyed: (key) => fresh.keyed(key) };
      });
    case "people": {
      const { style, locale } = values;
      const latin = style.type === "email" || style.type === "url";
      const faker = await loadFaker(latin ? latinLocale(locale) : locale);
      const fresh = freshValues(peopleTiers(style, { faker, locale }), avoid);
      return [{ share: 1, keyed: (key) => fresh.keyed(key) }];
    }
  }
}

/** The largest number of a numbered key, also among those to be avoided. */
function largestOf(
  { prefix, start }: Extract<IdentifierValues, { readonly kind: "numbered" }>,
  avoid: readonly string[],
): number {
  let out = start;
  for (const value of avoid) {
    const number = value.startsWith(prefix) ? Number(value.slice(prefix.length)) : Number.NaN;
    if (Number.isSafeInteger(number) && number > out) out = number;
  }
  return out;
}

interface Link {
  readonly column: string;
  /** Label or number of that column → format. */
  readonly formats: ReadonlyMap<string, number>;
}

function linkOf(values: IdentifierValues): Link | undefined {
  if (values.kind !== "codes" || !values.link) return undefined;
  const { column, formats } = values.link;
  return { column, formats: new Map(formats.map(({ level, format }) => [level, format])) };
}

function textColumn(
  name: string,
  { numbers, empty, random, chunk }: DrawInput,
  { formats, link }: { readonly formats: readonly WeightedValues[]; readonly link: Link | undefined },
): TextColumn {
  const makers = formats.map(({ keyed }, i) => keyed(random.split("values").split(i).key));
  const parent = link && chunk.columns.find((column) => column.name === link.column);
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
    if (formats.length > 1) {
      const level = parent && cellText(parent, i);
      const linked = level === undefined ? undefined : link?.formats.get(level);
      format = linked ?? formatAt(pick(number % 4294967296) / 4294967296, formats);
    }
    index.set(number, dictionary.length);
    codes[i] = dictionary.length;
    dictionary.push((makers[format] as (index: number) => string)(number));
  }
  return { name, type: "text", storage: "text", codes, dictionary };
}

/** The format whose share of [0, 1) holds u. */
function formatAt(u: number, formats: readonly WeightedValues[]): number {
  let format = 0;
  for (let rest = u - (formats[0] as WeightedValues).share; rest > 0 && format < formats.length - 1; )
    rest -= (formats[++format] as WeightedValues).share;
  return format;
}

import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { readTable } from "../../src/data/read.ts";
import { type Column, cellOf, columnOf, sliceRows, type Table, tableOf } from "../../src/data/table.ts";
import { writeTable } from "../../src/data/write.ts";
import { Cancelled, InvalidArgument, ResourceError } from "../../src/errors.ts";

const folder = mkdtempSync(join(tmpdir(), "counterfoil-test-write-"));
const temporary = join(folder, "temporary");
mkdirSync(temporary);
process.env.TMPDIR = temporary;
after(() => rmSync(folder, { recursive: true, force: true }));

const parquet = join(folder, "out.parquet");
const csv = join(folder, "out.csv");

async function* stream(...tables: readonly Table[]): AsyncGenerator<Table> {
  yield* tables;
}

function write(tables: readonly Table[], metadata: Record<string, string> = {}): Promise<{ rows: number }> {
  return writeTable(stream(...tables), { parquet, csv, metadata });
}

function text(name: string, labels: readonly (string | null)[], order?: readonly string[]): Column {
  const dictionary = order ?? [...new Set(labels.filter((label) => label !== null))].sort();
  const codes = Int32Array.from(labels, (label) => (label === null ? -1 : dictionary.indexOf(label)));
  return { name, type: "text", storage: "text", codes, dictionary };
}

function number(name: string, values: readonly number[], storage: "integer" | "double" = "double"): Column {
  return { name, type: "number", storage, values: Float64Array.from(values) };
}

function cells(table: Table): (string | number | null)[][] {
  return table.columns.map((column) => Array.from({ length: table.rows }, (_, row) => cellOf(column, row)));
}

/** What an independent reader finds. */
async function peer(path: string): Promise<Record<string, unknown>[]> {
  return parquetReadObjects({ file: await asyncBufferFromFile(path), compressors });
}

const day = Date.UTC(2020, 1, 13);

const sample = tableOf([
  number("whole", [1, -2, Number.NaN], "integer"),
  number("real", [0.1, 5, Number.NaN]),
  { name: "ok", type: "text", storage: "boolean", codes: Int32Array.of(1, 0, -1), dictionary: ["false", "true"] },
  text("label", ['say "hi", all', "", null]),
  { name: "day", type: "date", storage: "date", values: Float64Array.of(day, 0, Number.NaN), format: "%d.%m.%Y" },
  { name: "moment", type: "date", storage: "timestamp", values: Float64Array.of(day + 1.5, -1, Number.NaN) },
]);

test("another reader finds the types, the missing cells and the metadata", async () => {
  assert.deepEqual(await write([sample], { synthetic: "it's true", "counterfoil:run": "é" }), { rows: 3 });
  assert.deepEqual(await peer(parquet), [
    { whole: 1n, real: 0.1, ok: true, label: 'say "hi", all', day: new Date(day), moment: new Date(day + 1) },
    { whole: -2n, real: 5, ok: false, label: "", day: new Date(0), moment: new Date(-1) },
    { whole: null, real: null, ok: null, label: null, day: null, moment: null },
  ]);
  const metadata = await parquetMetadataAsync(await asyncBufferFromFile(parquet));
  const pairs = metadata.key_value_metadata?.map(({ key, value }) => [key, value]);
  assert.deepEqual(pairs, [
    ["counterfoil:run", "é"],
    ["synthetic", "it's true"],
  ]);
  assert.equal(metadata.row_groups[0]?.columns[0]?.meta_data?.codec, "ZSTD");
});

test("CSV writes cells as the source wrote them", async () => {
  await write([sample]);
  assert.equal(
    readFileSync(csv, "utf8"),
    [
      "whole,real,ok,label,day,moment",
      '1,0.1,true,"say ""hi"", all",13.02.2020,2020-02-13T00:00:00.0015',
      '-2,5,false,"",01.01.1970,1969-12-31T23:59:59.999',
      ",,,,,",
      "",
    ].join("\n"),
  );
});

test("missing cells go back to their tokens in CSV and to NULL in Parquet, whatever chunk they come in", async () => {
  const tokens = (list: readonly string[], codes: readonly number[]): Column["missing"] & object => ({
    tokens: list,
    codes: Uint8Array.from(codes),
  });
  const first = tableOf([
    { ...number("n", [Number.NaN, 1, Number.NaN], "integer"), missing: tokens(["", "?"], [1, 0, 0]) },
    { ...text("t", [null, "a", null]), missing: tokens(["", " "], [0, 0, 1]) },
  ]);
  const second = tableOf([
    { ...number("n", [Number.NaN], "integer"), missing: tokens(["", "NA", "?"], [1]) },
    text("t", [null]),
  ]);
  await write([first, second]);
  assert.equal(readFileSync(csv, "utf8"), "n,t\n?,\n1,a\n, \nNA,\n");
  assert.deepEqual(
    (await peer(parquet)).map(({ n }) => n),
    [null, 1n, null, null],
  );
});

test("chunks may bring dictionaries of their own", async () => {
  const chunks = [text("t", ["b", "a", null]), text("t", ["c", "b"]), text("t", ["a", "z"], ["z", "y", "a"])];
  await write(chunks.map((column) => tableOf([column])));
  assert.deepEqual(
    (await peer(parquet)).map((row) => row.t),
    ["b", "a", null, "c", "b", "a", "z"],
  );
});

test("a column of whole numbers that is not, loses no digit", async () => {
  await write([tableOf([number("n", [1.5, 2], "integer")])]);
  assert.deepEqual(
    (await peer(parquet)).map(({ n }) => n),
    [1.5, 2],
  );
  assert.equal(readFileSync(csv, "utf8"), "n\n1.5\n2\n");
});

/** Many rows, many labels: more than a row group, and more than one thread would take at once. */
function large(rows: number): Table {
  const labels = Array.from({ length: 5000 }, (_, i) => `label ${i}`);
  return tableOf([
    number(
      "i",
      Array.from({ length: rows }, (_, i) => i),
      "integer",
    ),
    number(
      "x",
      Array.from({ length: rows }, (_, i) => Math.sin(i)),
    ),
    {
      name: "t",
      type: "text",
      storage: "text",
      codes: Int32Array.from({ length: rows }, (_, i) => (i * 7) % 5000),
      dictionary: labels,
    },
    {
      name: "u",
      type: "text",
      storage: "text",
      codes: Int32Array.from({ length: rows }, (_, i) => ((i * i) % 11) - 1),
      dictionary: labels.slice(0, 10),
    },
  ]);
}

test("rows keep their order, and the bytes do not depend on the path or on how rows were chunked", async () => {
  const table = large(300_000);
  await write([table]);
  const bytes = readFileSync(parquet);
  const other = join(folder, "other name.parquet");
  const parts = [sliceRows(table, 0, 1), sliceRows(table, 1, 100_001), sliceRows(table, 100_001, 300_000)];
  await writeTable(stream(...parts), { parquet: other, metadata: {} });
  assert.ok(bytes.equals(readFileSync(other)), "Parquet bytes differ");
  const read = await readTable(parquet);
  assert.deepEqual(read.table.columns[0], table.columns[0]);
  for (const path of [parquet, csv]) {
    const { table: again } = await readTable(path);
    for (let row = 0; row < table.rows; row += 1009)
      assert.deepEqual(
        again.columns.map((column) => cellOf(column, row)),
        table.columns.map((column) => cellOf(column, row)),
      );
  }
});

test("only the columns asked for are written, in that order; no rows are a table too", async () => {
  await writeTable(stream(sample), { parquet, csv, columns: ["label", "whole"], metadata: {} });
  assert.match(readFileSync(csv, "utf8"), /^label,whole\n/);
  assert.deepEqual(await write([sliceRows(sample, 0, 0)]), { rows: 0 });
  assert.deepEqual(await peer(parquet), []);
});

const label = fc.oneof(
  fc.constantFrom(
    "",
    " ",
    '"',
    '""',
    ",",
    "\n",
    "\r\n",
    "\r",
    "a,b",
    "é",
    "\u{1F600}",
    "NULL",
    "NA",
    "'",
    "\\",
    "0",
    "true",
    "\ufeff",
    "x ",
  ),
  fc.string({ unit: "grapheme", maxLength: 8 }).map((text) => text.replaceAll("\0", "")),
);
const realNumber = fc
  .oneof(fc.double({ noNaN: true }), fc.integer(), fc.constant(Number.NaN))
  .map((x) => (x === 0 ? 0 : x));

test("Parquet gives back every cell (property)", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.option(label), realNumber), { minLength: 1, maxLength: 30 }),
      fc
        .string({ minLength: 1, maxLength: 10 })
        .filter((name) => name.trim() === name && !name.includes("\0") && name.toLowerCase() !== "n"),
      async (rows, name) => {
        // A date would come back as one; the leading sign makes sure that there is none.
        const labels = rows.map(([cell]) => (cell === null ? null : cell === "" ? "" : `~${cell}`));
        const table = tableOf([
          text(name, labels),
          number(
            "n",
            rows.map(([, value]) => value),
          ),
        ]);
        await writeTable(stream(table), { parquet, metadata: {} });
        const { table: again } = await readTable(parquet);
        assert.deepEqual(
          again.columns.map((column) => column.name),
          [name, "n"],
        );
        assert.deepEqual(cells(again), cells(table));
        assert.deepEqual(
          (await peer(parquet)).map((row) => row[name]),
          labels,
        );
      },
    ),
    { numRuns: 25, seed: 7 },
  );
});

test("CSV gives back every cell, blank ones as missing (property)", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.option(label), realNumber), { minLength: 1, maxLength: 30 }),
      async (rows) => {
        const labels = rows.map(([cell]) => cell);
        // One label that is no number keeps the column text.
        const table = tableOf([text("t", ["~", ...labels]), number("n", [1.5, ...rows.map(([, value]) => value)])]);
        await writeTable(stream(table), { parquet, csv, metadata: {} });
        const { table: again } = await readTable(csv);
        const blank = /^[ \t\n\v\f\r]*$/;
        const expected = cells(table);
        expected[0] = (expected[0] ?? []).map((cell) => (typeof cell === "string" && blank.test(cell) ? null : cell));
        assert.deepEqual(cells(again), expected);
      },
    ),
    { numRuns: 30, seed: 7 },
  );
});

test("writing fails in the words of the file system and leaves nothing", async () => {
  const target = join(folder, "failed");
  mkdirSync(target);
  const attempt = (path: string, chunks = stream(sample)): Promise<unknown> =>
    writeTable(chunks, { parquet: path, csv: join(target, "a.csv"), metadata: {} });
  await assert.rejects(attempt(join(target, "nosuch", "a.parquet")), ResourceError);
  await assert.rejects(attempt(target), ResourceError);
  if (existsSync("/dev/full"))
    await assert.rejects(writeTable(stream(sample), { parquet, csv: "/proc/nosuch", metadata: {} }), ResourceError);
  async function* broken(): AsyncGenerator<Table> {
    yield sample;
    throw new Error("the sampler broke");
  }
  await assert.rejects(attempt(join(target, "a.parquet"), broken()), Error);
  await assert.rejects(attempt(join(target, "a.parquet"), stream()), InvalidArgument);
  const other = tableOf([number("x", [1])]);
  await assert.rejects(attempt(join(target, "a.parquet"), stream(sample, other)), InvalidArgument);
  const signal = AbortSignal.abort();
  await assert.rejects(
    writeTable(stream(sample), { parquet: join(target, "a.parquet"), metadata: {}, signal }),
    Cancelled,
  );
  assert.deepEqual(readdirSync(target), []);
  assert.deepEqual(readdirSync(temporary), []);
  chmodSync(target, 0o500);
  // Root may write anywhere.
  if (process.getuid?.() !== 0) await assert.rejects(attempt(join(target, "a.parquet")), ResourceError);
});

test("hundreds of columns of text are written as few are", async () => {
  const columns = Array.from(
    { length: 300 },
    (_, j): Column => ({
      name: `c${j}`,
      type: "text",
      storage: "text",
      dictionary: ["it's", "l7.label", `only ${j}`],
      codes: Int32Array.from({ length: 50 }, (_, i) => ((i + j) % 4) - 1),
    }),
  );
  const table = tableOf(columns);
  async function* chunks(): AsyncGenerator<Table> {
    yield table;
  }
  const parquet = join(folder, "many-texts.parquet");
  await writeTable(chunks(), { parquet, metadata: {} });
  const { table: read } = await readTable(parquet);
  for (const column of columns)
    for (let row = 0; row < 50; row++)
      assert.equal(cellOf(columnOf(read, column.name), row), cellOf(column, row), `${column.name} ${row}`);
});

test("an error of whoever makes the chunks comes out as it is, not as one of the disk", async () => {
  const out = join(folder, "never.csv");
  const wrong = new TypeError("a fault in the maker");
  await assert.rejects(
    writeTable(
      (async function* (): AsyncGenerator<Table> {
        yield tableOf([{ name: "a", type: "number", storage: "double", values: Float64Array.of(1) }]);
        throw wrong;
      })(),
      { csv: out, metadata: {} },
    ),
    (error: unknown) => error === wrong,
  );
  assert.equal(existsSync(out), false);
});

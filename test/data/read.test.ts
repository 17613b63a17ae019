import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import { openDatabase } from "../../src/data/duckdb.ts";
import { readTable } from "../../src/data/read.ts";
import { type Column, cellOf, columnOf, type Table } from "../../src/data/table.ts";
import { writeTable } from "../../src/data/write.ts";
import {
  Cancelled,
  type CounterfoilError,
  InvalidArgument,
  InvalidData,
  ResourceError,
  Unsupported,
} from "../../src/errors.ts";

const folder = mkdtempSync(join(tmpdir(), "counterfoil-test-read-"));
const temporary = join(folder, "temporary");
mkdirSync(temporary);
process.env.TMPDIR = temporary;
after(() => rmSync(folder, { recursive: true, force: true }));

function put(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function cells(table: Table): Record<string, (string | number | null)[]> {
  return Object.fromEntries(
    table.columns.map((column) => [column.name, Array.from({ length: table.rows }, (_, row) => cellOf(column, row))]),
  );
}

async function readCells(
  name: string,
  content: string | Uint8Array,
): Promise<Record<string, (string | number | null)[]>> {
  return cells((await readTable(put(name, content))).table);
}

async function readColumn(values: readonly string[], notices: string[] = []): Promise<Column> {
  const path = put("column.csv", `x,y\n${values.map((value) => `${value},1\n`).join("")}`);
  const { table } = await readTable(path, { notice: (message) => notices.push(message) });
  return columnOf(table, "x");
}

/** The same two rows in every dialect. */
const EXPECTED = { name: ["Ann, the 1st", 'Bo "B"'], age: [31, 4.5], note: ["two\nlines", null] };

const DIALECTS: Readonly<Record<string, string | Uint8Array>> = {
  "comma.csv": 'name,age,note\n"Ann, the 1st",31,"two\nlines"\n"Bo ""B""",4.5,\n',
  "semicolon.csv": 'name;age;note\n"Ann, the 1st";31;"two\nlines"\n"Bo ""B""";4.5;\n',
  "tab.tsv": 'name\tage\tnote\nAnn, the 1st\t31\t"two\nlines"\n"Bo ""B"""\t4.5\t\n',
  "pipe.txt": 'name|age|note\n"Ann, the 1st"|31|"two\nlines"\n"Bo ""B"""|4.5|\n',
  "crlf.csv": 'name,age,note\r\n"Ann, the 1st",31,"two\nlines"\r\n"Bo ""B""",4.5,\r\n',
  "cr.csv": 'name,age,note\r"Ann, the 1st",31,"two\nlines"\r"Bo ""B""",4.5,\r',
  "mixed.csv": 'name,age,note\r\n"Ann, the 1st",31,"two\nlines"\n"Bo ""B""",4.5,\r',
  "no-end.csv": 'name,age,note\n"Ann, the 1st",31,"two\nlines"\n"Bo ""B""",4.5,',
  "mark.csv": '\ufeffname,age,note\n"Ann, the 1st",31,"two\nlines"\n"Bo ""B""",4.5,\n',
  "mark-quoted.csv": '\ufeff"name","age","note"\n"Ann, the 1st",31,"two\nlines"\n"Bo ""B""",4.5,\n',
  "backslash.csv": 'name,age,note\n"Ann, the 1st",31,"two\nlines"\n"Bo \\"B\\"",4.5,\n',
  "blank-lines.csv": 'name,age,note\n\n"Ann, the 1st",31,"two\nlines"\n\n"Bo ""B""",4.5,\n\n\n',
  "packed.csv.gz": gzipSync('name,age,note\n"Ann, the 1st",31,"two\nlines"\n"Bo ""B""",4.5,\n'),
  "utf16le.csv": Buffer.from('\ufeffname,age,note\n"Ann, the 1st",31,"two\nlines"\n"Bo ""B""",4.5,\n', "utf16le"),
  "utf16be.csv": Buffer.from(
    '\ufeffname,age,note\n"Ann, the 1st",31,"two\nlines"\n"Bo ""B""",4.5,\n',
    "utf16le",
  ).swap16(),
  "array.json": JSON.stringify([
    { name: "Ann, the 1st", age: 31, note: "two\nlines" },
    { name: 'Bo "B"', age: 4.5, note: null },
  ]),
  "lines.jsonl": '{"name":"Ann, the 1st","age":31,"note":"two\\nlines"}\n{"name":"Bo \\"B\\"","age":4.5}\n',
  "lines.ndjson.gz": gzipSync(
    '{"name":"Ann, the 1st","age":31,"note":"two\\nlines"}\n{"name":"Bo \\"B\\"","age":4.5}\n',
  ),
};

for (const [name, content] of Object.entries(DIALECTS))
  test(`${name} holds the same two rows`, async () => {
    assert.deepEqual(await readCells(name, content), EXPECTED);
  });

test("quoted line ends survive whatever ends the lines", async () => {
  for (const end of ["\n", "\r\n", "\r"])
    for (const inside of ["\n", "\r\n", "\r"]) {
      const read = await readCells("ends.csv", `a,b${end}"x${inside}y",1${end}z,2${end}`);
      assert.deepEqual(read, { a: [`x${inside}y`, "z"], b: [1, 2] }, JSON.stringify({ end, inside }));
    }
});

test("Parquet, DuckDB and SQLite files hold the same rows, with types", async () => {
  const db = await openDatabase();
  const parquet = join(folder, "typed.parquet");
  const duck = join(folder, "typed.duckdb");
  const sql = `SELECT * FROM (VALUES
    ('Ann', 31::SMALLINT, 0.1::FLOAT, true, DATE '2020-02-29', TIMESTAMP '2021-01-02 03:04:05.678', [1, 2], 9007199254740993, 1.25::DECIMAL(9, 2), ''),
    (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)) AS t(name, age, size, ok, day, moment, list, big, price, blank)`;
  await db.run(`COPY (${sql}) TO '${parquet}' (FORMAT parquet)`);
  await db.run(`ATTACH '${duck}' AS d`);
  await db.run(`CREATE TABLE d.people AS ${sql}`);
  await db.run("DETACH d");
  await db.close();
  for (const path of [parquet, duck]) {
    const notices: string[] = [];
    const { table } = await readTable(path, { notice: (message) => notices.push(message) });
    assert.deepEqual(cells(table), {
      name: ["Ann", null],
      age: [31, null],
      size: [0.1, null],
      ok: ["true", null],
      day: [Date.UTC(2020, 1, 29), null],
      moment: [Date.UTC(2021, 0, 2, 3, 4, 5, 678), null],
      list: ["[1,2]", null],
      big: ["9007199254740993", null],
      price: [1.25, null],
      blank: ["", null],
    });
    const storages = table.columns.map(({ storage }) => storage);
    const expected = "text integer double boolean date timestamp text text double text";
    assert.deepEqual(storages, expected.split(" "));
    assert.equal(notices.length, 2);
  }
});

test("an SQLite file is read by its only table, or by SQL in its own dialect", async () => {
  const { default: sqlite } = await import("node-sqlite3-wasm");
  const path = join(folder, "shop.db");
  const db = new sqlite.Database(path);
  db.exec("CREATE TABLE sales (id INTEGER, price REAL, day TEXT, mixed)");
  db.exec("INSERT INTO sales VALUES (1, 2.5, '2020-01-31', 7), (2, 3, '2020-02-01', 'x'), (3, NULL, NULL, NULL)");
  db.close();
  const { table } = await readTable(path);
  const days = [Date.UTC(2020, 0, 31), Date.UTC(2020, 1, 1), null];
  assert.deepEqual(cells(table), { id: [1, 2, 3], price: [2.5, 3, null], day: days, mixed: ["7", "x", null] });
  const queried = await readTable(path, { query: "SELECT count(*) AS n, max(price) AS top FROM source;" });
  assert.deepEqual(cells(queried.table), { n: [3], top: [3] });
  assert.ok(!existsSync(`${path}.lock`));
  for (const query of ["DELETE FROM sales", "ATTACH '/etc/passwd' AS p", "nonsense"])
    await assert.rejects(readTable(path, { query }), InvalidArgument, query);
  const again = new sqlite.Database(path);
  again.exec("CREATE TABLE more (x)");
  again.close();
  await assert.rejects(readTable(path), (error: CounterfoilError) => /2 tables: more, sales/.test(error.message));
});

test("SQL sees a file as `source` and by its name, with types, and keeps the format of dates", async () => {
  const path = put("people.csv", "age,day,city\n9,01.02.2020,Ulm\n10,13.02.2020,Köln\n?,14.02.2020,\n");
  const query =
    "SELECT city, age * 2 AS twice, day FROM people WHERE age > 9 OR age IS NULL ORDER BY age DESC NULLS FIRST";
  const { table } = await readTable(path, { query });
  assert.deepEqual(cells(table), {
    city: [null, "Köln"],
    twice: [null, 20],
    day: [Date.UTC(2020, 1, 14), Date.UTC(2020, 1, 13)],
  });
  assert.equal((columnOf(table, "day") as { format?: string }).format, "%d.%m.%Y");
  const counted = await readTable(path, { query: "SELECT count(*) AS n FROM source -- all" });
  assert.deepEqual(cells(counted.table), { n: [3] });
});

test("SQL reaches no other file and writes none", async () => {
  const csv = put("safe.csv", "a\n1\n");
  const json = put("safe.json", '[{"a":1}]');
  const target = join(folder, "written.csv");
  for (const path of [csv, json])
    for (const query of [
      "SELECT * FROM read_csv('/etc/passwd')",
      "SELECT * FROM read_text('/etc/passwd')",
      "SELECT * FROM '/etc/passwd'",
      "SELECT * FROM glob('/etc/*')",
      `COPY (SELECT 1) TO '${target}'`,
      `ATTACH '${join(folder, "other.duckdb")}'`,
      "SET enable_external_access = true",
      "INSTALL httpfs",
      "SELECT 1; SELECT 2",
      "DROP TABLE source",
      "SELECT nosuch FROM source",
      "",
    ])
      await assert.rejects(readTable(path, { query }), InvalidArgument, query);
  assert.ok(!existsSync(target));
});

const NUMBERS: readonly (readonly [
  string,
  readonly string[],
  "number" | "text",
  readonly (number | string | null)[],
])[] = [
  ["whole numbers", ["1", "-2", "+3", " 4 "], "number", [1, -2, 3, 4]],
  ["decimals and exponents", ["1.5", ".5", "5.", "1e3", "-2.5E-1"], "number", [1.5, 0.5, 5, 1000, -0.25]],
  ["words for missing", ["1", "?", "NA", "", "  "], "number", [1, null, null, null, null]],
  ["NaN is a word for missing", ["1", "NaN"], "number", [1, null]],
  ["infinities", ["inf", "-Infinity", "1"], "number", [Infinity, -Infinity, 1]],
  ["leading zeros are codes", ["007", "008"], "text", ["007", "008"]],
  ["beyond float64", ["1e400", "2"], "text", ["1e400", "2"]],
  ["whole numbers beyond 2^53", ["9007199254740993", "1"], "text", ["9007199254740993", "1"]],
  ["many digits after the point", ["0.12345678901234567890", "1"], "number", [0.12345678901234568, 1]],
  ["digits with underscores", ["1_000", "2"], "text", ["1_000", "2"]],
  ["mixed types", ["1", "x"], "text", ["1", "x"]],
  ["only words for missing", ["NA", "NA"], "text", ["NA", "NA"]],
  ["nothing at all", ["", ""], "text", [null, null]],
  ["truth in any case keeps its spelling", ["TRUE", "FALSE"], "text", ["TRUE", "FALSE"]],
  ["text keeps blanks around it", [" a", "b ", " \t\v\f"], "text", [" a", "b ", null]],
  ["eight digits are no date", ["20200101", "20200102"], "number", [20200101, 20200102]],
];

for (const [what, values, type, expected] of NUMBERS)
  test(`types of CSV cells: ${what}`, async () => {
    const column = await readColumn(values);
    assert.equal(column.type, type);
    assert.deepEqual(
      values.map((_, row) => cellOf(column, row)),
      expected,
    );
  });

test("whole numbers are stored as such, and a point makes them floating", async () => {
  assert.equal((await readColumn(["1", "2"])).storage, "integer");
  assert.equal((await readColumn(["1", "2.0"])).storage, "double");
});

test("how a missing cell was written is kept, the plain blank first", async () => {
  const column = await readColumn(["1", "?", "", "NA", "?"]);
  assert.deepEqual(column.missing?.tokens, ["", "?", "NA"]);
  assert.deepEqual([...(column.missing?.codes ?? [])].slice(1), [1, 0, 2, 1]);
});

test("labels are in code-point order", async () => {
  const column = await readColumn(["é", "b", "a", "Z", "\u{1F600}", "\uFF5E"]);
  assert.deepEqual(column.type === "text" && column.dictionary, ["Z", "a", "b", "é", "\uFF5E", "\u{1F600}"]);
});

const day = Date.UTC(2020, 1, 13);
const DATES: readonly (readonly [readonly string[], string | undefined, readonly number[]])[] = [
  [["2020-02-13"], undefined, [day]],
  [["2020/02/13"], "%Y/%m/%d", [day]],
  [["13/02/2020", "01/02/2020"], "%d/%m/%Y", [day, Date.UTC(2020, 1, 1)]],
  [["02/13/2020", "02/01/2020"], "%m/%d/%Y", [day, Date.UTC(2020, 1, 1)]],
  [["2/13/2020", "12/1/2020"], "%-m/%-d/%Y", [day, Date.UTC(2020, 11, 1)]],
  [["13.02.2020"], "%d.%m.%Y", [day]],
  [["13-Feb-2020"], "%d-%b-%Y", [day]],
  [["2020-02-13T06:30:00"], "%Y-%m-%dT%H:%M:%S", [day + 23_400_000]],
  [["2020-02-13 06:30:00"], "%Y-%m-%d %H:%M:%S", [day + 23_400_000]],
  [["2020-02-13T06:30:00Z"], "%Y-%m-%dT%H:%M:%SZ", [day + 23_400_000]],
  [["2020-02-13T06:30:00.123Z"], "%Y-%m-%dT%H:%M:%S.%gZ", [day + 23_400_123]],
  [["2020-02-13 06:30:00.123456"], "%Y-%m-%d %H:%M:%S.%f", [day + 23_400_123.456]],
  [["2020-02-13T06:30:00", "2020-02-13T06:30:00.5"], undefined, [day + 23_400_000, day + 23_400_500]],
  [["2020-02-13T06:30:00+02:00"], undefined, [day + 23_400_000 - 7_200_000]],
  [["13/02/2020 06:30"], "%d/%m/%Y %H:%M", [day + 23_400_000]],
  [["13.02.2020 06:30", "01.02.2020 23:05"], "%d.%m.%Y %H:%M", [day + 23_400_000, Date.UTC(2020, 1, 1, 23, 5)]],
  [["13/2/2020 6:30", "13/2/2020 16:30"], "%-d/%-m/%Y %-H:%M", [day + 23_400_000, day + 59_400_000]],
  [["2/13/2020 6:30 AM", "2/13/2020 12:30 AM"], "%-m/%-d/%Y %-I:%M %p", [day + 23_400_000, day + 1_800_000]],
  [["02/13/2020 06:30 PM"], "%m/%d/%Y %I:%M %p", [day + 66_600_000]],
];

for (const [values, format, expected] of DATES)
  test(`dates written ${values.join(" and ")}`, async () => {
    const column = await readColumn(values);
    assert.equal(column.type, "date");
    assert.deepEqual(column.type === "date" && [...column.values], expected);
    assert.equal(column.type === "date" ? column.format : "none", format);
  });

test("dates with words for missing stay dates", async () => {
  const column = await readColumn(["2020-02-13", "NA", ""]);
  assert.equal(column.type, "date");
  assert.equal(cellOf(column, 1), null);
  assert.deepEqual(column.missing?.tokens, ["", "NA"]);
});

test("day or month first, when both would do: day, and it is said", async () => {
  const notices: string[] = [];
  const column = await readColumn(["01/02/2020", "03/04/2020"], notices);
  assert.equal(column.type === "date" && column.format, "%d/%m/%Y");
  assert.match(notices.join(), /could be day\/month or month\/day/);
});

test("dates in three formats stay text, and the formats are counted", async () => {
  const notices: string[] = [];
  const column = await readColumn(["2020-02-13", "13.02.2020", "13.02.2020", "2020/02/13"], notices);
  assert.equal(column.type, "text");
  assert.match(notices.join(), /dd\.mm\.yyyy \(2\), yyyy-mm-dd \(1\), yyyy\/mm\/dd \(1\)/);
});

test("days that do not exist leave the column text", async () => {
  const notices: string[] = [];
  assert.equal((await readColumn(["31/02/2020", "01/02/2020"], notices)).type, "text");
  assert.match(notices.join(), /not all valid/);
});

test("in JSON, numbers in quotes are text and dates are dates", async () => {
  const { table } = await readTable(
    put("quoted.json", '[{"n":"12","d":"2020-02-13","b":true,"o":{"x":1}},{"n":"13","d":"2020-02-14","b":null}]'),
  );
  assert.deepEqual(cells(table), {
    n: ["12", "13"],
    d: [day, day + 86_400_000],
    b: ["true", null],
    o: ['{"x":1}', null],
  });
});

test("headers: repeated, empty, and differing only in case", async () => {
  const notices: string[] = [];
  const { table } = await readTable(put("headers.csv", "a,,a,A,a_2,\n1,2,3,4,5,6\n"), {
    notice: (m) => notices.push(m),
  });
  assert.deepEqual(
    table.columns.map(({ name }) => name),
    ["a", "column_2", "a_3", "A_4", "a_2", "column_6"],
  );
  assert.equal(notices.length, 3);
});

test("one row, one column, and 500 columns are tables", async () => {
  assert.deepEqual(await readCells("one.csv", "a\n5\n"), { a: [5] });
  assert.deepEqual(await readCells("gap.csv", "a\n5\n\n7\n"), { a: [5, null, 7] });
  const names = Array.from({ length: 500 }, (_, i) => `c${i}`);
  const wide = await readTable(put("wide.csv", `${names.join(",")}\n${names.map((_, i) => i).join(",")}\n`));
  assert.equal(wide.table.columns.length, 500);
  assert.equal(cellOf(columnOf(wide.table, "c499"), 0), 499);
});

test("200,000 different labels keep their rows", async () => {
  const labels = Array.from({ length: 200_000 }, (_, i) => `k${(i * 7919) % 200_000}`);
  const { table } = await readTable(put("many.csv", `k\n${labels.join("\n")}\n`));
  const column = columnOf(table, "k");
  assert.equal(column.type === "text" && column.dictionary.length, 200_000);
  for (let row = 0; row < labels.length; row += 997) assert.equal(cellOf(column, row), labels[row]);
});

test("the source's size and hash are those of the bytes on disk", async () => {
  const { source } = await readTable(put("abc.csv", "abc\n1\n"));
  assert.deepEqual(source, {
    format: "csv",
    rows: 1,
    bytes: 6,
    sha256: "5cb310b6f87a23bce211e77652daf4e4931a010ffbca35148659961a9207e0fb",
  });
});

type ErrorClass = typeof InvalidData | typeof InvalidArgument | typeof Unsupported | typeof ResourceError;
const noise = Uint8Array.from({ length: 20_000 }, (_, i) => (Math.imul(i + 1, 2654435761) >>> 13) & 255);
const BAD: readonly (readonly [string, string | Uint8Array, ErrorClass, RegExp])[] = [
  ["empty.csv", "", InvalidData, /empty/],
  ["blank.csv", "\n\n  \n", InvalidData, /blanks/],
  ["header.csv", "a,b\n", InvalidData, /header of 2 columns and no rows/],
  ["short.csv", "a,b\n1,2\n3\n4,5,6\n", InvalidData, /line 3 has 1 field; the header names 2 columns/],
  ["long.csv", "a,b\n1,2\n4,5,6\n", InvalidData, /line 3 has 3 fields/],
  ["trailing.csv", "a,b\n1,2\n4,5,\n", InvalidData, /line 3 has 3 fields/],
  ["after.csv", 'a,b\n"x"y,2\n', InvalidData, /line 2 has text after a closing quote/],
  ["open.csv", 'a,b\n1,2\n"x,2\n3,4\n', InvalidData, /quote opened in line 3 is never closed/],
  ["nul.csv", "a,b\n1,2\nx\0y,2\n", InvalidData, /NUL byte in line 3/],
  ["latin.csv", Buffer.from("a,b\nx,2\ncafé,1\n", "latin1"), InvalidData, /line 3 has the byte 0xe9.*Latin-1/],
  ["latin-end.csv", Buffer.from("a,b\nx,é", "latin1"), InvalidData, /line 2 has the byte 0xe9/],
  ["utf16.csv", Buffer.from("a,b\nx,2\n", "utf16le"), InvalidData, /looks like UTF-16/],
  ["noise.csv", noise, InvalidData, /not text/],
  ["noise", noise, InvalidData, /not text/],
  ["values.json", "[1, 2]", InvalidData, /not of objects/],
  ["none.json", "[]", InvalidData, /no rows/],
  ["torn.jsonl", '{"a":1}\n{"a":\n', InvalidData, /line 2 is not a JSON object/],
  ["torn.json", '[{"a":1},{"a":', InvalidData, /cannot be read as json/],
  ["fake.parquet", "PAR1xxxxPAR1", InvalidData, /cannot be read as parquet/],
  ["named.parquet", "a,b\n1,2\n", InvalidData, /not a parquet file/],
  ["named.sqlite", "a,b\n1,2\n", InvalidData, /not a sqlite file/],
  ["fake.sqlite", `SQLite format 3\0${"x".repeat(200)}`, InvalidData, /cannot be read as sqlite/],
  ["fake.duckdb", `xxxxxxxxDUCK${"x".repeat(5000)}`, InvalidData, /cannot be read as duckdb/],
  ["fake.csv.gz", "\x1f\x8b\x08garbage", InvalidData, /damaged/],
  ["torn.csv.gz", gzipSync(`a,b\n${"1,2\n".repeat(50_000)}`).subarray(0, 150), InvalidData, /damaged/],
  ["book.xlsx", "PK\x03\x04zz", Unsupported, /workbook/],
  ["book.csv", "PK\x03\x04zz", Unsupported, /workbook/],
  ["old.xls", Uint8Array.of(0xd0, 0xcf, 0x11, 0xe0, 0xa1), Unsupported, /old Excel/],
  ["table.feather", "ARROW1\0\0xxxx", Unsupported, /Arrow/],
  ["packed.parquet.gz", gzipSync("PAR1xxxxPAR1"), Unsupported, /compressed parquet/],
];

for (const [name, content, expected, message] of BAD)
  test(`bad input: ${name}`, async () => {
    const bytes = typeof content === "string" ? Buffer.from(content, "latin1") : content;
    await assert.rejects(readTable(put(name, bytes)), (error: CounterfoilError) => {
      assert.ok(error instanceof expected, `${error.name}: ${error.message}`);
      assert.match(error.message, message);
      assert.ok(error.advice, "says what to do");
      assert.ok(!error.message.includes("\n"));
      return true;
    });
  });

test("bad input: no file, a folder, no permission, a column of bytes", async () => {
  await assert.rejects(readTable(join(folder, "nosuch.csv")), InvalidArgument);
  mkdirSync(join(folder, "folder.csv"));
  await assert.rejects(readTable(join(folder, "folder.csv")), InvalidArgument);
  const secret = put("secret.csv", "a\n1\n");
  chmodSync(secret, 0);
  // Root may read anything.
  if (process.getuid?.() !== 0) await assert.rejects(readTable(secret), ResourceError);
  const db = await openDatabase();
  const path = join(folder, "bytes.parquet");
  await db.run(`COPY (SELECT 1 AS a, 'x'::BLOB AS photo) TO '${path}' (FORMAT parquet)`);
  await db.close();
  await assert.rejects(
    readTable(path),
    (error: Error) => error instanceof Unsupported && /"photo"/.test(error.message),
  );
});

test("bad input: a file that vanishes or changes while it is read", async () => {
  for (const [happens, message] of [
    [(path: string) => rmSync(path), /vanished/],
    [(path: string) => writeFileSync(path, "a,b\n1,2\n3,4\n5,6\n"), /changed|vanished/],
  ] as const) {
    const path = put("moving.csv", "a,b\n1,2\n3,4\n");
    const progress = (_done: number, _total: number, unit?: string): void => {
      if (unit === "rows") happens(path);
    };
    await assert.rejects(
      readTable(path, { progress }),
      (error: Error) => error instanceof ResourceError && message.test(error.message),
    );
  }
});

test("a stop is heard, and no temporary folder stays behind", async () => {
  const path = put("stop.csv", `a,b\n${"1,x\n".repeat(100_000)}`);
  await assert.rejects(readTable(path, { signal: AbortSignal.abort() }), Cancelled);
  const controller = new AbortController();
  await assert.rejects(readTable(path, { signal: controller.signal, progress: () => controller.abort() }), Cancelled);
  await readTable(path);
  assert.deepEqual(readdirSync(temporary), []);
});

test("the table does not depend on the number of threads", async () => {
  const rows = Array.from({ length: 150_000 }, (_, i) => `${i},${(i * 37) % 101},k${i % 1000}`);
  const path = put("threads.csv", `i,n,k\n${rows.join("\n")}\n`);
  const [one, two] = await Promise.all([readTable(path, { threads: 1 }), readTable(path, { threads: 2 })]);
  assert.deepEqual(one, two);
  const first = columnOf(one.table, "i");
  assert.ok(first.type === "number" && first.values.every((value, i) => value === i), "rows in the order of the file");
});

test("a file without a line of names loses no row", async () => {
  const read = async (content: string): Promise<{ names: string[]; rows: number; notices: string[] }> => {
    const notices: string[] = [];
    const { table } = await readTable(put("headless.csv", content), { notice: (message) => notices.push(message) });
    return { names: table.columns.map(({ name }) => name), rows: table.rows, notices };
  };
  const sensors = await read("1 1 -0.0007 518.67  \n1 2 0.0019 518.67  \n2 1 -0.0043 518.67  \n");
  assert.deepEqual(sensors.names, ["column_1", "column_2", "column_3", "column_4"]);
  assert.equal(sensors.rows, 3);
  assert.equal(sensors.notices.length, 2);
  assert.match(sensors.notices.join(), /holds data, not names/);
  assert.match(sensors.notices.join(), /ends with 2 empty fields/);
  assert.equal((await read("39,State,77516,13\n50,Self,83311,13\n")).rows, 2);
  assert.equal((await read("112 \n98 \n69 \n")).rows, 3);
  for (const names of ["2019,2020,2021", "name,2021,2020,2019", "id,5,3,9", "a,1,2", ",1,2"])
    assert.equal((await read(`${names}\n${names.split(",").fill("7").join(",")}\n`)).rows, 1, names);
});

test("columns without a name are told of once", async () => {
  const notices: string[] = [];
  await readTable(put("unnamed.csv", ",a,\n1,2,3\n"), { notice: (message) => notices.push(message) });
  assert.deepEqual(notices, ['2 columns have no name: column 1 is called "column_1", column 3 is called "column_3".']);
});

const WRITTEN_NUMBERS: readonly (readonly [string, string, readonly string[], readonly number[]])[] = [
  ["decimal commas", ";", ["2,5", "10", "-0,25"], [2.5, 10, -0.25]],
  ["decimal commas and points between thousands", ";", ["1.234,50", "12,00"], [1234.5, 12]],
  ["commas between thousands", ",", ['"1,234"', '"12"', '"1,234,567"'], [1234, 12, 1234567]],
  ["dollars", ",", ['"$1,234.50"', "$0.25", "-$3.00"], [1234.5, 0.25, -3]],
  ["euros after the number", ";", ["1.234,50 €", "7,00 €"], [1234.5, 7]],
  ["percentages", ",", ["45%", "7%"], [45, 7]],
  ["always two decimals", ",", ["1.50", "2.00", "3.25"], [1.5, 2, 3.25]],
  ["a comma that the delimiter explains", ";", ["1,234", "2,345"], [1.234, 2.345]],
];

for (const [what, delimiter, written, expected] of WRITTEN_NUMBERS)
  test(`numbers with ${what} are read, and written back as they were`, async () => {
    const path = put("written.csv", `x${delimiter}y\n${written.map((cell) => `${cell}${delimiter}a\n`).join("")}`);
    const { table } = await readTable(path);
    const column = columnOf(table, "x");
    assert.equal(column.type, "number");
    assert.deepEqual(column.type === "number" && [...column.values], expected);
    const csv = join(folder, "written-back.csv");
    async function* chunks(): AsyncGenerator<Table> {
      yield table;
    }
    await writeTable(chunks(), { parquet: join(folder, "written-back.parquet"), csv, metadata: {} });
    const plain = (cell: string): string => cell.replaceAll('"', "");
    const lines = readFileSync(csv, "utf8").trim().split("\n").slice(1);
    assert.deepEqual(
      lines.map((line) => plain(line.slice(0, line.lastIndexOf(",")))),
      written.map(plain),
    );
  });

test("texts that only resemble numbers stay text", async () => {
  for (const values of [
    ["1.2.3", "4.5.6"],
    ["$5", "5%"],
    ["007,5", "1,5"],
    ["1,23,4", "5"],
    ["3,5", "3.5"],
  ]) {
    const path = put("unwritten.csv", `x;y\n${values.map((cell) => `${cell};a\n`).join("")}`);
    assert.equal(columnOf((await readTable(path)).table, "x").type, "text", values.join());
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Column,
  cellOf,
  columnOf,
  concatRows,
  lengthOf,
  sliceRows,
  type Table,
  tableOf,
} from "../../src/data/table.ts";
import { randomFromSeed } from "../../src/random.ts";
import { inferSchema } from "../../src/schema/infer.ts";
import { type RestoreRecord, reduceTable, restoreFrom } from "../../src/schema/reduce.ts";
import type { ColumnSchema, TableSchema } from "../../src/schema/schema.ts";
import { type NumberArray, pack, unpack } from "../../src/synthesizers/pack.ts";
import { tableFromCells, tableFromCsv } from "./csv.ts";
import { peopleTable } from "./people.ts";

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const cells = (column: Column): (string | number | null)[] => range(lengthOf(column)).map((row) => cellOf(column, row));

/** As a file keeps it: JSON, and the bytes of each array. */
function throughBytes(record: RestoreRecord): { readonly record: RestoreRecord; readonly text: string } {
  const { header, arrays } = pack(record);
  const text = JSON.stringify(header);
  const back = Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => {
      const type = array.constructor as new (buffer: ArrayBuffer) => NumberArray;
      return [name, new type(Uint8Array.from(new Uint8Array(array.buffer, array.byteOffset, array.byteLength)).buffer)];
    }),
  );
  return {
    record: unpack({ header: JSON.parse(text), arrays: back }) as RestoreRecord,
    text: `${text}\n${Object.values(arrays)
      .map((array) => Array.from(array).join(" "))
      .join("\n")}`,
  };
}

/** Both ways to make twice the modelled rows whole, in chunks of 300. */
async function bothWays(table: Table, schema: TableSchema): Promise<readonly [running: Table, loaded: Table]> {
  const { modelled, restore, record } = reduceTable(table, schema);
  const loaded = restoreFrom(throughBytes(record).record);
  const sample = concatRows([modelled, modelled]);
  const whole = async (how: typeof restore): Promise<Table> => {
    const parts: Table[] = [];
    for (let start = 0; start < sample.rows; start += 300)
      parts.push(await how(sliceRows(sample, start, Math.min(sample.rows, start + 300)), start, randomFromSeed(5)));
    return concatRows(parts);
  };
  return [await whole(restore), await whole(loaded)];
}

/** Equal cells, ways of writing them and of being missing; dictionaries may differ. */
function sameTable(got: Table, want: Table, except: readonly string[] = []): void {
  assert.deepEqual(
    got.columns.map(({ name }) => name),
    want.columns.map(({ name }) => name),
  );
  for (const column of want.columns) {
    const own = columnOf(got, column.name);
    const form = (it: Column): unknown => ({ ...it, values: 0, codes: 0, dictionary: 0, missing: it.missing?.tokens });
    assert.deepEqual(form(own), form(column), column.name);
    if (!except.includes(column.name)) assert.deepEqual(cells(own), cells(column), column.name);
    assert.deepEqual(Array.from(own.missing?.codes ?? []), Array.from(column.missing?.codes ?? []), column.name);
  }
}

function edited(schema: TableSchema, changes: Readonly<Record<string, Partial<ColumnSchema>>>): TableSchema {
  return { ...schema, columns: schema.columns.map((column) => ({ ...column, ...changes[column.name] })) };
}

test("a record through JSON and bytes restores the same table: constants, functions, missing codes, declarations", async () => {
  const n = 600;
  const cellsOf: Readonly<Record<string, readonly (string | number)[]>> = {
    price: range(n).map((i) => (i % 6 === 0 ? -1 : i)),
    size: range(n).map((i) => (i % 9 === 0 ? -999 : 100 + (i % 80))),
    one: range(n).map((i) => (i % 300 === 0 ? "" : "A")),
    parent: range(n).map((i) => (i % 7 === 0 ? "" : `p${i % 5}`)),
    child: range(n).map((i) => (i % 7 === 0 ? "" : i % 5)),
    label: range(n).map((i) => (i % 7 === 0 ? "none" : `c${i % 5}`)),
    twice: range(n).map((i) => (i % 9 === 0 ? -999 : 100 + (i % 80))),
    plan: range(n).map((i) => ["a", "b", "?"][i % 3] as string),
    height: range(n).map((i) => i / 4),
    day: range(n).map((i) => `2024-0${1 + (i % 9)}-1${i % 10}`),
  };
  const made = tableFromCells(cellsOf);
  const table = tableOf(
    made.columns.map((column) =>
      column.name === "height" && column.type === "number"
        ? { ...column, format: { decimal: ",", group: ".", prefix: "", suffix: " cm", places: 2 } }
        : column,
    ),
  );
  const schema = edited(inferSchema(table), {
    plan: { kind: "categorical", categories: ["a"], missingCodes: ["?"] },
    price: { kind: "integer", range: [100, 300], missingCodes: ["-1"] },
    height: { kind: "continuous", decimals: 0, range: [10, 100] },
  });
  const { record } = reduceTable(table, schema);
  assert.deepEqual(
    record.columns.map(({ make }) => make).sort(),
    ["constant", "lookup", "lookup", ...range(7).map(() => "modelled")],
    "every way of putting back that is meant to be tried",
  );
  const [running, loaded] = await bothWays(table, schema);
  sameTable(loaded, running);
  const heights = cells(columnOf(loaded, "height")) as number[];
  assert.equal(Math.min(...heights), 10);
  assert.equal(Math.max(...heights), 100);
  // What stands for "missing" is no value: neither moved into a range nor redrawn as a label.
  const prices = new Set(cells(columnOf(loaded, "price")));
  assert.ok(prices.has(-1) && prices.has(100) && prices.has(300) && !prices.has(99));
  assert.ok(!cells(columnOf(loaded, "plan")).includes("b") && cells(columnOf(loaded, "plan")).includes("?"));
});

test("copies of a column of many numbers and of days come back too", async () => {
  const table = tableFromCells({
    amount: range(900).map((i) => (i * 7919) % 1009),
    again: range(900).map((i) => (i * 7919) % 1009),
    day: range(900).map((i) => `20${String(10 + (i % 80)).padStart(2, "0")}-0${1 + (i % 9)}-1${i % 10}`),
    dayAgain: range(900).map((i) => `20${String(10 + (i % 80)).padStart(2, "0")}-0${1 + (i % 9)}-1${i % 10}`),
    y: range(900).map((i) => i % 3),
  });
  const { record } = reduceTable(table, inferSchema(table));
  assert.deepEqual(
    record.columns.map(({ make }) => make),
    ["modelled", "copy", "modelled", "copy", "modelled"],
  );
  const [running, loaded] = await bothWays(table, inferSchema(table));
  sameTable(loaded, running);
});

test("a number that the source does not hold takes the cell of the nearest one, from a record too", async () => {
  const table = tableFromCells({
    step: range(300).map((i) => 10 * (i % 6)),
    name: range(300).map((i) => `s${i % 6}`),
    y: range(300).map((i) => i % 7),
  });
  const { modelled, record } = reduceTable(table, inferSchema(table));
  const sample = sliceRows(modelled, 0, 5);
  const steps = Float64Array.of(-7, 14, 16, 99, Number.NaN);
  const chunk = tableOf(
    sample.columns.map((column) =>
      column.type === "number" && column.name === "step" ? { ...column, values: steps } : column,
    ),
  );
  const back = await restoreFrom(throughBytes(record).record)(chunk, 0, randomFromSeed(1));
  assert.deepEqual(cells(columnOf(back, "name")), ["s0", "s1", "s2", "s5", null]);
});

test("files of people, machines, credits: all but the identifiers is the same cell by cell, and those keep format and missing cells", async () => {
  for (const table of [peopleTable("en", 900), tableFromCsv("ai4i2020.csv.gz"), tableFromCsv("german-credit.csv.gz")]) {
    const schema = inferSchema(table);
    const identifiers = schema.columns.filter(({ kind }) => kind === "identifier").map(({ name }) => name);
    const [running, loaded] = await bothWays(table, schema);
    sameTable(loaded, running, identifiers);
    for (const name of identifiers) {
      const one = cells(columnOf(running, name));
      const other = cells(columnOf(loaded, name));
      // Only a value that would have been a real one is another: few formats are nearly full.
      const differ = one.filter((value, row) => value !== other[row]).length;
      assert.ok(differ <= one.length / 2, `${name}: ${differ} of ${one.length} differ`);
      assert.deepEqual(
        other.map((value) => value === null),
        one.map((value) => value === null),
        name,
      );
      if (schema.columns.find((column) => column.name === name)?.identifier?.unique) {
        const present = other.filter((value) => value !== null);
        assert.equal(new Set(present).size, present.length, `${name}: unique`);
      }
    }
  }
});

test("no real identifier stands in a record", () => {
  for (const table of [peopleTable("en", 900), peopleTable("de", 900), tableFromCsv("ai4i2020.csv.gz")]) {
    const schema = inferSchema(table);
    const { text } = throughBytes(reduceTable(table, schema).record);
    const words = new Set(text.split(/[^\p{L}\p{N}.-]+/u));
    let looked = 0;
    for (const { name, identifier } of schema.columns) {
      if (!identifier) continue;
      for (const value of new Set(cells(columnOf(table, name)))) {
        const written = String(value ?? "");
        // A small number may be a count, and "01234" stands inside the digits.
        if (written.length < 5 || (typeof value === "number" && written.length < 8)) continue;
        looked++;
        assert.ok(written.length < 8 ? !words.has(written) : !text.includes(written), `${name}: "${written}"`);
      }
    }
    assert.ok(looked > 800, `${looked} values looked for`);
  }
});

test("a search of a record would find an identifier that stands in it", () => {
  const table = tableFromCells({ name: range(60).map((i) => `Anna ${i % 3}`), y: range(60).map((i) => i % 4) });
  const schema = edited(inferSchema(table), { name: { kind: "categorical", categories: ["Anna 1"] } });
  assert.match(throughBytes(reduceTable(table, schema).record).text, /Anna 1/);
});

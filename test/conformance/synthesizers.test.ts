import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { type Column, columnOf, concatRows, sliceRows, type Table, tableOf } from "../../src/data/table.ts";
import { Cancelled, InvalidArgument } from "../../src/errors.ts";
import { localExecutor } from "../../src/executors/local.ts";
import { threadExecutor } from "../../src/executors/threads.ts";
import { randomFromSeed } from "../../src/random.ts";
import type { ColumnSchema, TableSchema } from "../../src/schema/schema.ts";
import { synthesizerNamed, synthesizers } from "../../src/synthesizers/index.ts";
import { CHUNK_ROWS, type Fitted, type Synthesizer } from "../../src/synthesizers/synthesizer.ts";

const local = localExecutor();
const threads = threadExecutor(2);
after(() => threads.close());

for (const entry of Object.values(synthesizers)) {
  const synthesizer = entry as unknown as Synthesizer<unknown>;
  describe(`synthesizer ${synthesizer.name}`, () => {
    test("is found by its name, and every option has a default", () => {
      assert.equal(synthesizerNamed(synthesizer.name), synthesizer);
      assert.ok(synthesizer.options.safeParse({}).success);
      assert.ok(!synthesizer.options.safeParse({ noSuchOption: 1 }).success);
    });

    test("gives the same bytes on one thread and on two", async () => {
      const table = mixedTable(600, 1);
      const one = await sampled(await fitted(synthesizer, table, 1, local), CHUNK_ROWS + 50, 2, local);
      const two = await sampled(await fitted(synthesizer, table, 1, threads), CHUNK_ROWS + 50, 2, threads);
      assert.deepEqual(cellsOf(one), cellsOf(two));
    });

    test("another seed gives other rows; the first chunk does not depend on how many follow", async () => {
      const model = await fitted(synthesizer, mixedTable(300, 1), 1, local);
      const short = await sampled(model, CHUNK_ROWS, 3, local);
      const long = await sampled(model, CHUNK_ROWS + 7, 3, local);
      assert.equal(long.rows, CHUNK_ROWS + 7);
      assert.deepEqual(cellsOf(short), cellsOf(sliceRows(long, 0, CHUNK_ROWS)));
      assert.notDeepEqual(cellsOf(short), cellsOf(await sampled(model, CHUNK_ROWS, 4, local)));
    });

    test("keeps names, order, types and storage of columns, and only labels, tokens and amounts of the source", async () => {
      const table = mixedTable(800, 1);
      const out = await sampled(await fitted(synthesizer, table, 1, local), 1000, 1, local);
      assert.equal(out.rows, 1000);
      table.columns.forEach((column, j) => {
        const other = out.columns[j] as Column;
        assert.deepEqual([other.name, other.type, other.storage], [column.name, column.type, column.storage]);
        if (column.type === "text" && other.type === "text") {
          const known = new Set(column.dictionary);
          for (const code of other.codes) assert.ok(code === -1 || known.has(other.dictionary[code] as string));
        } else if (column.type !== "text" && other.type !== "text") {
          const real = column.values.filter((value) => !Number.isNaN(value)).sort();
          for (const value of other.values)
            assert.ok(Number.isNaN(value) || (value >= real[4]! && value <= real[real.length - 5]!));
        }
      });
      const whole = columnOf(out, "count");
      assert.ok(
        whole.type === "number" && whole.values.every((value) => Number.isNaN(value) || Number.isInteger(value)),
      );
      const money = columnOf(out, "money");
      assert.ok(
        money.type === "number" &&
          money.values.every((value) => Math.abs(value * 100 - Math.round(value * 100)) < 1e-6),
      );
      const day = columnOf(out, "day");
      assert.ok(
        day.type === "date" && day.format === "%d/%m/%Y" && day.values.every((value) => value % 86_400_000 === 0),
      );
      const coded = columnOf(out, "coded");
      assert.deepEqual(coded.missing?.tokens, ["", "-999"]);
      const tokens = new Set<number>();
      if (coded.type === "number")
        coded.values.forEach((value, i) => {
          if (Number.isNaN(value)) tokens.add(coded.missing?.codes[i] as number);
        });
      assert.deepEqual([...tokens].sort(), [0, 1]);
    });

    test("does not release a value or a label that fewer than five rows hold", async () => {
      const n = 2000;
      const random = randomFromSeed(9);
      // 40 labels of three rows each among common ones; amounts that are all different, on a grid far finer than the rows.
      const labels = Array.from({ length: n }, (_, i) => (i < 120 ? `rare ${i % 40}` : `common ${i % 7}`));
      const amounts = Float64Array.from({ length: n }, () => random.normal() * 1000);
      const table = tableOf([textColumn("label", labels), numberColumn("amount", amounts)]);
      const schema = schemaFor(table);
      const out = await sampled(await fitted(synthesizer, table, 1, local, schema), 20_000, 1, local);
      const label = columnOf(out, "label");
      assert.ok(label.type === "text");
      assert.ok(!label.dictionary.some((word) => word.startsWith("rare")));
      const amount = columnOf(out, "amount");
      assert.ok(amount.type === "number");
      const sorted = amounts.slice().sort();
      const real = new Set(amounts);
      // The two ends of the range, which five rows reach, are the only real amounts.
      const ends = new Set([sorted[4], sorted[n - 5]]);
      assert.equal(amount.values.filter((value) => real.has(value) && !ends.has(value)).length, 0);
    });

    test("a label held by enough rows is not lost", async () => {
      const random = randomFromSeed(10);
      const n = 4000;
      const labels = Array.from({ length: n }, (_, i) => (i < 40 ? `seldom ${i % 2}` : `often ${random.integer(300)}`));
      const table = tableOf([
        textColumn("label", labels),
        numberColumn(
          "x",
          Float64Array.from(labels, () => random.normal()),
        ),
      ]);
      const out = columnOf(await sampled(await fitted(synthesizer, table, 1, local), n, 1, local), "label");
      assert.ok(out.type === "text");
      const seen = new Set([...out.codes].map((code) => out.dictionary[code]));
      // Expected twenty times each: absent by chance once in 5e8.
      assert.ok(seen.has("seldom 0") && seen.has("seldom 1"));
      // More labels than codes: 300, held by some 13 rows each.
      assert.ok(seen.size > 280, `${seen.size} labels`);
    });

    test("saves a header that survives JSON, and typed arrays", async () => {
      const record = (await fitted(synthesizer, mixedTable(200, 1), 1, local)).save();
      assert.equal(record.synthesizer, synthesizer.name);
      assert.deepEqual(JSON.parse(JSON.stringify(record.header)), record.header);
      for (const array of Object.values(record.arrays)) assert.ok(ArrayBuffer.isView(array));
    });

    test("stops when told to, while fitting and while sampling", async () => {
      const table = mixedTable(300, 1);
      const signal = AbortSignal.abort();
      await assert.rejects(
        synthesizer.fit(table, {
          schema: schemaFor(table),
          options: synthesizer.options.parse({}),
          random: randomFromSeed(1),
          executor: local,
          signal,
        }),
        Cancelled,
      );
      const model = await fitted(synthesizer, table, 1, local);
      const stop = new AbortController();
      await assert.rejects(async () => {
        for await (const chunk of model.sample(5 * CHUNK_ROWS, {
          random: randomFromSeed(1),
          executor: local,
          signal: stop.signal,
        })) {
          assert.ok(chunk.rows > 0);
          stop.abort();
        }
      }, Cancelled);
    });

    for (const [title, table] of edgeTables())
      test(`edge table: ${title}`, async () => {
        const out = await sampled(await fitted(synthesizer, table, 1, local), 100, 1, local);
        assert.equal(out.rows, 100);
        assert.deepEqual(
          out.columns.map((column) => [column.name, column.type, column.storage]),
          table.columns.map((column) => [column.name, column.type, column.storage]),
        );
        for (const column of out.columns)
          if (column.type === "text")
            assert.ok(column.codes.every((code) => code >= -1 && code < column.dictionary.length));
      });
  });
}

test("an unknown synthesizer is refused with the nearest name and the whole list", () => {
  assert.throws(
    () => synthesizerNamed("sequential-tree"),
    (error: unknown) =>
      error instanceof InvalidArgument &&
      /Did you mean "sequential-trees"/.test(error.message) &&
      /independent, sequential-trees/.test(error.advice ?? ""),
  );
});

function* edgeTables(): Iterable<[string, Table]> {
  const number = (values: number[]): Table => tableOf([numberColumn("x", Float64Array.from(values))]);
  yield ["one row", tableOf([numberColumn("x", Float64Array.of(3)), textColumn("t", ["a"])])];
  yield ["no rows", tableOf([numberColumn("x", new Float64Array(0)), textColumn("t", [])])];
  yield ["twenty rows", mixedTable(20, 2)];
  yield ["one column", number([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])];
  yield [
    "all missing",
    tableOf([
      numberColumn("x", new Float64Array(50).fill(Number.NaN)),
      textColumn("t", new Array(50).fill(null)),
      numberColumn(
        "y",
        Float64Array.from({ length: 50 }, (_, i) => i),
      ),
    ]),
  ];
  yield [
    "constant columns",
    tableOf([numberColumn("x", new Float64Array(50).fill(7)), textColumn("t", new Array(50).fill("same"))]),
  ];
  yield [
    "all distinct",
    tableOf([
      numberColumn(
        "x",
        Float64Array.from({ length: 400 }, (_, i) => i * 1.37),
      ),
      textColumn(
        "t",
        Array.from({ length: 400 }, (_, i) => `label ${i}`),
      ),
    ]),
  ];
  yield [
    "600 categories",
    tableOf([
      textColumn(
        "t",
        Array.from({ length: 6000 }, (_, i) => `label ${i % 600}`),
      ),
      numberColumn(
        "x",
        Float64Array.from({ length: 6000 }, (_, i) => i % 97),
      ),
    ]),
  ];
  yield [
    "infinite and huge numbers",
    tableOf([
      numberColumn(
        "x",
        Float64Array.from({ length: 200 }, (_, i) => (i % 50 === 0 ? Number.POSITIVE_INFINITY : i * 1e300)),
      ),
      numberColumn(
        "y",
        Float64Array.from({ length: 200 }, (_, i) => (i === 3 ? Number.NEGATIVE_INFINITY : i)),
      ),
    ]),
  ];
}

function mixedTable(n: number, seed: number): Table {
  const random = randomFromSeed(seed).split("table");
  const hidden = Float64Array.from({ length: n }, () => random.normal());
  const coded = hidden.map((value) => (random.uniform() < 0.3 ? Number.NaN : value * 10));
  return tableOf([
    textColumn(
      "place",
      [...hidden].map((value) =>
        random.uniform() < 0.1 ? null : value > 0 ? "north" : random.uniform() < 0.5 ? "east" : "west",
      ),
    ),
    numberColumn(
      "count",
      hidden.map((value) => Math.round(20 + 5 * value)),
      "integer",
    ),
    numberColumn(
      "money",
      hidden.map((value) => Math.round(100 * Math.exp(6 + value)) / 100),
    ),
    {
      ...numberColumn("coded", coded),
      missing: { tokens: ["", "-999"], codes: Uint8Array.from(coded, () => random.integer(2)) },
    },
    {
      name: "day",
      type: "date",
      storage: "date",
      format: "%d/%m/%Y",
      values: hidden.map((value) => 86_400_000 * Math.round(18_000 + 400 * value)),
    },
    {
      name: "flag",
      type: "text",
      storage: "boolean",
      dictionary: ["false", "true"],
      codes: Int32Array.from(hidden, (value) => (value + random.normal() > 0 ? 1 : 0)),
    },
  ]);
}

function numberColumn(name: string, values: Float64Array, storage: "integer" | "double" = "double"): Column {
  return { name, type: "number", values, storage };
}

function textColumn(name: string, labels: readonly (string | null)[]): Column {
  const dictionary = [...new Set(labels.filter((label) => label !== null))];
  const index = new Map(dictionary.map((label, i) => [label, i]));
  const codes = Int32Array.from(labels, (label) => (label === null ? -1 : (index.get(label) as number)));
  return { name, type: "text", codes, dictionary, storage: "text" };
}

function schemaFor(table: Table): TableSchema {
  const kinds = { number: "continuous", date: "date", text: "categorical" } as const;
  return {
    format: "counterfoil-schema/1",
    notes: [],
    columns: table.columns.map(
      (column): ColumnSchema => ({
        name: column.name,
        type: column.type,
        kind: column.type === "text" && column.storage === "boolean" ? "boolean" : kinds[column.type],
        evidence: [],
        ...(column.name === "money" ? { decimals: 2 } : {}),
      }),
    ),
  };
}

function fitted(
  synthesizer: Synthesizer<unknown>,
  table: Table,
  seed: number,
  executor: typeof local,
  schema: TableSchema = schemaFor(table),
): Promise<Fitted> {
  return synthesizer.fit(table, {
    schema,
    options: synthesizer.options.parse({}),
    random: randomFromSeed(seed),
    executor,
  });
}

async function sampled(model: Fitted, rows: number, seed: number, executor: typeof local): Promise<Table> {
  const chunks: Table[] = [];
  for await (const chunk of model.sample(rows, { random: randomFromSeed(seed), executor })) chunks.push(chunk);
  return concatRows(chunks);
}

function cellsOf(table: Table): unknown {
  return table.columns.map((column) => [
    column.name,
    column.type === "text" ? column.codes : column.values,
    column.missing?.codes,
  ]);
}

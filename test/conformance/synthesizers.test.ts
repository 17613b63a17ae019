import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import {
  type Column,
  cellOf,
  columnOf,
  concatRows,
  isMissing,
  sliceRows,
  type Table,
  tableOf,
  takeColumn,
} from "../../src/data/table.ts";
import { type Budget, createBudget } from "../../src/dp/budget.ts";
import { Cancelled, InvalidArgument, InvalidData } from "../../src/errors.ts";
import { localExecutor } from "../../src/executors/local.ts";
import { threadExecutor } from "../../src/executors/threads.ts";
import { randomFromSeed, secureSource } from "../../src/random.ts";
import type { ColumnCondition } from "../../src/schema/column-condition.ts";
import type { ColumnSchema, TableSchema } from "../../src/schema/schema.ts";
import { synthesizerNamed, synthesizers } from "../../src/synthesizers/index.ts";
import { completeSchema } from "../../src/synthesizers/private/complete-schema.ts";
import { CHUNK_ROWS, type Fitted, type SampleOptions, type Synthesizer } from "../../src/synthesizers/synthesizer.ts";

/** Synthesizers that draw no rows under conditions yet. */
const PENDING: readonly string[] = [];

const local = localExecutor();
const threads = threadExecutor(2);
after(() => threads.close());

for (const entry of Object.values(synthesizers)) {
  const synthesizer = entry as unknown as Synthesizer<unknown>;
  const isPrivate = synthesizer.guarantee === "dp";
  describe(`synthesizer ${synthesizer.name}`, () => {
    test("is found by its name, and every option has a default", () => {
      assert.equal(synthesizerNamed(synthesizer.name), synthesizer);
      assert.ok(synthesizer.options.safeParse({}).success);
      assert.ok(!synthesizer.options.safeParse({ noSuchOption: 1 }).success);
    });

    test("gives the same bytes on one thread and on two", async () => {
      const table = mixedTable(600, 1);
      const model = await fitted(synthesizer, table, 1, local);
      const one = await sampled(model, CHUNK_ROWS + 50, 2, local);
      // Noise for privacy can be drawn but once: no two such fits are alike.
      const again = isPrivate ? model : await fitted(synthesizer, table, 1, threads);
      const two = await sampled(again, CHUNK_ROWS + 50, 2, threads);
      assert.deepEqual(cellsOf(one), cellsOf(two));
    });

    if (isPrivate) {
      test("does nothing without a budget, and spends all of one", async () => {
        const table = mixedTable(300, 1);
        const how = {
          schema: declared(table, schemaFor(table)),
          options: optionsOf(synthesizer),
          random: randomFromSeed(1),
          executor: local,
        };
        await assert.rejects(
          synthesizer.fit(table, how),
          (error: unknown) => error instanceof InvalidArgument && error.code === "needs-budget",
        );
        const budget = ampleBudget();
        await synthesizer.fit(table, { ...how, budget });
        assert.ok(budget.lines.length > table.columns.length);
        assert.ok(budget.remaining < 1e-9 * budget.rho, `${budget.remaining} of ${budget.rho} is left`);
      });

      test("the same seed gives another fit, for its noise is nobody's to repeat", async () => {
        const table = mixedTable(300, 1);
        const one = await sampled(await fitted(synthesizer, table, 1, local), 300, 2, local);
        const two = await sampled(await fitted(synthesizer, table, 1, local), 300, 2, local);
        assert.notDeepEqual(cellsOf(one), cellsOf(two));
      });

      test("knows about how many rows it learned from", async () => {
        const model = await fitted(synthesizer, mixedTable(600, 1), 1, local);
        // The noise of a total is below one at this budget.
        assert.ok(Math.abs((model.learnedRows as number) - 600) < 20, `${model.learnedRows} rows`);
      });

      test("a domain of more values than a code can tell apart is refused", async () => {
        const table = tableOf([
          textColumn(
            "t",
            Array.from({ length: 600 }, (_, i) => `label ${i % 300}`),
          ),
        ]);
        const budget = ampleBudget();
        const schema = declared(table, schemaFor(table), 300);
        await assert.rejects(
          synthesizer.fit(table, {
            schema,
            options: optionsOf(synthesizer),
            random: randomFromSeed(1),
            executor: local,
            budget,
          }),
          (error: unknown) => error instanceof InvalidArgument && error.message.includes('"t"'),
        );
        assert.equal(budget.lines.length, 0);
      });
    }

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
      assert.deepEqual([...(coded.missing?.tokens ?? [])].sort(), ["", "-999"]);
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
      const schema = isPrivate ? found(table) : schemaFor(table);
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
      // More labels than codes: 300, held by some 13 rows each; a public domain has no more than a code can tell apart.
      assert.ok(seen.size > (isPrivate ? 180 : 280), `${seen.size} labels`);
    });

    test("saves a header that survives JSON, and typed arrays", async () => {
      const record = (await fitted(synthesizer, mixedTable(200, 1), 1, local)).save();
      assert.equal(record.synthesizer, synthesizer.name);
      assert.deepEqual(JSON.parse(JSON.stringify(record.header)), record.header);
      for (const array of Object.values(record.arrays)) assert.ok(ArrayBuffer.isView(array));
    });

    test("a saved model, loaded, gives the same bytes", async () => {
      const model = await fitted(synthesizer, mixedTable(400, 1), 1, local);
      const { header, arrays, ...rest } = model.save();
      const loaded = synthesizer.load({
        ...rest,
        header: JSON.parse(JSON.stringify(header)),
        // As a file gives them: copies that are not shared.
        arrays: Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, array.slice()])),
      });
      assert.deepEqual(cellsOf(await sampled(loaded, 500, 2, threads)), cellsOf(await sampled(model, 500, 2, threads)));
      assert.deepEqual(loaded.notes, model.notes);
      assert.throws(
        () => synthesizer.load({ ...model.save(), header: { ...header, format: "counterfoil-other/9" } }),
        (error: unknown) => error instanceof InvalidData && /reads "counterfoil-/.test(error.message),
      );
      const [first] = Object.keys(arrays);
      assert.throws(
        () => synthesizer.load({ ...model.save(), arrays: { ...arrays, [first as string]: undefined as never } }),
        (error: unknown) => error instanceof InvalidData && error.message.includes(`"${first}"`),
      );
    });

    if (!PENDING.includes(synthesizer.name)) {
      const where: readonly ColumnCondition[] = [
        { column: "count", missing: false, intervals: [[22, 30]] },
        { column: "place", missing: true, labels: ["north"] },
      ];

      test("every row meets the conditions, and the other columns are as in the rows that meet them by chance", async () => {
        const model = await fitted(synthesizer, mixedTable(1500, 1), 1, local);
        const rates: [number, number][] = [];
        const out = await sampled(model, 2000, 2, local, { where, onAcceptance: (...rate) => rates.push(rate) });
        assert.equal(out.rows, 2000);
        const count = numbersIn(out, "count");
        assert.ok(count.every((value) => value >= 22 && value <= 30));
        const place = columnOf(out, "place");
        assert.ok(
          place.type === "text" && place.codes.every((code) => code === -1 || place.dictionary[code] === "north"),
        );
        assert.deepEqual(
          rates.map(([kept, drawn]) => [kept, drawn >= kept]),
          [[2000, true]],
        );
        if (model.conditions === "exact") assert.equal(rates[0]?.[1], 2000);
        // By chance: from rows drawn without a condition.
        const free = await sampled(model, CHUNK_ROWS, 3, local);
        const freePlace = columnOf(free, "place");
        const met = [...numbersIn(free, "count").keys()].filter((row) => {
          const value = numbersIn(free, "count")[row] as number;
          const code = freePlace.type === "text" ? (freePlace.codes[row] as number) : -1;
          return (
            value >= 22 &&
            value <= 30 &&
            (code === -1 || (freePlace.type === "text" && freePlace.dictionary[code] === "north"))
          );
        });
        const money = (table: Table, rows: readonly number[]): number[] =>
          rows.map((row) => numbersIn(table, "money")[row] as number).sort((a, b) => a - b);
        const distance = twoSampleDistance(
          money(
            out,
            Array.from({ length: out.rows }, (_, row) => row),
          ),
          money(free, met),
        );
        // Kolmogorov-Smirnov at a false-alarm rate of 1e-6; the limit of two large samples.
        const limit = Math.sqrt((Math.log(2e6) / 2) * (1 / out.rows + 1 / met.length));
        assert.ok(distance < limit, `distance ${distance} of ${limit}, ${met.length} rows by chance`);
        if (model.probability) {
          const p = await model.probability(where);
          const seen = met.length / free.rows;
          // Five standard errors: one false alarm in 1.7 million.
          assert.ok(Math.abs(seen - p) < 5 * Math.sqrt((p * (1 - p)) / free.rows) + 1e-9, `chance ${p}, share ${seen}`);
        }
      });

      test("conditions that cannot be met are refused with what can", async () => {
        const model = await fitted(synthesizer, mixedTable(300, 1), 1, local);
        const refused = async (condition: ColumnCondition, pattern: RegExp): Promise<void> => {
          await assert.rejects(
            sampled(model, 10, 1, local, { where: [condition] }),
            (error: unknown) =>
              error instanceof InvalidArgument && pattern.test(`${error.message} ${error.advice ?? ""}`),
          );
        };
        await refused({ column: "palce", missing: false, labels: ["north"] }, /Did you mean "place"/);
        await refused({ column: "place", missing: false, labels: ["nroth"] }, /Did you mean "north"/);
        await refused({ column: "count", missing: false, intervals: [[1000, 2000]] }, /goes from/);
        await refused({ column: "count", missing: true, intervals: [] }, /never missing/);
      });

      test("fills what is missing, leaves what is there, and lets the one tell the other", async () => {
        const table = mixedTable(2000, 1);
        const model = await fitted(synthesizer, table, 1, local);
        const other = mixedTable(600, 7);
        // Half of the counts are taken away, and one column altogether.
        const partly = tableOf(
          other.columns.flatMap((column) =>
            column.name === "money"
              ? []
              : column.name === "count" && column.type === "number"
                ? [{ ...column, values: column.values.map((value, row) => (row % 2 ? Number.NaN : value)) }]
                : [column],
          ),
        );
        const whole = await model.complete(partly, { random: randomFromSeed(3), executor: local });
        assert.deepEqual(
          whole.columns.map(({ name }) => name),
          table.columns.map(({ name }) => name),
        );
        assert.equal(whole.rows, 600);
        for (const column of whole.columns) for (let row = 0; row < 600; row++) assert.ok(!isMissing(column, row));
        for (const column of partly.columns) {
          const now = columnOf(whole, column.name);
          for (let row = 0; row < 600; row++)
            if (!isMissing(column, row)) assert.equal(cellOf(now, row), cellOf(column, row));
        }
        const again = await model.complete(partly, { random: randomFromSeed(3), executor: threads });
        assert.deepEqual(cellsOf(again), cellsOf(whole));
        if (synthesizer.name === "independent") return;
        // The money that was taken away goes with the count that is there: a correlation of independent columns would be above .2 once in 2e5.
        const rows = Array.from({ length: 300 }, (_, i) => 2 * i);
        const count = numbersIn(whole, "count");
        const money = numbersIn(whole, "money");
        const r = correlation(
          rows.map((row) => count[row] as number),
          rows.map((row) => Math.log(money[row] as number)),
        );
        assert.ok(r > 0.25, `correlation ${r}`);
      });

      test("rows of the training table are likelier than rows put together at random", async () => {
        const table = mixedTable(1000, 1);
        const model = await fitted(synthesizer, table, 1, local);
        if (!model.logLikelihood) return;
        const own = await model.logLikelihood(table, { executor: local });
        assert.equal(own.length, 1000);
        assert.ok(own.every((value) => Number.isFinite(value) && value < 0));
        const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
        const mixed = tableOf(
          table.columns.map((column) => {
            const order = randomFromSeed(5)
              .split(column.name)
              .shuffle(Uint32Array.from({ length: 1000 }, (_, row) => row));
            return takeColumn(column, order);
          }),
        );
        const strange = await model.logLikelihood(mixed, { executor: local });
        if (synthesizer.name === "independent") assert.ok(Math.abs(mean(strange) - mean(own)) < 1e-9);
        else assert.ok(mean(strange) < mean(own) - 0.5, `${mean(strange)} and ${mean(own)}`);
      });
    }

    test("stops when told to, while fitting and while sampling", async () => {
      const table = mixedTable(300, 1);
      const signal = AbortSignal.abort();
      await assert.rejects(
        synthesizer.fit(table, {
          schema: isPrivate ? declared(table, schemaFor(table)) : schemaFor(table),
          options: synthesizer.options.parse({}),
          random: randomFromSeed(1),
          executor: local,
          signal,
          ...(isPrivate ? { budget: ampleBudget() } : {}),
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
      /auto, sequential-trees, boosted-trees/.test(error.advice ?? ""),
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

/** Most labels that a declared domain has here. */
const MOST_LABELS = 200;

/** A schema as somebody would declare it who may look at the table: what private synthesizers need. Ranges end where five rows do. */
function declared(table: Table, schema: TableSchema, mostLabels = MOST_LABELS): TableSchema {
  return {
    ...schema,
    columns: schema.columns.map((meaning): ColumnSchema => {
      const column = columnOf(table, meaning.name);
      let nullable = false;
      for (let row = 0; row < table.rows; row++) if (isMissing(column, row)) nullable = true;
      const tokens = column.missing?.tokens.filter((token) => token !== "") ?? [];
      const codes = { nullable, ...(tokens.length > 0 ? { missingCodes: tokens } : {}) };
      if (column.type === "text") {
        const labels = column.dictionary.length > 0 ? column.dictionary : ["a"];
        return { ...meaning, ...codes, categories: labels.slice(0, mostLabels) };
      }
      const sorted = column.values.filter(Number.isFinite).sort();
      const low = sorted[Math.min(4, sorted.length - 1)] ?? 0;
      const high = sorted[Math.max(0, sorted.length - 5)] ?? 0;
      const range = [Math.min(low, high), Math.max(low, high)] as const;
      const [from, to] = range;
      const binEnds = Array.from({ length: 24 }, (_, i) => from + ((to - from) * (i + 1)) / 24);
      const isWhole = column.type === "number" && column.storage === "integer" && to - from < 90;
      return { ...meaning, ...codes, range, ...(isWhole || to === from ? {} : { binEnds }) };
    }),
  };
}

/** A schema whose domains were found out under a guarantee. */
function found(table: Table): TableSchema {
  const budget = createBudget({
    epsilon: 2,
    delta: 1e-6,
    reserveDelta: 5e-7,
    unit: { kind: "row", rows: 1 },
    source: secureSource(),
  });
  return completeSchema(table, schemaFor(table), { budget }).schema;
}

/** So much that noise hides nothing. */
function ampleBudget(): Budget {
  return createBudget({ epsilon: 60, delta: 1e-6, unit: { kind: "row", rows: 1 }, source: secureSource() });
}

/** Options under which a synthesizer is as it is, only smaller: what takes seconds at an ample budget is needed a dozen times here. */
const SMALLER: Readonly<Record<string, unknown>> = { aim: { modelCells: 20_000, finalIterations: 100 } };

function optionsOf({ name, options }: Synthesizer<unknown>): unknown {
  return options.parse(SMALLER[name] ?? {});
}

function fitted(
  synthesizer: Synthesizer<unknown>,
  table: Table,
  seed: number,
  executor: typeof local,
  schema?: TableSchema,
): Promise<Fitted> {
  const isPrivate = synthesizer.guarantee === "dp";
  return synthesizer.fit(table, {
    schema: schema ?? (isPrivate ? declared(table, schemaFor(table)) : schemaFor(table)),
    options: optionsOf(synthesizer),
    random: randomFromSeed(seed),
    executor,
    ...(isPrivate ? { budget: ampleBudget() } : {}),
  });
}

async function sampled(
  model: Fitted,
  rows: number,
  seed: number,
  executor: typeof local,
  how: Pick<SampleOptions, "where" | "onAcceptance"> = {},
): Promise<Table> {
  const chunks: Table[] = [];
  for await (const chunk of model.sample(rows, { random: randomFromSeed(seed), executor, ...how })) chunks.push(chunk);
  return concatRows(chunks);
}

function numbersIn(table: Table, name: string): Float64Array {
  const column = columnOf(table, name);
  assert.ok(column.type !== "text");
  return column.values;
}

/** Largest distance between two distribution functions; both samples ascending. */
function twoSampleDistance(a: readonly number[], b: readonly number[]): number {
  let i = 0;
  let j = 0;
  let most = 0;
  while (i < a.length && j < b.length) {
    const x = Math.min(a[i] as number, b[j] as number);
    while (i < a.length && (a[i] as number) <= x) i++;
    while (j < b.length && (b[j] as number) <= x) j++;
    most = Math.max(most, Math.abs(i / a.length - j / b.length));
  }
  return most;
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [ma, mb] = [mean(a), mean(b)];
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [(a[i] as number) - ma, (b[i] as number) - mb];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return ab / Math.sqrt(aa * bb);
}

function cellsOf(table: Table): unknown {
  return table.columns.map((column) => [
    column.name,
    column.type === "text" ? column.codes : column.values,
    column.missing?.codes,
  ]);
}

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Column, type Table, tableOf } from "../../src/data/table.ts";
import {
  type ColumnCodec,
  compare,
  encode,
  encodeColumn,
  fitCodec,
  MAX_LEVELS,
  quantileBins,
} from "../../src/schema/encode.ts";
import { inferSchema } from "../../src/schema/infer.ts";
import type { Kind, TableSchema } from "../../src/schema/schema.ts";
import { tableFromCsv } from "./csv.ts";

function schemaWith(column: Column, kind: Kind, order?: readonly string[]): TableSchema {
  return {
    format: "counterfoil-schema/1",
    notes: [],
    columns: [{ name: column.name, kind, type: column.type, evidence: [], ...(order ? { order } : {}) }],
  };
}

function numbers(values: readonly number[]): Column {
  return { name: "x", type: "number", storage: "double", values: Float64Array.from(values) };
}

function texts(labels: readonly (string | null)[]): Column {
  const dictionary = [...new Set(labels.filter((label) => label !== null))];
  return {
    name: "x",
    type: "text",
    storage: "text",
    dictionary,
    codes: Int32Array.from(labels, (label) => (label === null ? -1 : dictionary.indexOf(label))),
  };
}

/** A cell of each code but the last (unknown), at both ends of a bin. */
function decodeAll(
  codec: ColumnCodec,
  type: Column["type"],
): { readonly column: Column; readonly codes: readonly number[] } {
  const m = codec.missing.length;
  const codes = Array.from({ length: codec.levels - 1 }, (_, code) => code).flatMap((code) => [code, code]);
  const missing = { tokens: codec.missing, codes: Uint8Array.from(codes, (code) => (code < m ? code : 0)) };
  if (type === "text")
    return {
      codes,
      column: {
        name: "x",
        type,
        storage: "text",
        dictionary: codec.labels,
        missing,
        codes: Int32Array.from(codes, (code) => (code < m ? -1 : code - m)),
      },
    };
  const values = Float64Array.from(codes, (code, i) =>
    code < m ? Number.NaN : ((i % 2 === 0 ? codec.lower : codec.upper)[code - m] as number),
  );
  return { codes, column: { name: "x", type: "number", storage: "double", missing, values } };
}

const anyNumbers = fc.array(
  fc.oneof(
    fc.double({ noDefaultInfinity: false }),
    fc.integer({ min: -3, max: 3 }),
    fc.constantFrom(0, -0, Number.NaN, 99999, Number.POSITIVE_INFINITY),
  ),
  { minLength: 1, maxLength: 400, size: "max" },
);

test("bins ascend, do not overlap, hold every value, and are no more than asked for", () => {
  fc.assert(
    fc.property(anyNumbers, fc.integer({ min: 3, max: 250 }), (values, bins) => {
      const { lower, upper } = quantileBins(Float64Array.from(values), bins);
      assert.ok(lower.length <= bins);
      for (let b = 0; b < lower.length; b++) {
        assert.ok((lower[b] as number) <= (upper[b] as number));
        if (b > 0) assert.ok((upper[b - 1] as number) < (lower[b] as number));
      }
      for (const value of values)
        if (!Number.isNaN(value))
          assert.ok(
            lower.some((low, b) => low <= value && value <= (upper[b] as number)),
            `${value} is in no bin`,
          );
    }),
    { seed: 1, numRuns: 200 },
  );
});

test("a value of twice a bin's share is a point of its own, however many there are", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 4, max: 60 }),
      fc.integer({ min: 0, max: 60 }),
      fc.integer({ min: 1, max: 40 }),
      (bins, spikes, light) => {
        // Spikes at even places, light values between them.
        const values: number[] = [];
        for (let s = 0; s < spikes; s++) for (let k = 0; k < 50; k++) values.push(2 * s);
        for (let s = 0; s < 200; s++) for (let k = 0; k < light; k++) values.push(2 * s + 1 + k / 1000);
        const { lower, upper } = quantileBins(Float64Array.from(values), bins);
        assert.ok(lower.length <= bins);
        const counts = new Map<number, number>();
        for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
        for (const [value, count] of counts)
          if (count >= (2 * values.length) / bins)
            assert.ok(
              lower.some((low, b) => low === value && upper[b] === value),
              `${value} is no point`,
            );
      },
    ),
    { seed: 2, numRuns: 60 },
  );
});

test("a few distinct values are points, all of them", () => {
  const { lower, upper } = quantileBins(Float64Array.from([3, 1, 1, -0, 0, Number.NaN]), 5);
  assert.deepEqual([...lower], [0, 1, 3]);
  assert.deepEqual([...upper], [0, 1, 3]);
  assert.equal(quantileBins(Float64Array.from([Number.NaN]), 5).lower.length, 0);
});

test("encoding what a code stands for gives the code back", () => {
  const quantity = fc.tuple(anyNumbers.map(numbers), fc.constant<Kind>("continuous"));
  const category = fc.tuple(
    fc.array(fc.option(fc.string({ maxLength: 3 })), { minLength: 1, maxLength: 600, size: "max" }).map(texts),
    fc.constantFrom<Kind>("categorical", "ordinal", "boolean"),
  );
  fc.assert(
    fc.property(
      fc.oneof(quantity, category),
      fc.array(fc.string({ maxLength: 4 }), { maxLength: 6 }),
      ([column, kind], tokens) => {
        const rows = column.type === "text" ? column.codes.length : column.values.length;
        const all = ["", ...new Set(tokens.filter((token) => token !== ""))];
        const marked: Column = {
          ...column,
          missing: { tokens: all, codes: Uint8Array.from({ length: rows }, (_, i) => i % all.length) },
        };
        const [codec] = fitCodec(tableOf([marked]), schemaWith(marked, kind)).columns;
        assert.ok(codec && codec.levels <= MAX_LEVELS && codec.missing.length <= 4);
        const decoded = decodeAll(codec, column.type);
        assert.deepEqual([...encodeColumn(decoded.column, codec)], decoded.codes);
        for (const code of encodeColumn(marked, codec)) assert.ok(code < codec.levels);
      },
    ),
    { seed: 3 },
  );
});

test("a number outside every bin takes the nearest, a label never met the last code, an unknown way of missing the plain null", () => {
  const column = numbers([0, 0, 10, 10, 20, 20]);
  const [codec] = fitCodec(tableOf([column]), schemaWith(column, "continuous")).columns as [ColumnCodec];
  assert.deepEqual(
    [...encodeColumn(numbers([-5, 4, 6, 14.9, 15.1, 999, Number.NaN, Number.POSITIVE_INFINITY]), codec)],
    [1, 1, 2, 2, 3, 3, 0, 3],
  );
  const labels = texts(["b", "a", null, "b"]);
  const [words] = fitCodec(tableOf([labels]), schemaWith(labels, "categorical")).columns as [ColumnCodec];
  assert.deepEqual([...encodeColumn(texts(["a", "b", "zebra", null]), words)], [1, 2, 3, 0]);
  const strange: Column = { ...numbers([Number.NaN]), missing: { tokens: ["n/a"], codes: Uint8Array.of(0) } };
  assert.deepEqual([...encodeColumn(strange, codec)], [0]);
  // The other side stored the numbers as text, and the other way round.
  assert.deepEqual([...encodeColumn(texts(["10", null]), codec)], [codec.levels - 1, 0]);
  assert.deepEqual([...encodeColumn(numbers([1, Number.NaN]), words)], [words.levels - 1, 0]);
});

test("of 1,000 labels the most frequent are kept, the others share the last code", () => {
  const labels = texts(Array.from({ length: 3000 }, (_, i) => (i % 2 === 0 ? "common" : `label ${i % 1000}`)));
  const [codec] = fitCodec(tableOf([labels]), schemaWith(labels, "categorical")).columns as [ColumnCodec];
  assert.equal(codec.levels, MAX_LEVELS);
  assert.ok(codec.labels.includes("common"));
  assert.deepEqual([...codec.labels], [...codec.labels].sort(compare));
  const rare = fitCodec(tableOf([labels]), schemaWith(labels, "categorical"), { minLabelRows: 5 })
    .columns[0] as ColumnCodec;
  assert.deepEqual(rare.labels, ["common"]);
});

test("an ordinal's codes follow its order, labels outside it come last", () => {
  const labels = texts(["low", "high", "mid", "other"]);
  const [codec] = fitCodec(tableOf([labels]), schemaWith(labels, "ordinal", ["low", "mid", "high"])).columns as [
    ColumnCodec,
  ];
  assert.deepEqual(codec.labels, ["low", "mid", "high", "other"]);
  assert.ok(codec.ordered);
});

test("a real table's quantities keep their spikes and their missing cells", () => {
  const table: Table = tableFromCsv("adult-6000.csv.gz");
  const schema = inferSchema(table);
  const encoded = encode(table, fitCodec(table, schema, { bins: 32 }));
  for (const [j, codec] of encoded.codec.columns.entries()) {
    assert.ok(codec.levels <= 64, `${codec.name} has ${codec.levels} levels`);
    assert.ok(
      (encoded.codes[j] as Uint8Array).every((code) => code < codec.levels - 1),
      `${codec.name}: every cell is known`,
    );
  }
  const gain = encoded.codec.columns.find(({ name }) => name === "capital_gain") as ColumnCodec;
  assert.ok(gain.lower.some((low, b) => low === 0 && gain.upper[b] === 0));
});

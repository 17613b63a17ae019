import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Column, sliceRows, type Table, tableOf } from "../../../src/data/table.ts";
import { numberAxis } from "../../../src/evidence/report/axis.ts";
import { profileTables } from "../../../src/evidence/report/profile.ts";
import type { Bars, Bins, Profiles } from "../../../src/evidence/report/profiles.ts";
import type { ColumnSchema, Kind, TableSchema } from "../../../src/schema/schema.ts";
import { madeUpTables } from "./fixture.ts";

const numbers = (name: string, values: readonly number[]): Column => ({
  name,
  type: "number",
  storage: "double",
  values: Float64Array.from(values),
});

function labels(name: string, cells: readonly (string | null)[]): Column {
  const dictionary = [...new Set(cells.filter((cell) => cell !== null))];
  return {
    name,
    type: "text",
    storage: "text",
    dictionary,
    codes: Int32Array.from(cells, (cell) => (cell === null ? -1 : dictionary.indexOf(cell))),
  };
}

function schemaFor(table: Table, kinds: Readonly<Record<string, Partial<ColumnSchema> & { kind: Kind }>>): TableSchema {
  return {
    format: "counterfoil-schema/1",
    columns: table.columns.map(({ name, type }) => ({ name, type, evidence: [], ...(kinds[name] as { kind: Kind }) })),
    notes: [],
  };
}

const column = (profiles: Profiles, name: string) => {
  const found = profiles.columns.find((item) => item.name === name);
  assert.ok(found, name);
  return found;
};

test("a category that fewer than five real rows hold is never named, on either side", () => {
  const cells = [...Array(40).fill("flu"), ...Array(5).fill("gout"), ...Array(4).fill("kuru"), "rabies"];
  const other = [...Array(30).fill("flu"), ...Array(10).fill("kuru"), ...Array(10).fill("invented")];
  const real = tableOf([labels("illness", cells)]);
  const profiles = profileTables(
    real,
    tableOf([labels("illness", other)]),
    schemaFor(real, { illness: { kind: "categorical" } }),
  );
  const text = JSON.stringify(profiles);
  assert.doesNotMatch(text, /kuru|rabies|invented/);
  const shape = column(profiles, "illness").shape as Bars;
  assert.deepEqual(
    shape.bars.map((bar) => bar.label),
    ["flu", "gout"],
  );
  assert.equal(shape.other?.real, 0.1);
  assert.equal(shape.other?.synthetic, 0.4);
});

test("a rest of one to four rows is hidden, and cannot be worked out from the other shares", () => {
  const cells = [...Array(40).fill("flu"), ...Array(7).fill("gout"), "kuru", "kuru", "rabies"];
  const real = tableOf([labels("illness", cells)]);
  const shape = column(profileTables(real, real, schemaFor(real, { illness: { kind: "categorical" } })), "illness")
    .shape as Bars;
  assert.equal(shape.other?.real, null);
  assert.ok(Math.abs(shape.bars.reduce((sum, bar) => sum + bar.real, 0) - 1) < 1e-3);
});

test("extremes held by fewer than five real rows set no edge and no label", () => {
  const values = [...Array.from({ length: 300 }, (_, i) => 20 + (i % 60)), 987654, 987654, 987654, 987654, -31337];
  const real = tableOf([numbers("pay", values)]);
  const synthetic = tableOf([
    numbers(
      "pay",
      values.map((value) => value + 1),
    ),
  ]);
  const profiles = profileTables(real, synthetic, schemaFor(real, { pay: { kind: "continuous" } }));
  assert.doesNotMatch(JSON.stringify(profiles), /98\d{4}|987|31337/);
  const shape = column(profiles, "pay").shape as Bins;
  for (const bin of shape.bins)
    if (bin.edge !== null) assert.ok(Number(bin.edge) >= 20 && Number(bin.edge) <= 79, bin.edge);
});

test("every bin that shows a real share is held by five rows; the ends always are", () => {
  const quantity = fc.oneof(
    fc.double({ min: -1e6, max: 1e6, noNaN: true }),
    fc.integer({ min: 0, max: 12 }),
    fc.constantFrom(0, 99, 1e5, Number.NaN, Number.POSITIVE_INFINITY),
  );
  fc.assert(
    fc.property(fc.array(quantity, { minLength: 10, maxLength: 120 }), fc.boolean(), (values, whole) => {
      const real = tableOf([numbers("x", values)]);
      const schema = schemaFor(real, { x: { kind: whole ? "integer" : "continuous" } });
      const shape = column(profileTables(real, real, schema), "x").shape;
      if (shape.type !== "bins") return;
      const sorted = Float64Array.from(values.filter(Number.isFinite)).sort();
      const axis = numberAxis(sorted, schema.columns[0] as ColumnSchema);
      const starts = shape.bins.map((bin) => axis.edges.find((edge) => axis.text(edge) === bin.edge));
      let open = 0;
      for (const [i, bin] of shape.bins.entries()) {
        const low = starts[i] ?? Number.NEGATIVE_INFINITY;
        const next = starts[i + 1];
        const held = values.filter((value) => value >= low && (next === undefined || value < next)).length;
        assert.equal(bin.real === null, held < 5, `${bin.label}: ${held}`);
        if (i === 0 || next === undefined) assert.ok(held >= 5, `end ${bin.label}: ${held}`);
        if (bin.real === null) open++;
      }
      assert.ok(open < shape.bins.length);
    }),
    { seed: 11, numRuns: 400 },
  );
});

test("with people known, a value of one person's many rows is not shown", () => {
  const cells = [...Array(50).fill("common"), ...Array(20).fill("hers alone")];
  const real = tableOf([labels("place", cells)]);
  const schema = schemaFor(real, { place: { kind: "categorical" } });
  const entities = Int32Array.from(cells, (cell, i) => (cell === "common" ? i : 1000));
  assert.match(JSON.stringify(profileTables(real, real, schema)), /hers alone/);
  assert.doesNotMatch(JSON.stringify(profileTables(real, real, schema, { entities })), /hers alone/);
});

test("identifiers and free text are never looked into", () => {
  const real = tableOf([labels("who", Array(50).fill("Ada Lovelace")), labels("note", Array(50).fill("felt dizzy"))]);
  const schema = schemaFor(real, { who: { kind: "identifier" }, note: { kind: "text" } });
  assert.doesNotMatch(JSON.stringify(profileTables(real, real, schema)), /Ada|dizzy/);
});

test("a missing code counts as missing, and one to four missing rows are not counted out", () => {
  const real = tableOf([
    numbers("dose", [...Array.from({ length: 80 }, (_, i) => i % 40), ...Array(20).fill(-999)]),
    labels("ward", [...Array(97).fill("A"), null, null, null]),
  ]);
  const schema = schemaFor(real, { dose: { kind: "integer", missingCodes: ["-999"] }, ward: { kind: "categorical" } });
  const profiles = profileTables(real, real, schema);
  assert.deepEqual(column(profiles, "dose").missing, { real: 0.2, synthetic: 0.2 });
  assert.equal(column(profiles, "ward").missing.real, null);
  assert.doesNotMatch(JSON.stringify(column(profiles, "dose").shape), /999/);
});

test("a table against itself differs nowhere; against a shifted one it does", () => {
  const { real, synthetic, schema } = madeUpTables({ columns: 48, rows: 2000 });
  for (const item of profileTables(real, real, schema).columns) assert.ok((item.difference ?? 0) < 1e-3, item.name);
  const profiles = profileTables(real, synthetic, schema);
  const beyond = profiles.columns.map((item) => (item.difference ?? -1) - (item.chance ?? 0));
  assert.ok((beyond[0] as number) > 0.03);
  assert.deepEqual(
    beyond,
    [...beyond].sort((a, b) => b - a),
  );
});

test("two samples of one source are as far apart as chance says, on average", () => {
  const one = madeUpTables({ columns: 48, rows: 2000 });
  const half = (from: number): Table => sliceRows(one.real, from, from + 1000);
  const { columns } = profileTables(half(0), half(1000), one.schema);
  const mean = (pick: (item: (typeof columns)[number]) => number): number =>
    columns.reduce((sum, item) => sum + pick(item), 0) / columns.length;
  const [found, expected] = [mean((item) => item.difference ?? 0), mean((item) => item.chance ?? 0)];
  assert.ok(Math.abs(found / expected - 1) < 0.15, `${found} against ${expected}`);
});

test("associations: a copy scores 1, independence near 0, and the matrix is symmetric", () => {
  const n = 3000;
  const at = (i: number, k: number) => ((i * 2654435761 + k * 40503) % 9973) / 9973;
  const x = Array.from({ length: n }, (_, i) => at(i, 1));
  const real = tableOf([
    numbers("x", x),
    numbers(
      "minus x",
      x.map((value) => -value),
    ),
    numbers(
      "apart",
      Array.from({ length: n }, (_, i) => at(i * i + 7, 5)),
    ),
    labels(
      "third",
      x.map((value) => (value < 1 / 3 ? "low" : value < 2 / 3 ? "mid" : "high")),
    ),
    labels(
      "same",
      x.map((value) => (value < 1 / 3 ? "l" : value < 2 / 3 ? "m" : "h")),
    ),
  ]);
  const schema = schemaFor(real, {
    x: { kind: "continuous" },
    "minus x": { kind: "continuous" },
    apart: { kind: "continuous" },
    third: { kind: "categorical" },
    same: { kind: "categorical" },
  });
  const pairs = profileTables(real, real, schema).pairs;
  assert.ok(pairs);
  const of = (a: string, b: string) => pairs.real[pairs.names.indexOf(a)]?.[pairs.names.indexOf(b)] as number;
  assert.ok(of("x", "minus x") > 0.999);
  assert.ok(of("third", "same") > 0.999);
  assert.ok(of("x", "apart") < 0.06, String(of("x", "apart")));
  assert.deepEqual(pairs.real, pairs.synthetic);
  for (const a of pairs.names) for (const b of pairs.names) assert.equal(of(a, b), of(b, a));
});

test("2,000 columns: the plots are capped, and what is left out is counted", () => {
  const { real, synthetic, schema } = madeUpTables({ columns: 2000, rows: 60 });
  const profiles = profileTables(real, synthetic, schema);
  assert.equal(profiles.columns.length, 240);
  assert.equal(profiles.undrawn.length, 1760);
  assert.equal(profiles.pairs?.names.length, 60);
  assert.ok(JSON.stringify(profiles).length < 1_500_000);
});

test("columns of different types, one row, and no rows do not break a profile", () => {
  const real = tableOf([numbers("a", [1]), labels("b", ["x"])]);
  const other = tableOf([labels("a", ["one"]), numbers("b", [4])]);
  const schema = schemaFor(real, { a: { kind: "continuous" }, b: { kind: "categorical" } });
  for (const [left, right] of [
    [real, other],
    [real, tableOf([numbers("a", []), labels("b", [])])],
    [tableOf([numbers("a", []), labels("b", [])]), real],
  ] as const)
    for (const item of profileTables(left, right, schema).columns) assert.equal(item.shape.type, "hidden");
});

test("dates: edges are calendar starts, and a moment beyond the calendar breaks nothing", () => {
  const day = 864e5;
  const values = [...Array.from({ length: 400 }, (_, i) => Date.UTC(2019, 0, 1) + i * day), 9e15, Number.NaN];
  const real = tableOf([{ name: "seen", type: "date", storage: "date", values: Float64Array.from(values) }]);
  const shape = column(profileTables(real, real, schemaFor(real, { seen: { kind: "date" } })), "seen").shape as Bins;
  assert.deepEqual(
    shape.bins.slice(0, 3).map((bin) => bin.label),
    ["before 2019-02", "2019-02 to before 2019-03", "2019-03 to before 2019-04"],
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { columnOf, concatRows, type Table, tableOf } from "../../src/data/table.ts";
import { localExecutor } from "../../src/executors/local.ts";
import { randomFromSeed } from "../../src/random.ts";
import type { TableSchema } from "../../src/schema/schema.ts";
import { independent } from "../../src/synthesizers/independent.ts";

const schema: TableSchema = {
  format: "counterfoil-schema/1",
  notes: [],
  columns: [
    { name: "a", kind: "categorical", type: "text", evidence: [] },
    { name: "b", kind: "categorical", type: "text", evidence: [] },
    { name: "x", kind: "integer", type: "number", evidence: [] },
  ],
};

test("marginals are kept: χ² against the source's shares stays under its 1e-6 quantile", async () => {
  const source = pairTable(5000, 1);
  const out = await drawn(source, 50_000);
  for (const name of ["a", "b"]) {
    const expected = shares(source, name);
    const counts = shares(out, name);
    let chi = 0;
    for (const [label, share] of expected) chi += (50_000 * ((counts.get(label) ?? 0) - share) ** 2) / share;
    assert.equal(expected.size, 4);
    // χ² with 3 degrees of freedom exceeds 30.66 once in a million.
    assert.ok(chi < 30.66, `${name}: ${chi}`);
  }
  const x = columnOf(out, "x");
  const real = columnOf(source, "x");
  assert.ok(x.type === "number" && real.type === "number");
  const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  // The mean of 50,000 draws has a standard error of .013 (sd 2.9): five of them.
  assert.ok(Math.abs(mean(x.values) - mean(real.values)) < 0.065);
});

test("relations are gone: b, a copy of a in the source, is independent of it by χ² at 1e-6", async () => {
  const source = pairTable(5000, 2);
  const out = await drawn(source, 20_000);
  assert.ok(chiSquare(source) > 1000);
  // 3 × 3 degrees of freedom: 45.1 is exceeded once in a million.
  assert.ok(chiSquare(out) < 45.1);
});

function pairTable(n: number, seed: number): Table {
  const random = randomFromSeed(seed);
  const dictionary = ["p", "q", "r", "s"];
  const codes = Int32Array.from({ length: n }, () => Math.min(3, Math.floor(5 * random.uniform() ** 2)));
  return tableOf([
    { name: "a", type: "text", storage: "text", dictionary, codes },
    { name: "b", type: "text", storage: "text", dictionary, codes: codes.slice() },
    { name: "x", type: "number", storage: "integer", values: Float64Array.from(codes, () => random.integer(10)) },
  ]);
}

async function drawn(table: Table, rows: number): Promise<Table> {
  const executor = localExecutor();
  const random = randomFromSeed(3);
  const fitted = await independent.fit(table, { schema, options: independent.options.parse({}), random, executor });
  const chunks: Table[] = [];
  for await (const chunk of fitted.sample(rows, { random, executor })) chunks.push(chunk);
  return concatRows(chunks);
}

function labelsOf(table: Table, name: string): string[] {
  const column = columnOf(table, name);
  return column.type === "text" ? [...column.codes].map((code) => column.dictionary[code] as string) : [];
}

function shares(table: Table, name: string): Map<string, number> {
  const out = new Map<string, number>();
  for (const label of labelsOf(table, name)) out.set(label, (out.get(label) ?? 0) + 1 / table.rows);
  return out;
}

function chiSquare(table: Table): number {
  const a = labelsOf(table, "a");
  const b = labelsOf(table, "b");
  const joint = new Map<string, number>();
  a.forEach((label, i) => {
    joint.set(`${label}${b[i]}`, (joint.get(`${label}${b[i]}`) ?? 0) + 1);
  });
  let chi = 0;
  for (const [p, left] of shares(table, "a"))
    for (const [q, right] of shares(table, "b")) {
      const expected = left * right * table.rows;
      chi += ((joint.get(`${p}${q}`) ?? 0) - expected) ** 2 / expected;
    }
  return chi;
}

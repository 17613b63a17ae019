import assert from "node:assert/strict";
import { test } from "node:test";
import { columnOf, concatRows, type Table, tableOf } from "../../src/data/table.ts";
import { localExecutor } from "../../src/executors/local.ts";
import { randomFromSeed } from "../../src/random.ts";
import type { TableSchema } from "../../src/schema/schema.ts";
import { gaussianCopula } from "../../src/synthesizers/gaussian-copula.ts";
import type { Fitted } from "../../src/synthesizers/synthesizer.ts";

const executor = localExecutor();
const schema: TableSchema = {
  format: "counterfoil-schema/1",
  notes: [],
  columns: ["x", "y", "z"].map((name) => ({ name, kind: "continuous", type: "number", evidence: [] })),
};

test("rank correlations of amounts, however skewed, and the correlation of being missing are kept", async () => {
  const table = skewedTable(6000, 1);
  const out = await sampled(await fit(table), 6000);
  // Standard error of a rank correlation of 6,000 rows: below .013, and as much again in the source.
  for (const [a, b] of [
    ["x", "y"],
    ["y", "z"],
    ["x", "z"],
  ] as const)
    assert.ok(Math.abs(rankCorrelation(table, a, b) - rankCorrelation(out, a, b)) < 0.07, `${a} ${b}`);
  const gap = (of: Table): number => {
    const [x, z] = [valuesOf(of, "x"), valuesOf(of, "z")];
    const mean = (missing: boolean): number => {
      const some = [...x].filter((_, row) => Number.isNaN(z[row]!) === missing).map(Math.log);
      return some.reduce((sum, value) => sum + value, 0) / some.length;
    };
    return mean(true) - mean(false);
  };
  // z is missing more often where x is high.
  assert.ok(gap(table) > 0.5);
  assert.ok(Math.abs(gap(table) - gap(out)) < 0.15, `${gap(table)} ${gap(out)}`);
});

test("missing cells are filled given the others: near where the regression says", async () => {
  const table = skewedTable(6000, 2);
  const fitted = await fit(table);
  const hidden = tableOf(
    table.columns.map((column) =>
      column.name === "y" && column.type !== "text"
        ? { ...column, values: column.values.map((value, row) => (row % 2 === 0 ? Number.NaN : value)) }
        : column,
    ),
  );
  const filled = await fitted.complete(hidden, { random: randomFromSeed(3), executor });
  const [truth, got] = [valuesOf(table, "y"), valuesOf(filled, "y")];
  assert.ok(got.every((value) => !Number.isNaN(value)));
  const even = tableOf([
    { name: "truth", type: "number", storage: "double", values: truth.filter((_, row) => row % 2 === 0) },
    { name: "got", type: "number", storage: "double", values: got.filter((_, row) => row % 2 === 0) },
  ]);
  // Two draws of y given x, whose correlation with y is .9, correlate by about .81 (and z tells a little more).
  const found = rankCorrelation(even, "truth", "got");
  assert.ok(found > 0.74 && found < 0.88, `${found}`);
});

async function fit(table: Table): Promise<Fitted> {
  return gaussianCopula.fit(table, {
    schema,
    options: gaussianCopula.options.parse({}),
    random: randomFromSeed(1),
    executor,
  });
}

async function sampled(fitted: Fitted, rows: number): Promise<Table> {
  const chunks: Table[] = [];
  for await (const chunk of fitted.sample(rows, { random: randomFromSeed(2), executor })) chunks.push(chunk);
  return concatRows(chunks);
}

/** x log-normal; y, cubed, correlated with it by .9; z by −.5, missing where x is high. */
function skewedTable(rows: number, seed: number): Table {
  const random = randomFromSeed(seed);
  const base = Float64Array.from({ length: rows }, () => random.normal());
  const with_ = (rho: number): Float64Array =>
    base.map((value) => rho * value + Math.sqrt(1 - rho * rho) * random.normal());
  const y = with_(0.9).map((value) => value ** 3);
  const z = with_(-0.5).map((value, row) => (base[row]! + random.normal() > 1 ? Number.NaN : value));
  return tableOf([
    { name: "x", type: "number", storage: "double", values: base.map(Math.exp) },
    { name: "y", type: "number", storage: "double", values: y },
    { name: "z", type: "number", storage: "double", values: z },
  ]);
}

function valuesOf(table: Table, name: string): Float64Array {
  const column = columnOf(table, name);
  assert.ok(column.type !== "text");
  return column.values;
}

/** Spearman's, over the rows that have both. */
function rankCorrelation(table: Table, a: string, b: string): number {
  const pairs = [...valuesOf(table, a)]
    .map((value, row) => [value, valuesOf(table, b)[row]!] as const)
    .filter(([x, y]) => !Number.isNaN(x) && !Number.isNaN(y));
  const ranks = (at: 0 | 1): number[] => {
    const order = pairs.map((_, i) => i).sort((p, q) => pairs[p]![at] - pairs[q]![at]);
    const out = new Array<number>(pairs.length);
    order.forEach((i, rank) => {
      out[i] = rank - (pairs.length - 1) / 2;
    });
    return out;
  };
  const [p, q] = [ranks(0), ranks(1)];
  let pq = 0;
  let pp = 0;
  p.forEach((value, i) => {
    pq += value * q[i]!;
    pp += value * value;
  });
  return pq / pp;
}

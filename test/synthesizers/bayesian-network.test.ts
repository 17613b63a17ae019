import assert from "node:assert/strict";
import { test } from "node:test";
import { columnOf, concatRows, type Table, tableOf } from "../../src/data/table.ts";
import { localExecutor } from "../../src/executors/local.ts";
import { randomFromSeed } from "../../src/random.ts";
import type { TableSchema } from "../../src/schema/schema.ts";
import { bayesianNetwork } from "../../src/synthesizers/bayesian-network.ts";
import type { Fitted } from "../../src/synthesizers/synthesizer.ts";

const executor = localExecutor();
const schema: TableSchema = {
  format: "counterfoil-schema/1",
  notes: [],
  columns: [
    { name: "left", kind: "categorical", type: "text", evidence: [] },
    { name: "right", kind: "categorical", type: "text", evidence: [] },
    { name: "odd", kind: "categorical", type: "text", evidence: [] },
    { name: "noise", kind: "integer", type: "number", evidence: [] },
  ],
};

test("an interaction of three columns is learned greedily and by auto, and cannot be by a tree", async () => {
  const table = parityTable(4000, 1);
  for (const [structure, holds] of [
    ["tree", false],
    ["greedy", true],
    ["auto", true],
  ] as const) {
    const fitted = await fit(table, structure);
    const share = agreeing(await sampled(fitted, 20_000));
    // Odd is the parity of the others in 9 of 10 rows; without their interaction, in half.
    if (holds) assert.ok(Math.abs(share - 0.9) < 0.02, `${structure}: ${share}`);
    else assert.ok(share < 0.7, `${structure}: ${share}`);
  }
});

test("the notes name the structure and hold no cell of the table", async () => {
  const { notes } = await fit(parityTable(3000, 2), "auto");
  const all = notes.join("\n");
  assert.match(all, /Structure: greedy/);
  assert.match(all, /"\w+" depends on "\w+"/);
  assert.match(all, /depend on nothing: .*"noise"/);
  assert.ok(!/secret/.test(all));
});

test("conditions are met exactly: shares given a label are Bayes' rule on the table, and their probability is the label's share", async () => {
  const table = parityTable(4000, 3);
  const fitted = await fit(table, "greedy");
  assert.equal(fitted.conditions, "exact");
  const where = [{ column: "odd", missing: false, labels: ["secret 1"] }];
  const chance = await fitted.probability?.(where);
  const share = countIf(table, (at) => at("odd") === "secret 1") / table.rows;
  assert.ok(Math.abs((chance as number) - share) < 0.01, `${chance} ${share}`);
});

async function fit(table: Table, structure: "tree" | "greedy" | "auto"): Promise<Fitted> {
  return bayesianNetwork.fit(table, {
    schema,
    options: bayesianNetwork.options.parse({ structure }),
    random: randomFromSeed(1),
    executor,
  });
}

async function sampled(fitted: Fitted, rows: number): Promise<Table> {
  const chunks: Table[] = [];
  for await (const chunk of fitted.sample(rows, { random: randomFromSeed(2), executor })) chunks.push(chunk);
  return concatRows(chunks);
}

/** Two biased coins, and the parity of their sum in nine rows of ten. */
function parityTable(rows: number, seed: number): Table {
  const random = randomFromSeed(seed);
  const labels = ["secret 0", "secret 1", "secret 2"];
  const coin = (): number => (random.uniform() < 0.75 ? 1 : 0);
  const left = Int32Array.from({ length: rows }, coin);
  const right = Int32Array.from({ length: rows }, coin);
  const odd = left.map((code, row) => (random.uniform() < 0.8 ? (code + right[row]!) % 2 : random.integer(2)));
  const text = (name: string, codes: Int32Array) =>
    ({ name, type: "text", storage: "text", dictionary: labels, codes }) as const;
  return tableOf([
    text("left", left),
    text("right", right),
    text("odd", odd),
    {
      name: "noise",
      type: "number",
      storage: "integer",
      values: Float64Array.from({ length: rows }, () => random.integer(50)),
    },
  ]);
}

function countIf(table: Table, test: (at: (name: string) => string) => boolean): number {
  let count = 0;
  for (let row = 0; row < table.rows; row++)
    if (
      test((name) => {
        const column = columnOf(table, name);
        return column.type === "text" ? (column.dictionary[column.codes[row]!] as string) : "";
      })
    )
      count++;
  return count;
}

function agreeing(table: Table): number {
  const digit = (label: string): number => Number(label.at(-1));
  return (
    countIf(table, (at) => (digit(at("left")) + digit(at("right"))) % 2 === digit(at("odd"))) / Math.max(1, table.rows)
  );
}

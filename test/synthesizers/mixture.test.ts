import assert from "node:assert/strict";
import { test } from "node:test";
import { columnOf, concatRows, type Table, tableOf } from "../../src/data/table.ts";
import { localExecutor } from "../../src/executors/local.ts";
import { randomFromSeed } from "../../src/random.ts";
import type { ColumnCondition } from "../../src/schema/column-condition.ts";
import { circuit } from "../../src/synthesizers/circuit.ts";
import { mixture } from "../../src/synthesizers/mixture.ts";
import type { Fitted } from "../../src/synthesizers/synthesizer.ts";
import { linkedSchema, linkedTable } from "./linked-table.ts";

const executor = localExecutor();

test("a relation of two labels and an amount is kept: correlation within five standard errors", async () => {
  const source = linkedTable(6000, 1);
  const out = await drawn(await fitted(source), 20_000);
  // Standard errors of the two correlations, about (1 − r²) / √n: .008 and .004.
  assert.ok(Math.abs(correlation(out) - correlation(source)) < 0.05, `${correlation(out)} and ${correlation(source)}`);
});

test("the number of components is chosen, and told with the likelihood of held-out rows", async () => {
  const { notes } = await fitted(linkedTable(6000, 1));
  assert.match(notes[0] ?? "", /^Mixture of \d+ components, of 20 or 76 by held-out rows; \d+ passes over the rows\.$/);
  assert.match(notes[1] ?? "", /^Log-likelihood of held-out training rows: -\d+\.\d\d nats a row\.$/);
});

test("more rows than may be learnt from are drawn at random, and the notes say so", async () => {
  const options = mixture.options.parse({ fitRows: 1000, components: 8, passes: 3 });
  const model = await mixture.fit(linkedTable(3000, 1), {
    schema: linkedSchema,
    options,
    random: randomFromSeed(1),
    executor,
  });
  assert.ok(model.notes.some((note) => note.startsWith("Learnt from 1000 of 3000 training rows")));
});

test("a condition of chance below one in a million is met by as many rows as asked, in a second", async () => {
  const rows = 4000;
  const random = randomFromSeed(3);
  const names = Array.from({ length: 20 }, (_, j) => `c${j}`);
  const table = tableOf(
    names.map((name) => ({
      name,
      type: "text",
      storage: "text",
      dictionary: ["yes", "no"],
      codes: Int32Array.from({ length: rows }, () => random.integer(2)),
    })),
  );
  const schema = {
    format: "counterfoil-schema/1" as const,
    notes: [],
    columns: names.map((name) => ({ name, kind: "categorical" as const, type: "text" as const, evidence: [] })),
  };
  const where: readonly ColumnCondition[] = names.map((column) => ({ column, missing: false, labels: ["yes"] }));
  const how = { schema, random, executor };
  for (const model of [
    await mixture.fit(table, { ...how, options: mixture.options.parse({ passes: 4 }) }),
    await circuit.fit(table, { ...how, options: circuit.options.parse({ passes: 4, states: 16 }) }),
  ]) {
    const chance = (await model.probability?.(where)) as number;
    assert.ok(chance > 1e-8 && chance < 1e-5, `${chance}`);
    const before = process.cpuUsage();
    const chunks: Table[] = [];
    for await (const chunk of model.sample(1000, { random, executor, where })) chunks.push(chunk);
    const { user, system } = process.cpuUsage(before);
    assert.ok(user + system < 1e6, `${user + system} µs`);
    const out = concatRows(chunks);
    assert.equal(out.rows, 1000);
    for (const column of out.columns)
      assert.ok(column.type === "text" && column.codes.every((code) => column.dictionary[code] === "yes"));
  }
});

async function fitted(table: Table): Promise<Fitted> {
  return mixture.fit(table, {
    schema: linkedSchema,
    options: mixture.options.parse({}),
    random: randomFromSeed(1),
    executor,
  });
}

async function drawn(model: Fitted, rows: number): Promise<Table> {
  const chunks: Table[] = [];
  for await (const chunk of model.sample(rows, { random: randomFromSeed(2), executor })) chunks.push(chunk);
  return concatRows(chunks);
}

/** Of the amount with the label "up". */
function correlation(table: Table): number {
  const label = columnOf(table, "label");
  const amount = columnOf(table, "amount");
  if (label.type !== "text" || amount.type === "text") return Number.NaN;
  const x = Float64Array.from(label.codes, (code) => (label.dictionary[code] === "up" ? 1 : 0));
  const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value / values.length, 0);
  const [mx, my] = [mean(x), mean(amount.values)];
  const moment = (f: (i: number) => number): number => x.reduce((sum, _, i) => sum + f(i) / x.length, 0);
  return (
    moment((i) => (x[i]! - mx) * (amount.values[i]! - my)) /
    Math.sqrt(moment((i) => (x[i]! - mx) ** 2) * moment((i) => (amount.values[i]! - my) ** 2))
  );
}

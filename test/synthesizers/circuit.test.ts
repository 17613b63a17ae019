import assert from "node:assert/strict";
import { test } from "node:test";
import { columnOf, concatRows, type Table } from "../../src/data/table.ts";
import { Cancelled } from "../../src/errors.ts";
import { localExecutor } from "../../src/executors/local.ts";
import { randomFromSeed } from "../../src/random.ts";
import { circuit } from "../../src/synthesizers/circuit.ts";
import { independent } from "../../src/synthesizers/independent.ts";
import { mixture } from "../../src/synthesizers/mixture.ts";
import type { Fitted } from "../../src/synthesizers/synthesizer.ts";
import { linkedSchema, linkedTable } from "./linked-table.ts";

const executor = localExecutor();
const source = linkedTable(6000, 1);

test("two amounts that go together go together: the difference has the spread of the source", async () => {
  const spread = (table: Table): number => {
    const first = columnOf(table, "amount");
    const second = columnOf(table, "later");
    if (first.type === "text" || second.type === "text") return Number.NaN;
    const gap = first.values.map((value, i) => (second.values[i] as number) - value);
    return Math.sqrt(gap.reduce((sum, value) => sum + value ** 2 / gap.length, 0));
  };
  const chunks: Table[] = [];
  for await (const chunk of (await fitted()).sample(20_000, { random: randomFromSeed(2), executor }))
    chunks.push(chunk);
  // .3 of noise; independent columns would have 1.4. What the states leave out widens it.
  const found = spread(concatRows(chunks));
  assert.ok(found > spread(source) - 0.02 && found < 1.25 * spread(source), `${found} for ${spread(source)}`);
});

test("unseen rows are likelier than under a mixture, and far likelier than under independent columns", async () => {
  const unseen = linkedTable(3000, 5);
  const options = { schema: linkedSchema, random: randomFromSeed(1), executor };
  const mean = async (model: Fitted): Promise<number> => {
    const logs = (await model.logLikelihood?.(unseen, { executor })) as Float64Array;
    return logs.reduce((sum, log) => sum + log / logs.length, 0);
  };
  const own = await mean(await fitted());
  const other = await mean(await mixture.fit(source, { ...options, options: mixture.options.parse({}) }));
  const floor = await mean(await independent.fit(source, { ...options, options: independent.options.parse({}) }));
  assert.ok(own > other && other > floor + 0.5, `${own}, ${other}, ${floor}`);
});

test("the number of states is chosen, and told", async () => {
  const { notes } = await fitted();
  assert.match(
    notes[0] ?? "",
    /^Hidden tree with \d+ states a column, of 16, 32, 64, 128 by held-out rows; \d+ passes/,
  );
});

test("a fit stops between two tasks when told to, in the middle of its passes", async () => {
  const stop = new AbortController();
  let passes = 0;
  await assert.rejects(
    circuit.fit(source, {
      schema: linkedSchema,
      options: circuit.options.parse({ states: 8, patience: 100 }),
      random: randomFromSeed(1),
      executor,
      signal: stop.signal,
      progress: (done, _, unit) => {
        if (unit !== "passes") return;
        passes = done;
        if (done >= 4) stop.abort();
      },
    }),
    Cancelled,
  );
  assert.equal(passes, 4);
});

let model: Promise<Fitted> | undefined;
function fitted(): Promise<Fitted> {
  model ??= circuit.fit(source, {
    schema: linkedSchema,
    options: circuit.options.parse({}),
    random: randomFromSeed(1),
    executor,
  });
  return model;
}

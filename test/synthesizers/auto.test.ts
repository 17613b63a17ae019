import assert from "node:assert/strict";
import { test } from "node:test";
import { type Table, tableOf, takeRows } from "../../src/data/table.ts";
import { localExecutor } from "../../src/executors/local.ts";
import { randomFromSeed } from "../../src/random.ts";
import { fitCodec } from "../../src/schema/encode.ts";
import { inferSchema } from "../../src/schema/infer.ts";
import { candidates } from "../../src/synthesizers/auto/candidates.ts";
import { chooseTrial, type Trial } from "../../src/synthesizers/auto/choose-trial.ts";
import { type TrialScore, trialScorer } from "../../src/synthesizers/auto/trial-score.ts";
import { auto } from "../../src/synthesizers/auto.ts";
import type { Fitted } from "../../src/synthesizers/synthesizer.ts";

const executor = localExecutor();

test("fresh rows cannot be told and are no nearer; copies are nearer; shuffled columns are told", async () => {
  const all = twisted(9000, 1);
  const part = (from: number): Table =>
    takeRows(
      all,
      Uint32Array.from({ length: 3000 }, (_, row) => from + row),
    );
  const [train, unseen, fresh] = [part(0), part(3000), part(6000)] as const;
  const codec = fitCodec(train, inferSchema(train));
  const score = (drawn: Table): Promise<TrialScore> =>
    trialScorer(
      { train, unseen },
      { codec, target: "y", random: randomFromSeed(2), executor, signal: undefined },
    )(drawn);
  const honest = await score(fresh);
  // Five standard errors: one false alarm in 3.5 million.
  assert.ok(honest.twoSample > 1 - 5 * honest.standardError, JSON.stringify(honest));
  assert.ok(Math.abs(honest.nearer - 0.5) < 5 * Math.SQRT2 * honest.nearerError, JSON.stringify(honest));
  assert.ok((honest.auc as number) > 0.8, JSON.stringify(honest));
  const copies = await score(train);
  assert.ok(copies.nearer > 0.9, JSON.stringify(copies));
  const order = randomFromSeed(3).shuffle(Uint32Array.from({ length: 3000 }, (_, row) => row));
  const shuffled = await score(tableOf([...train.columns.slice(0, 2), ...takeRows(train, order).columns.slice(2)]));
  assert.ok(shuffled.twoSample < 0.7, JSON.stringify(shuffled));
});

test("a target that is the only column has no AUC", async () => {
  const all = takeRows(
    twisted(2400, 4),
    Uint32Array.from({ length: 2400 }, (_, row) => row),
  );
  const part = (from: number): Table => {
    const rows = takeRows(
      all,
      Uint32Array.from({ length: 300 }, (_, row) => from + row),
    );
    return tableOf(rows.columns.filter(({ name }) => name === "y"));
  };
  const [train, unseen, drawn] = [part(0), part(300), part(600)] as const;
  const codec = fitCodec(train, inferSchema(train));
  const { auc } = await trialScorer(
    { train, unseen },
    { codec, target: "y", random: randomFromSeed(5), executor, signal: undefined },
  )(drawn);
  assert.equal(auc, undefined);
});

const trial = (name: string, twoSample: number, nearer: number, auc?: number): Trial => ({
  name,
  score: { twoSample, standardError: 0.01, nearer, nearerError: 0.005, ...(auc === undefined ? {} : { auc }) },
});

test("the hardest to tell is chosen, unless its rows are too near to those it has seen", () => {
  assert.equal(chooseTrial([trial("a", 0.8, 0.5), trial("b", 0.9, 0.51)]).name, "b");
  const { name, because } = chooseTrial([trial("a", 0.8, 0.5), trial("b", 0.95, 0.6)]);
  assert.equal(name, "a");
  assert.match(because, /too near to those seen: b/);
});

test("a later one must lead clearly, and teach the target no worse", () => {
  assert.equal(chooseTrial([trial("a", 0.89, 0.5), trial("b", 0.9, 0.5)]).name, "a");
  assert.equal(chooseTrial([trial("a", 0.88, 0.5), trial("b", 0.9, 0.5)]).name, "b");
  assert.equal(
    chooseTrial([trial("a", 0.88, 0.5, 0.85), trial("b", 0.9, 0.5, 0.83), trial("c", 0.897, 0.5, 0.85)]).name,
    "c",
  );
});

test("says what was tried and chosen, the same on every run; without a budget takes the first untried", async () => {
  const table = twisted(2400, 4);
  const model = await fit(table, { budgetSeconds: 6 });
  assert.match(model.notes[0] as string, /^Synthesizer chosen: [a-z-]+\. /);
  assert.ok(
    model.notes.filter((note) => note.startsWith("Tried on 2400 training rows: ")).length >= 2,
    model.notes.join("\n"),
  );
  assert.deepEqual((await fit(table, { budgetSeconds: 6 })).notes, model.notes);
  const first = candidates[0]?.synthesizer.name as string;
  const plain = await fit(table, { budgetSeconds: 0 });
  assert.match(plain.notes[0] as string, new RegExp(`^Synthesizer chosen: ${first}, untried`));
});

function fit(table: Table, options: object): Promise<Fitted> {
  return auto.fit(table, {
    schema: inferSchema(table),
    options: auto.options.parse(options),
    random: randomFromSeed(1),
    executor,
  });
}

/** Numbers on a noisy circle, and a label that depends on both. */
function twisted(rows: number, seed: number): Table {
  const random = randomFromSeed(seed).split("twisted");
  const angle = Float64Array.from({ length: rows }, () => 2 * Math.PI * random.uniform());
  const at = (of: (x: number) => number): Float64Array => angle.map((x) => of(x) + 0.2 * random.normal());
  const x = at(Math.cos);
  const y = at(Math.sin);
  return tableOf([
    { name: "a", type: "number", storage: "double", values: x },
    { name: "b", type: "number", storage: "double", values: y },
    {
      name: "c",
      type: "number",
      storage: "double",
      values: x.map((value, i) => value * (y[i] as number) + 0.1 * random.normal()),
    },
    {
      name: "y",
      type: "text",
      storage: "text",
      dictionary: ["no", "yes"],
      codes: Int32Array.from(x, (value, i) => (value * (y[i] as number) + 0.15 * random.normal() > 0.05 ? 1 : 0)),
    },
  ]);
}

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Table, tableOf, takeRows } from "../../../src/data/table.ts";
import { minorityClasses } from "../../../src/metrics/coverage/minority-classes.ts";
import { isMeasured } from "../../../src/metrics/metric.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { inputOf, measured, textColumn, world } from "../world.ts";

const ROWS = { train: 6000, holdout: 6000, synthetic: 6000 };

/** Twelve rare labels of 1.5 % each. */
function labels(random = randomFromSeed(1), rows = 4000): Table {
  return tableOf([
    textColumn(
      "label",
      Array.from({ length: rows }, () => {
        const u = random.uniform();
        return u < 0.18 ? `rare ${Math.floor(u / 0.015)}` : u < 0.6 ? "common" : "commoner";
      }),
    ),
  ]);
}

test("two thirds of a rare class dropped is seen and named, in at least 9 of 10 tables", async () => {
  let seen = 0;
  for (let seed = 0; seed < 10; seed++) {
    const { train, holdout, synthetic } = world(seed, ROWS);
    const job = synthetic.columns.find(({ name }) => name === "job");
    assert.ok(job?.type === "text");
    const astronaut = job.dictionary.indexOf("astronaut");
    let met = 0;
    const kept = Uint32Array.from({ length: synthetic.rows }, (_, i) => i).filter(
      (i) => job.codes[i] !== astronaut || met++ % 3 === 0,
    );
    const score = await measured(
      minorityClasses,
      inputOf({ train, holdout, synthetic: takeRows(synthetic, kept) }, { seed }),
    );
    if ((score.difference?.high as number) < 0 && score.worst?.[0]?.name === "job = astronaut" && score.value < 0.6)
      seen++;
  }
  assert.ok(seen >= 9, `seen ${seen} of 10`);
});

test("of twelve rare classes one always comes up too seldom by luck: no more than 4 false alarms in 60", async () => {
  let alarms = 0;
  let naive = 0;
  for (let seed = 0; seed < 60; seed++) {
    const random = randomFromSeed(seed);
    const score = await measured(
      minorityClasses,
      inputOf(
        {
          train: labels(random.split("train")),
          holdout: labels(random.split("holdout")),
          synthetic: labels(random.split("synthetic")),
        },
        { seed, kinds: { label: "categorical" } },
      ),
    );
    if ((score.difference?.high as number) < 0) alarms++;
    if ((score.worst ?? []).some(({ value }) => value < 0.8)) naive++;
  }
  assert.ok(alarms <= 4, `${alarms} of 60`);
  assert.ok(naive >= 40, `a bar of .8 would have refused ${naive} of 60`);
});

test("a class that twenty rows of one person make up is not told of", async () => {
  const rows = (extra: string): Table =>
    tableOf([
      textColumn(
        "label",
        Array.from({ length: 1000 }, (_, i) => (i < 20 ? extra : i % 2 ? "a" : "b")),
      ),
    ]);
  const people = Int32Array.from({ length: 1000 }, (_, i) => (i < 20 ? 0 : i));
  const input = (entities: boolean) =>
    inputOf(
      { train: rows("own"), holdout: rows("own"), synthetic: rows("a") },
      { kinds: { label: "categorical" }, ...(entities ? { entities: { train: people, holdout: people } } : {}) },
    );
  const told = await minorityClasses.measure(input(false));
  assert.match(JSON.stringify(told), /label = own/);
  const score = await minorityClasses.measure(input(true));
  assert.ok(!isMeasured(score) && score.notApplicable);
});

test("a table in which a rare class has too few rows says how many it needs", async () => {
  const score = await minorityClasses.measure(inputOf(world(1, { train: 150, holdout: 150, synthetic: 150 })));
  assert.ok(!isMeasured(score) && !score.notApplicable && /more than 200 rows/.test(score.notComputable));
});

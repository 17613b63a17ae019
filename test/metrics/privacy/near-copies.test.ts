import assert from "node:assert/strict";
import { test } from "node:test";
import { concatRows, type Table, takeRows } from "../../../src/data/table.ts";
import { threadExecutor } from "../../../src/executors/threads.ts";
import { isMeasured, type MeasuredScore, type Planting } from "../../../src/metrics/metric.ts";
import { measureNearCopies } from "../../../src/metrics/privacy/near-copies.ts";
import { type CopyTestInput, fullLadder, type Ladder } from "../../../src/metrics/privacy/plant.ts";
import { type Random, randomFromSeed } from "../../../src/random.ts";
import { copyTestInput, cutAtRandom, peopleTable } from "./fixture.ts";
import { plantedTables } from "./planted-tables.ts";

const none: Ladder = { shares: [], plantings: 0 };

async function measured(input: CopyTestInput, ladder = none): Promise<MeasuredScore> {
  const score = await measureNearCopies(input, ladder);
  assert.ok(isMeasured(score), JSON.stringify(score));
  return score;
}

const people = peopleTable(4000, { numbers: 6, categories: 3, random: randomFromSeed(1) });
const range = (from: number, to: number): Uint32Array => Uint32Array.from({ length: to - from }, (_, i) => from + i);

test("without a holdout, or with fewer than twenty rows, there is no number and the reason is said", async () => {
  const score = await measureNearCopies(
    copyTestInput({ train: people, holdout: undefined, synthetic: people }),
    fullLadder,
  );
  assert.ok("notComputable" in score && /--holdout/.test(score.notComputable));
  const few = takeRows(people, range(0, 19));
  const small = await measureNearCopies(copyTestInput({ train: people, holdout: people, synthetic: few }), fullLadder);
  assert.ok("notComputable" in small && /19 rows/.test(small.notComputable));
});

test("copies of training rows are the closest rows, and owe it to training; copies of the holdout do not", async () => {
  const [train, holdout, fresh] = cutAtRandom(people, [1500, 500, 2000], 1) as [Table, Table, Table];
  const withRows = (rows: Table): CopyTestInput =>
    copyTestInput({ train, holdout, synthetic: concatRows([takeRows(fresh, range(0, 1900)), rows]) });
  const leaky = await measured(withRows(takeRows(train, range(0, 100))));
  assert.equal(leaky.value, 1);
  assert.ok(leaky.low > 0.7);
  const innocent = await measured(withRows(takeRows(holdout, range(0, 100))));
  assert.ok(innocent.low <= 0 && innocent.value < 0);
});

test("a leak of many rows does not hide behind closer rows that are nobody's copy", async () => {
  const [train, holdout, fresh] = cutAtRandom(people, [1500, 500, 2000], 7) as [Table, Table, Table];
  // A row that two real people share comes 200 times; the rest are training rows, each number a little off.
  const shared = takeRows(fresh, new Uint32Array(200));
  const moved = jittered(takeRows(train, range(200, 1500)), randomFromSeed(1), 1);
  const score = await measured(
    copyTestInput({
      train: concatRows([train, takeRows(shared, range(0, 3))]),
      holdout: concatRows([holdout, takeRows(shared, range(0, 1))]),
      synthetic: concatRows([shared, moved]),
    }),
  );
  const closest = score.details?.closest as { q: number; low: number }[];
  assert.ok(closest.filter(({ q }) => q < 0.1).every(({ low }) => low <= 0));
  assert.ok(score.low > 0.25, `${score.low}`);
});

test("plantings are what measuring the planted table gives, and leave the score itself alone", async () => {
  const [train, holdout, synthetic] = cutAtRandom(people, [1500, 500, 2000], 2) as [Table, Table, Table];
  const input = copyTestInput({ train, holdout, synthetic });
  const score = await measured(input, fullLadder);
  assert.deepEqual({ ...score, plantings: [] }, { ...(await measured(input)), plantings: [] });
  assert.equal(score.plantings?.length, 3 * 5 * 6);
  for (const { leak, share, index, table } of plantedTables(input, { shares: [0.01, 0.1], plantings: 1 })) {
    const slow = await measured({ ...input, synthetic: table });
    const fast: Planting | undefined = score.plantings?.find(
      (p) => p.leak === leak && p.share === share && p.index === index,
    );
    assert.deepEqual(fast, { leak, share, index, value: slow.value, low: slow.low, high: slow.high });
  }
});

test("the score is the same on one thread and on two", async () => {
  const [train, holdout, synthetic] = cutAtRandom(people, [1500, 500, 2000], 3) as [Table, Table, Table];
  const ladder = { shares: [0.02], plantings: 1 };
  const executor = threadExecutor(2);
  try {
    const input = copyTestInput({ train, holdout, synthetic });
    assert.deepEqual(await measured({ ...input, executor }, ladder), await measured(input, ladder));
  } finally {
    await executor.close();
  }
});

test("a table over twenty thousand rows is judged by a random twenty thousand, plantings included", async () => {
  const table = peopleTable(26_000, { numbers: 1, categories: 2, random: randomFromSeed(5) });
  const [train, holdout, synthetic] = cutAtRandom(table, [750, 250, 25_000], 5) as [Table, Table, Table];
  const score = await measured(copyTestInput({ train, holdout, synthetic }), { shares: [0.02], plantings: 1 });
  assert.equal(score.n, 20_000);
  assert.equal(score.plantings?.length, 3);
});

/** One synthetic table after another that owes nothing to training, however lumpy. */
const honest: Readonly<Record<string, (run: number) => CopyTestInput>> = {
  "fresh rows": (run) => cutFresh(peopleTable(1200, { numbers: 4, categories: 3, random: randomFromSeed(run) }), run),
  "a table full of twins": (run) =>
    cutFresh(peopleTable(1200, { numbers: 0, categories: 4, random: randomFromSeed(run) }), run),
  "three people drawn again and again": (run) => {
    const random = randomFromSeed(run);
    const [train, holdout, few] = cutAtRandom(
      peopleTable(603, { numbers: 4, categories: 3, random }),
      [450, 150, 3],
      run,
    ) as [Table, Table, Table];
    const drawn = takeRows(
      few,
      Uint32Array.from({ length: 600 }, () => random.integer(3)),
    );
    return copyTestInput({ train, holdout, synthetic: jittered(drawn, random) }, { alpha: 0.05, seed: run });
  },
  "eight rows a person": (run) => {
    const random = randomFromSeed(run);
    const parts = cutAtRandom(peopleTable(150, { numbers: 4, categories: 3, random }), [56, 19, 75], run);
    const [train, holdout, synthetic] = parts.map((part) =>
      jittered(
        takeRows(
          part,
          Uint32Array.from({ length: 8 * part.rows }, (_, i) => Math.floor(i / 8)),
        ),
        random,
      ),
    ) as [Table, Table, Table];
    const person = (rows: number): Int32Array => Int32Array.from({ length: rows }, (_, i) => Math.floor(i / 8));
    return copyTestInput(
      { train, holdout, synthetic },
      { alpha: 0.05, seed: run, entities: { train: person(train.rows), holdout: person(holdout.rows) } },
    );
  },
};

function cutFresh(table: Table, run: number): CopyTestInput {
  const [train, holdout, synthetic] = cutAtRandom(table, [450, 150, 600], run) as [Table, Table, Table];
  return copyTestInput({ train, holdout, synthetic }, { alpha: 0.05, seed: run });
}

function jittered(table: Table, random: Random, stddev = 0.2): Table {
  const columns = table.columns.map((column) =>
    column.type === "number"
      ? { ...column, values: column.values.map((value) => value + stddev * random.normal()) }
      : column,
  );
  return { rows: table.rows, columns };
}

for (const [name, make] of Object.entries(honest))
  test(`false alarms keep to alpha: ${name}`, async () => {
    const runs = 150;
    let alarms = 0;
    for (let run = 0; run < runs; run++) if ((await measured(make(run))).low > 0) alarms++;
    // Binomial(150, .05): more than 17 has probability under .001.
    assert.ok(alarms <= 17, `${alarms} false alarms in ${runs}`);
  });

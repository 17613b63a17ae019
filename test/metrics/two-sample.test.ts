import assert from "node:assert/strict";
import { test } from "node:test";
import { type Table, tableOf } from "../../src/data/table.ts";
import { threadExecutor } from "../../src/executors/threads.ts";
import { twoSample } from "../../src/metrics/fidelity/two-sample.ts";
import { isMeasured, type MeasuredScore, type MetricInput } from "../../src/metrics/metric.ts";
import { type Random, randomFromSeed } from "../../src/random.ts";
import type { TableSchema } from "../../src/schema/schema.ts";
import { drawTable, inputOf, permuteTable } from "./made-table.ts";

async function measured(input: MetricInput): Promise<MeasuredScore> {
  const score = await twoSample.measure(input);
  assert(isMeasured(score), "notComputable" in score ? score.notComputable : "");
  assert(score.low <= score.value && score.value <= score.high);
  assert(score.difference && score.difference.low <= score.difference.value);
  return score;
}

test("fresh rows of the same population score at the ceiling, permuted columns at the floor", async () => {
  const random = randomFromSeed(11);
  const train = drawTable(900, random.split("train"));
  const holdout = drawTable(600, random.split("holdout"));
  const fresh = await measured(inputOf({ train, holdout, synthetic: drawTable(900, random.split("fresh")) }));
  assert(fresh.high === 1 || fresh.high > 0.97, `interval up to ${fresh.high}`);
  assert(fresh.value > 0.9);
  assert(fresh.ceiling && fresh.ceiling.value > 0.9);
  assert(fresh.difference && fresh.difference.low <= 0 && fresh.difference.high >= 0);
  assert.equal(fresh.n, 600);
  const permuted = await measured(inputOf({ train, holdout, synthetic: permuteTable(train, random.split("p")) }));
  assert(permuted.floor && Math.abs(permuted.value - permuted.floor.value) < 0.12);
  assert(permuted.value < 0.7);
  assert(permuted.difference && permuted.difference.high < 0);
});

test("the column that gives the synthetic rows away is named first", async () => {
  const random = randomFromSeed(12);
  const train = drawTable(700, random.split("train"));
  const shifted: Table = tableOf(
    drawTable(700, random.split("s")).columns.map((column) =>
      column.name === "c" && column.type !== "text" ? { ...column, values: column.values.map((x) => x + 2) } : column,
    ),
  );
  const score = await measured(inputOf({ train, holdout: drawTable(700, random.split("h")), synthetic: shifted }));
  assert.equal(score.worst?.[0]?.name, "c");
  assert((score.worst?.[0]?.value as number) > 0.25);
  assert((score.worst?.[0]?.value as number) > (score.worst?.[0]?.ceiling as number) + 0.1);
  const sum = score.worst?.reduce((total, part) => total + part.value, 0) as number;
  assert(Math.abs(sum - 1) < 1e-9);
});

test("a column of many values that tells nothing does not hide the one that tells a little", async () => {
  const random = randomFromSeed(17);
  // A number without ties, which trees split on for nothing, beside a label that is off by a tenth.
  const draw = (seed: Random, share: number): Table =>
    tableOf([
      ...["x", "y"].map((name) => ({
        name,
        type: "number" as const,
        storage: "double" as const,
        values: Float64Array.from({ length: 800 }, () => seed.normal()),
      })),
      {
        name: "label",
        type: "text" as const,
        storage: "text" as const,
        dictionary: ["no", "yes"],
        codes: Int32Array.from({ length: 800 }, () => (seed.uniform() < share ? 1 : 0)),
      },
    ]);
  const columns = ["x", "y"].map((name) => ({
    name,
    kind: "continuous" as const,
    type: "number" as const,
    evidence: [],
  }));
  const schema: TableSchema = {
    format: "counterfoil-schema/1",
    notes: [],
    columns: [...columns, { name: "label", kind: "categorical", type: "text", evidence: [] }],
  };
  const [train, holdout] = [draw(random.split("t"), 0.5), draw(random.split("h"), 0.5)];
  const score = await measured(inputOf({ train, holdout, synthetic: draw(random.split("s"), 0.7) }, { schema }));
  assert.equal(score.worst?.[0]?.name, "label", JSON.stringify(score.worst));
  assert((score.worst?.[0]?.value as number) < 0.5, "by share of gain alone it would not be first");
});

test("a copy of the reference rows does not score above 1, and its raw AUC below one half is told", async () => {
  const random = randomFromSeed(13);
  const train = drawTable(500, random.split("train"));
  const holdout = drawTable(400, random.split("h"));
  const score = await measured(inputOf({ train, holdout, synthetic: holdout }));
  assert.equal(score.value, 1);
  assert.equal(score.high, 1);
  assert((score.details?.rawAuc as number) < 0.45);
  assert.equal(score.details?.auc, 0.5);
});

test("over 40 draws from one population the difference from the ceiling holds 0 in at least 85 %", async () => {
  let held = 0;
  let above = 0;
  for (let r = 0; r < 40; r++) {
    const random = randomFromSeed(300 + r);
    const [train, holdout, synthetic] = ["t", "h", "s"].map((label) => drawTable(150, random.split(label)));
    const score = await measured(
      inputOf({ train: train as Table, holdout: holdout as Table, synthetic: synthetic as Table }, { seed: r }),
    );
    assert(score.difference);
    if (score.difference.low <= 0 && score.difference.high >= 0) held++;
    if ((score.details?.rawAuc as number) > 0.5) above++;
  }
  assert(held >= 34, `${held} of 40`);
  // Nothing can be learned: the raw AUC falls on either side of one half (4 to 36 of 40 has a false alarm of 1e-6).
  assert(above > 4 && above < 36, `${above} of 40 above one half`);
});

test("the same bytes on one thread and on two", async () => {
  const random = randomFromSeed(14);
  const tables = {
    train: drawTable(300, random.split("t")),
    holdout: drawTable(200, random.split("h")),
    synthetic: drawTable(250, random.split("s")),
  };
  const executor = threadExecutor(2);
  try {
    const one = await twoSample.measure(inputOf(tables));
    const two = await twoSample.measure(inputOf(tables, { executor }));
    assert.equal(JSON.stringify(two), JSON.stringify(one));
  } finally {
    await executor.close();
  }
});

test("without a holdout the two halves of train set the ceiling", async () => {
  const random = randomFromSeed(15);
  const score = await measured(
    inputOf({ train: drawTable(800, random.split("t")), synthetic: drawTable(800, random.split("s")) }),
  );
  assert.equal(score.n, 400);
  assert(score.value > 0.85);
});

test("too few rows to judge is said, not guessed", async () => {
  const random = randomFromSeed(16);
  const score = await twoSample.measure(
    inputOf({
      train: drawTable(100, random),
      holdout: drawTable(20, random),
      synthetic: drawTable(100, random),
    }),
  );
  assert("notComputable" in score && /20 rows/.test(score.notComputable));
});

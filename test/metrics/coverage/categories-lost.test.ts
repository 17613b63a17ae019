import assert from "node:assert/strict";
import { test } from "node:test";
import { tableOf } from "../../../src/data/table.ts";
import { categoriesLost } from "../../../src/metrics/coverage/categories-lost.ts";
import { inputOf, measured, numberColumn, textColumn, withColumn, world } from "../world.ts";

const ROWS = { train: 1500, holdout: 700, synthetic: 1500 };

test("a rare class that vanished is lost, and named with what was expected", async () => {
  const { train, holdout, synthetic } = world(1, ROWS);
  const job = synthetic.columns.find((column) => column.name === "job");
  assert.ok(job && job.type === "text");
  const astronaut = job.dictionary.indexOf("astronaut");
  const cook = job.dictionary.indexOf("cook");
  const without = withColumn(synthetic, { ...job, codes: job.codes.map((code) => (code === astronaut ? cook : code)) });
  const score = await measured(categoriesLost, inputOf({ train, holdout, synthetic: without }));
  assert.deepEqual([score.value, score.low, score.high, score.ceiling?.value], [1, 1, 1, 0]);
  assert.equal(score.worst?.[0]?.name, "job = astronaut");
  const { commonest } = score.details as { commonest: { column: string; label: string; expected: number } };
  assert.equal(commonest.label, "astronaut");
  assert.ok(commonest.expected > 25 && commonest.expected < 75);
  const whole = await measured(categoriesLost, inputOf({ train, holdout, synthetic }));
  assert.equal(whole.value, 0);
});

test("a label that few people hold in many rows is neither lost nor named, and excuses no other loss", async () => {
  const rows = (labels: readonly [string, number][]): string[] =>
    labels.flatMap(([label, count]) => new Array<string>(count).fill(label));
  // Ten rows a person; "theirs" is one person of the holdout, "common" sixty people.
  const train = rows([
    ["a", 1000],
    ["common", 400],
  ]);
  const holdout = rows([
    ["a", 970],
    ["theirs", 30],
    ["common", 400],
  ]);
  const person = (length: number): Int32Array => Int32Array.from({ length }, (_, i) => Math.floor(i / 30));
  const table = (labels: string[]) => tableOf([textColumn("label", labels)]);
  const score = await measured(
    categoriesLost,
    inputOf(
      { train: table(train), holdout: table(holdout), synthetic: table(rows([["a", 1400]])) },
      { kinds: { label: "categorical" }, entities: { train: person(1400), holdout: person(1400) } },
    ),
  );
  assert.equal(score.difference?.low, 1);
  assert.match(JSON.stringify(score), /common/);
  assert.doesNotMatch(JSON.stringify(score), /theirs/);
});

test("numbers that stand for categories count; the commonest is told first; those expected fewer than ten times do not count", async () => {
  const code = (counts: readonly number[]) =>
    tableOf([
      numberColumn(
        "code",
        counts.flatMap((count, value) => new Array(count).fill(value)),
      ),
    ]);
  const kinds = { code: "categorical" } as const;
  const score = await measured(
    categoriesLost,
    inputOf(
      { train: code([500, 40, 90, 6, 0]), holdout: code([500, 40, 90, 6, 0]), synthetic: code([636, 0, 0, 0, 0]) },
      { kinds },
    ),
  );
  assert.deepEqual(
    score.worst?.map((part) => part.name),
    ["code = 2", "code = 1"],
  );
});

test("a label held by fewer than five real rows is never named, however many were expected", async () => {
  const table = (labels: readonly string[]) => tableOf([textColumn("city", labels)]);
  const real = [...new Array(60).fill("Basel"), ...new Array(36).fill("Bern"), "Ittingen", "Ittingen", "Ittingen"];
  const score = await measured(
    categoriesLost,
    inputOf(
      {
        train: table(real),
        holdout: table(new Array(60).fill("Basel")),
        synthetic: table(Array.from({ length: 5000 }, (_, i) => (i % 3 ? "Basel" : "Bern"))),
      },
      { kinds: { city: "categorical" } },
    ),
  );
  assert.equal(score.value, 0);
  assert.ok(!JSON.stringify(score).includes("Ittingen"));
});

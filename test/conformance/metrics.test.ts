import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, test } from "node:test";
import { type Column, type Table, tableOf } from "../../src/data/table.ts";
import { metrics } from "../../src/metrics/index.ts";
import {
  type Interval,
  isMeasured,
  type MeasuredScore,
  type Metric,
  type MetricInput,
  type Score,
} from "../../src/metrics/metric.ts";
import { randomFromSeed } from "../../src/random.ts";
import { shadowsOf } from "../metrics/privacy/shadow-world.ts";
import { inputOf, KINDS, numberColumn, shuffled, textColumn, world } from "../metrics/world.ts";

/** What every metric promises; runs over the list, so a new metric is covered by its line there. */

const made = world(11, { train: 900, holdout: 600, synthetic: 900 });
const dateColumn = (name: string, days: readonly number[]): Column => ({
  name,
  type: "date",
  storage: "date",
  values: Float64Array.from(days),
});
/** With a length of time until something happened, for those who declare one. */
const followed = (table: Table, label: string): Table => {
  const random = randomFromSeed(12).split(label);
  const age = table.columns.find(({ name }) => name === "age");
  assert.ok(age?.type === "number");
  const days = Array.from(age.values, (years) =>
    Math.ceil((-365 * Math.log(random.uniform())) / Math.exp((years - 45) / 12)),
  );
  const died = days.map(() => (random.uniform() < 0.6 ? "yes" : "no"));
  // Never discharged before admitted.
  const admitted = days.map((length) => Date.UTC(2020, 0, 1 + (length % 400)));
  const discharged = admitted.map((day, i) => day + 86_400_000 * ((days[i] as number) % 30));
  return tableOf([
    ...table.columns,
    numberColumn("days", days),
    textColumn("died", died),
    dateColumn("admitted", admitted),
    dateColumn("discharged", discharged),
  ]);
};
const tables = {
  train: followed(made.train, "train"),
  holdout: followed(made.holdout, "holdout"),
  synthetic: followed(made.synthetic, "synthetic"),
};
const entitiesOf = (rows: number): Int32Array => Int32Array.from({ length: rows }, (_, i) => Math.floor(i / 3));
// An attack asks for 500 people at least: in the holdout every row is one.
const entities = { train: entitiesOf(900), holdout: Int32Array.from({ length: 600 }, (_, i) => i) };
const emails = (rows: number, house: string): Table =>
  tableOf([
    textColumn(
      "email",
      Array.from({ length: rows }, (_, i) => `${((7919 * (i + 1)) % 99991) * 99989}@${house}.example`),
    ),
  ]);
const unmodelled = { train: emails(900, "a"), holdout: emails(600, "b"), synthetic: emails(900, "c") };
const good = (): MetricInput => {
  const input = inputOf(tables, {
    entities,
    target: "sex",
    purpose: {
      quasiIdentifiers: ["age", "job", "sex"],
      sensitive: ["grade"],
      protectedAttributes: ["job"],
      survival: { time: "days", event: "died" },
      analyses: [{ family: "ols", outcome: "age", predictors: ["job", "lab"] }],
    },
    unmodelled,
    kinds: {
      ...KINDS,
      days: "integer",
      died: "boolean",
      email: "identifier",
      admitted: "date",
      discharged: "date",
    },
  });
  const constraints = [
    { kind: "order", columns: ["admitted", "discharged"], strict: false },
    { kind: "unique", columns: ["email"] },
  ] as const;
  const shadows = shadowsOf(tables.train, (half) => half, { runs: 16, targets: 20, seed: 1 });
  return { ...input, schema: { ...input.schema, constraints }, shadows };
};

test("names are unique, and each metric has a page", () => {
  assert.equal(new Set(metrics.map((metric) => metric.name)).size, metrics.length);
  for (const { name } of metrics) assert.ok(existsSync(`docs/metrics/${name}.md`), `docs/metrics/${name}.md`);
});

for (const metric of metrics) {
  describe(metric.name, () => {
    test("says what it is", () => {
      assert.match(metric.name, /^[a-z]+(-[a-z]+)*$/);
      assert.ok(metric.range[0] < metric.range[1] && metric.range.every(Number.isFinite));
      assert.ok(metric.definitionVersion >= 1 && metric.explains.length > 30 && metric.source.length > 10);
    });

    test("gives a whole score for a good table, the same each time", async () => {
      const score = await metric.measure(good());
      assert.ok(isMeasured(score), isMeasured(score) ? "" : score.notComputable);
      checkScore(metric, score);
      assert.deepEqual(await metric.measure(good()), score);
    });

    test("gives a whole score, or a reason, for shuffled columns, for a copy, and without a holdout", async () => {
      const inputs = [
        inputOf({ ...tables, synthetic: shuffled(tables.train, randomFromSeed(5)) }, { entities, target: "sex" }),
        inputOf({ ...tables, synthetic: tables.train }, { entities, target: "sex" }),
        inputOf(
          { train: tables.train, synthetic: tables.synthetic },
          { entities: { train: entities.train, holdout: new Int32Array(0) }, target: "sex" },
        ),
      ];
      for (const input of inputs) checkScore(metric, await metric.measure(input));
    });

    test("has no score for a table of one constant or one empty column", async () => {
      const fixed = (rows: number): Table => tableOf([numberColumn("x", new Array(rows).fill(7))]);
      const label = (rows: number): Table => tableOf([textColumn("x", new Array(rows).fill("only"))]);
      const empty = (rows: number): Table => tableOf([numberColumn("x", new Array(rows).fill(Number.NaN))]);
      for (const [make, kind] of [
        [fixed, "continuous"],
        [fixed, "constant"],
        [label, "categorical"],
        [empty, "continuous"],
      ] as const) {
        const score = await metric.measure(
          inputOf({ train: make(300), holdout: make(200), synthetic: make(300) }, { kinds: { x: kind } }),
        );
        checkScore(metric, score);
        // A constant can be got wrong, so its cells are checked; that all of them are right is no praise of a distribution.
        if (metric.family === "validity" && make !== empty) continue;
        if (metric.family === "privacy") continue;
        const constantMissing = metric.name === "missingness" && make === empty;
        assert.ok(!isMeasured(score) || constantMissing, `${metric.name} gave a number for a ${kind} column`);
      }
    });

    test("survives a handful of rows", async () => {
      for (const rows of [1, 2, 20])
        checkScore(metric, await metric.measure(inputOf(world(7, { train: rows, holdout: rows, synthetic: rows }))));
    });
  });
}

function checkScore(metric: Metric, score: Score): void {
  assert.equal(score.metric, metric.name);
  assert.equal(score.title, metric.title);
  assert.equal(score.family, metric.family);
  assert.equal(score.better, metric.better);
  assert.equal(score.definitionVersion, metric.definitionVersion);
  assert.deepEqual(JSON.parse(JSON.stringify(score)), score, "the score is plain JSON");
  if (!isMeasured(score)) {
    assert.ok(score.notComputable.length > 20, "a missing score has a reason");
    return;
  }
  checkNumbers(score, metric.name);
  checkInterval(score);
  const [least, most] = metric.range;
  assert.ok(score.value >= least && score.value <= most);
  assert.ok(score.low >= least && score.high <= most);
  for (const interval of [score.ceiling, score.floor, score.difference, score.normalised])
    if (interval) checkInterval(interval);
  if (metric.family === "fidelity" || metric.family === "coverage") checkBounds(score);
  assert.ok(score.level > 0 && score.level < 1 && score.n > 0 && score.seeds.length > 0);
  assert.ok((score.worst?.length ?? 0) <= 50);
}

function checkBounds(score: MeasuredScore): void {
  assert.ok(
    score.ceiling && score.floor && score.difference,
    "a quality score has a ceiling, a floor and a difference",
  );
  assert.ok(Math.abs(score.difference.value - (score.value - score.ceiling.value)) < 1e-9);
}

function checkInterval({ value, low, high }: Interval): void {
  assert.ok(low <= value && value <= high, `${low} ≤ ${value} ≤ ${high}`);
}

function checkNumbers(value: unknown, path: string): void {
  if (typeof value === "number") assert.ok(Number.isFinite(value), `${path} is ${value}`);
  else if (value !== null && typeof value === "object")
    for (const [key, part] of Object.entries(value)) checkNumbers(part, `${path}.${key}`);
}

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { CounterfoilError } from "../../src/errors.ts";
import type { InferResult, InferTerm } from "../../src/hybrid/infer-result.ts";
import { infer } from "../../src/jobs/infer.ts";
import { answer, type OpenedFile } from "../../src/jobs/infer-answer.ts";
import type { InferOptions } from "../../src/jobs/infer-options.ts";
import { inferSchema } from "../../src/jobs/result-schema.ts";
import { HEADER, opened, world } from "./infer-world.ts";
import { csvOf, fileIn, scratchHome } from "./world.ts";

const home = scratchHome();
const rows = world(1, 1600, 160);
const data = opened("data.csv", rows);
const labelsOnly = opened("labels.csv", rows.slice(0, 160));
const SYNTHETIC = ["id", "y", "x", "job"];
const counterparts = rows.map(([id, , x, job, guess]) => [id, String(Number(guess) - 1), x, job] as string[]);
const synthetic = opened("synthetic.csv", counterparts, SYNTHETIC);

interface Given extends Partial<Omit<InferOptions, "labelled" | "unlabelled" | "synthetic">> {
  readonly labelled?: OpenedFile;
  readonly unlabelled?: OpenedFile;
  readonly synthetic?: readonly OpenedFile[];
}

/** The answer to tables in memory. */
function run(given: Given): Promise<InferResult> {
  const { labelled = data, unlabelled, synthetic: made = [], ...options } = given;
  return answer(
    { labelled, unlabelled, synthetic: made },
    {
      labelled: labelled.name,
      synthetic: made.map(({ name }) => name),
      formula: "y ~ x + job",
      threads: 1,
      ...options,
    },
  );
}

const termOf = (result: InferResult, term: string, method = result.primary): InferTerm =>
  result.estimations.find((item) => item.method === method)?.terms?.find((item) => item.term === term) as InferTerm;

test("a proxy that is off by 3 moves nothing and saves labels; naive pooling is moved; what is written satisfies the schema and holds no row", async () => {
  const out = join(home, "out");
  const path = fileIn(home, "data.csv", csvOf(HEADER, rows));
  const result = await infer({ labelled: path, formula: "y ~ x + job", proxies: ["guess"], threads: 1, out });
  assert.equal(result.decision, "estimated");
  assert.deepEqual(
    [result.units, result.labelled, result.primary, result.headline],
    [1600, 160, "control-variate", "x"],
  );
  const x = termOf(result, "x");
  assert.ok(x.low < 2 && 2 < x.high && (x.effectiveN as number) > 300, JSON.stringify(x));
  const wrong = termOf(result, "(intercept)", "naive-pooling");
  assert.ok(wrong.low > 3, JSON.stringify(wrong));
  assert.match(
    result.sentences[0] ?? "",
    /^With 160 labels and 1,440 predictions, the coefficient of x is [\d.]+ \(90 % interval .* to .*\), as precise as \d+ labels would be alone; the predictions saved \d+ labels\.$/,
  );
  assert.match(result.sentences[1] ?? "", /together as if all were real .* standard errors away/);
  assert.deepEqual(inferSchema.parse(JSON.parse(readFileSync(join(out, "infer.json"), "utf8"))), result);
  const page = readFileSync(join(out, "infer.html"), "utf8");
  assert.ok(
    page.includes("What would change the answer?") && !page.includes("u17") && !page.includes(rows[17]?.[4] as string),
  );
});

test("labels alone are what the other estimates are read beside: the same whatever sources there are", async () => {
  const alone = await run({ labelled: labelsOnly });
  assert.equal(alone.primary, "labelled-only");
  assert.equal(alone.refusal, null);
  assert.match(alone.sentences[0] ?? "", /^With 160 labels alone, /);
  const beside = await run({ proxies: ["guess"] });
  assert.deepEqual(termOf(beside, "x", "labelled-only"), termOf(alone, "x"));
});

test("unlabelled units in a file of their own are those in the table itself", async () => {
  const without = HEADER.filter((name) => !["y", "late", "died"].includes(name));
  const unlabelled = opened(
    "unlabelled.csv",
    rows.slice(160).map((row) => without.map((name) => row[HEADER.indexOf(name)] as string)),
    without,
  );
  const apart = await run({
    labelled: labelsOnly,
    unlabelled,
    proxies: ["guess"],
  });
  const together = await run({ proxies: ["guess"] });
  assert.deepEqual(apart.estimations, together.estimations);
});

test("synthetic rows are paired by key in any order; a unit that only they have counts as unlabelled", async () => {
  const plain = await run({ key: "id", synthetic: [synthetic] });
  const shuffled = opened("shuffled.csv", [...counterparts].reverse(), SYNTHETIC);
  const turned = await run({ key: "id", synthetic: [shuffled] });
  assert.deepEqual(turned.estimations, plain.estimations);
  assert.ok((termOf(plain, "x").effectiveN as number) > 250);
  const extra = await run({ labelled: labelsOnly, key: "id", synthetic: [synthetic] });
  assert.equal(extra.units, 1600);
  assert.deepEqual(extra.estimations, plain.estimations);
  assert.match(extra.notices.join(" "), /1440 units are in the synthetic files alone/);
});

test("without a source, models of the labels predict the rest, and the same seed gives the same numbers on any number of threads", async () => {
  const one = await run({ formula: "y ~ 1" });
  const two = await run({ formula: "y ~ 1", threads: 3 });
  assert.deepEqual(two, one);
  assert.deepEqual(one.sources, [{ name: "cross-fitted trees", kind: "cross-fitted" }]);
  assert.ok((termOf(one, "(intercept)").effectiveN as number) > 200);
  assert.match(one.sentences[0] ?? "", /the mean of y is/);
});

test("two labels make a logistic regression, and which one counts as 1 is said", async () => {
  const result = await run({ formula: "died ~ x", proxies: [] });
  assert.equal(result.family, "logistic");
  assert.deepEqual(result.outcome.labels, ["no", "yes"]);
  assert.match(result.notices.join(" "), /"died" counts as 1 where it is "yes"/);
  assert.match(result.sentences[0] ?? "", /an odds ratio of/);
});

test("tables of a synthesizer leave the answer to the labels; one read as if real is shown with its small standard error", async () => {
  const tables = [11, 12].map((seed) => opened(`made${seed}.csv`, world(seed, 4000, 4000)));
  const result = await run({
    synthetic: tables,
    labelled: labelsOnly,
  });
  assert.equal(result.primary, "labelled-only");
  const own = result.tables;
  assert.ok(own && own.rule === "simple-synthesis" && own.tables === 2 && own.realRows === 160);
  const term = own.combined
    .find(({ rule }) => rule === "simple-synthesis")
    ?.terms?.find(({ term: name }) => name === "x");
  const naive = own.asIfReal.find(({ term: name }) => name === "x");
  // Raab, Nowok & Dibben: the variance is that of one table times k/n + 1/m, here 25.5.
  assert.ok(Math.abs((term?.standardError as number) / (naive?.standardError as number) / Math.sqrt(25.5) - 1) < 0.05);
  assert.match(result.sentences.join(" "), /times too small\. Rows that belong to no unit say nothing/);
  const single = await run({ synthetic: tables.slice(0, 1), synthesis: "full" });
  assert.match(
    single.tables?.combined.find(({ rule }) => rule === "fully-synthetic")?.notComputable ?? "",
    /there is one/,
  );
});

test("an alarm is a decision of its own; too few labels and separated labels are none", async () => {
  const chosen = rows.map((row) => row.map((cell, j) => (j === 1 && Number(row[2]) < 0.3 ? "" : cell)));
  const biased = await run({ labelled: opened("biased.csv", chosen), proxies: ["guess"] });
  assert.equal(biased.decision, "alarm");
  assert.match(biased.sentences.join(" "), /hardly labelled at random/);
  const few = await run({
    labelled: opened("few.csv", [...rows.slice(0, 3), ...rows.slice(160)]),
    proxies: ["guess"],
  });
  assert.equal(few.decision, "none");
  assert.equal(few.primary, null);
  assert.match(few.sentences.join(" "), /No valid interval can be given\. .*Label at least/);
  const parted = rows.map((row) =>
    row.map((cell, j) => (j === 9 && cell !== "" ? (Number(row[2]) > 0 ? "yes" : "no") : cell)),
  );
  const separated = await run({ labelled: opened("parted.csv", parted), formula: "died ~ x" });
  assert.equal(separated.decision, "none");
  assert.match(separated.refusal ?? "", /parts the outcomes/);
});

test("rows with empty cells, constant proxies, strange levels and labels for all are told and borne", async () => {
  const change = (name: string, text: (row: readonly string[], i: number) => string): OpenedFile =>
    opened(
      "changed.csv",
      rows.map((row, i) => row.map((cell, j) => (j === HEADER.indexOf(name) ? text(row, i) : cell))),
    );
  const gaps = await run({
    labelled: change("x", (row, i) => (i % 8 === 0 ? "" : (row[2] as string))),
    proxies: ["guess"],
  });
  assert.deepEqual([gaps.labelled, gaps.units], [140, 1400]);
  assert.match(gaps.notices.join(" "), /20 labelled and 180 unlabelled rows are left out/);
  const constant = await run({ labelled: change("guess", () => "7"), proxies: ["guess"] });
  assert.equal(constant.primary, "labelled-only");
  assert.match(constant.notices.join(" "), /"guess" is 7 for every labelled unit: it tells nothing/);
  const strange = await run({
    labelled: change("job", (row, i) => (i > 1590 ? "pilot" : (row[3] as string))),
    proxies: ["guess"],
  });
  assert.equal(strange.units, 1591);
  assert.match(
    strange.notices.join(" "),
    /9 unlabelled rows have a value of "job" that no labelled row has \("pilot"\)/,
  );
  const all = await run({ labelled: labelsOnly, proxies: ["guess"] });
  assert.equal(all.primary, "labelled-only");
  assert.match(all.notices.join(" "), /Every unit is labelled/);
});

test("weights, strata and chances of a label are read by name and change the estimate", async () => {
  const plain = termOf(await run({ proxies: ["guess"] }), "x").value;
  for (const more of [{ weights: "weight" }, { strata: "place" }, { labellingChance: "chance" }]) {
    const found = termOf(await run({ proxies: ["guess"], ...more }), "x");
    assert.ok(found.low < 2 && 2 < found.high, JSON.stringify(more));
    if (more.weights) assert.notEqual(found.value, plain);
  }
});

test("what cannot be used is said with its place and what to do", async () => {
  const changed = (name: string, at: number, value: string): OpenedFile =>
    opened(
      `${name}-${at}.csv`,
      rows.map((row, i) => row.map((cell, j) => (i === at && j === HEADER.indexOf(name) ? value : cell))),
    );
  const fewer = opened("fewer.csv", [...counterparts.slice(0, 2), ...counterparts.slice(6)], SYNTHETIC);
  const twice = opened("twice.csv", [...counterparts, counterparts[2] as string[]], SYNTHETIC);
  const WRONG: readonly (readonly [given: Given, code: string, says: RegExp])[] = [
    [
      { key: "id", synthetic: [fewer] },
      "unpaired-keys",
      /fewer\.csv has no row for 4 of 1600 units \(id u2, u3, u4, …\)[\s\S]*--drop-unpaired/,
    ],
    [{ key: "id", synthetic: [twice] }, "duplicate-key", /1 key occurs more than once in "id" of twice\.csv: u2\./],
    [{ key: "job", synthetic: [synthetic] }, "duplicate-key", /"job" of synthetic\.csv: (judge, cook|cook, judge)/],
    [{ proxies: ["late"] }, "missing-proxy", /"late" is missing for 1440 of 1600 units \(row 161 of data\.csv, /],
    [{ proxies: ["job"] }, "not-numbers", /"job" of the units holds no numbers/],
    [
      { labelled: changed("weight", 4, "-1"), weights: "weight" },
      "bad-weight",
      /"weight" is -1 in row 5 of weight-4\.csv/,
    ],
    [{ labelled: changed("weight", 5, "0"), weights: "weight" }, "bad-weight", /"weight" is 0 in row 6/],
    [{ labelled: changed("weight", 6, ""), weights: "weight" }, "bad-weight", /"weight" is missing in row 7/],
    [
      { labelled: changed("place", 900, "moon"), strata: "place", proxies: ["guess"] },
      "thin-stratum",
      /"moon" of "place" has no labelled unit/,
    ],
    [{ formula: "y ~ x + late", labelled: labelsOnly }, "collinear-terms", /"late" is a linear combination/],
    [
      { formula: "place ~ x", labelled: changed("place", 3, "moon") },
      "not-numbers",
      /"place" holds text with 3 labels/,
    ],
    [{ labelled: opened("none.csv", rows.slice(200)) }, "no-labels", /No row has a value of the outcome "y"/],
    [
      { formula: "died ~ x", proxies: ["guess"] },
      "unknown-label",
      /"guess" of the units has "[-\d.]+", and the outcome is "no" or "yes"/,
    ],
    [{ formula: "log(y) ~ x" }, "no-value", /log\(y\) is no number in row \d+ of data\.csv, where "y" is -/],
    [{ family: "quantile", probability: 2, formula: "y ~ 1" }, "bad-options", /probability is 2/],
    [{ proxies: ["gues"] }, "unknown-column", /no column "gues"\. Did you mean "guess"/],
    [
      {
        method: "ppi",
        proxies: [],
        formula: "y ~ 1",
        labelled: labelsOnly,
      },
      "no-estimate",
      /"ppi" gives no estimate here/,
    ],
  ];
  for (const [options, code, says] of WRONG)
    await assert.rejects(run(options), (error) => {
      assert.ok(error instanceof CounterfoilError, String(error));
      assert.equal(error.code, code, error.message);
      assert.match(`${error.message}\n${error.advice}`, says);
      return true;
    });
  const dropped = await run({ key: "id", synthetic: [fewer], dropUnpaired: true });
  assert.equal(dropped.units, 1596);
});

test("a rare outcome whose covariate lies far from 0 is not taken for a separated one", async () => {
  const cells = Array.from({ length: 900 }, (_, i) => [i % 30 === 0 ? "1" : "0", String(40 + ((i * 37) % 21))]);
  const found = await run({ labelled: opened("rare.csv", cells, ["fails", "torque"]), formula: "fails ~ torque" });
  assert.equal(found.decision, "estimated");
  assert.ok(Math.abs(termOf(found, "torque").value) < 0.2);
});

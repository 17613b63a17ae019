import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { Cancelled, InvalidArgument, InvalidData } from "../../src/errors.ts";
import { plan } from "../../src/jobs/plan.ts";
import type { PlanOptions } from "../../src/jobs/plan-options.ts";
import { previewPlan } from "../../src/jobs/plan-preview.ts";
import { planSchema } from "../../src/jobs/plan-schema.ts";
import { planJson } from "../../src/jobs/plan-write.ts";
import { townCsv } from "./plan-world.ts";
import { fileIn, scratchHome } from "./world.ts";

const home = scratchHome();
const train = fileIn(home, "train.csv", townCsv(1, 500));
const fresh = fileIn(home, "fresh.csv", townCsv(2, 150));
/** Few sizes, so that nothing can be told and it is quickly said. */
const small: PlanOptions = { train, target: "insured", real: [12, 18], synthetic: [0, 1], seeds: 1, threads: 1 };
const files = (folder: string): Record<string, string> =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]));

test("a pilot on a table says the same for any number of threads, satisfies the published schema, and is read back to the same answer", async () => {
  const options: PlanOptions = {
    train,
    target: "insured",
    shifted: fresh,
    real: [12, 24, 48, 96],
    synthetic: [0, 2],
    seeds: 2,
    arms: ["mix"],
    goal: 0.8,
    draws: 4,
  };
  const one = await plan({ ...options, out: join(home, "one"), threads: 1 });
  await plan({ ...options, out: join(home, "two"), threads: 2 });
  assert.deepEqual(files(join(home, "two")), files(join(home, "one")));
  assert.equal(one.decision, "told");
  assert.ok(one.answers?.shifted);
  const written = JSON.parse(readFileSync(join(home, "one", "plan.json"), "utf8"));
  planSchema.parse(written);
  assert.deepEqual({ ...written, folder: null }, { ...JSON.parse(planJson(one)), folder: null });
  assert.ok(!existsSync(join(home, "one-work")), "what was kept to go on from is gone");
  const again = await plan({
    grid: join(home, "one", "pilot.csv"),
    metric: "auc",
    goal: 0.8,
    available: one.question.realAvailable,
    draws: 4,
  });
  assert.equal(again.folder, null);
  // The same cells give the same answers, wherever they come from.
  assert.deepEqual(again.sentences, one.sentences);
  assert.deepEqual(again.pilot.cells, one.pilot.cells);
});

test("killed or stopped at any instant, a plan goes on where it was, and ends in the same bytes as one that was left alone", async () => {
  const whole = await plan({ ...small, seeds: 2, out: join(home, "whole") });
  const out = join(home, "killed");
  const journal = join(`${out}-work`, "journal.jsonl");
  const lines = (): number => (existsSync(journal) ? readFileSync(journal, "utf8").split("\n").length - 1 : 0);
  const args = ["plan", train, "--target", "insured", "--real", "12,18", "--synthetic", "0,1", "--seeds", "2"];
  const child = spawn(process.execPath, [resolve("dist", "cli", "main.js"), ...args, "--out", out, "--threads", "1"]);
  const ended = new Promise((done) => child.on("close", done));
  const timer = setInterval(() => lines() >= 2 && child.kill("SIGKILL"), 1);
  await ended;
  clearInterval(timer);
  const before = lines();
  assert.ok(before >= 2 && !existsSync(out), `${before} lines`);
  // A line that was being written when the machine stopped.
  writeFileSync(journal, `${readFileSync(journal, "utf8")}{"size":18,"se`);
  await assert.rejects(plan({ ...small, seeds: 2, out, seed: 3 }), /holds what another pilot measured/);
  const stop = new AbortController();
  await assert.rejects(
    plan({
      ...small,
      seeds: 2,
      out,
      signal: stop.signal,
      events: { progress: (_done, _total, unit) => unit === "trainings" && stop.abort() },
    }),
    (error) => {
      assert.ok(error instanceof Cancelled);
      assert.match(error.message, /of 14 trainings are kept in .*killed-work, and the same command goes on from there/);
      return true;
    },
  );
  assert.ok(lines() > before, "what was measured before it stopped is kept");
  const told: string[] = [];
  const ran = await plan({ ...small, seeds: 2, out, events: { notice: (message) => told.push(message) } });
  assert.ok(told.some((message) => /of the 14 trainings were done before/.test(message)));
  assert.deepEqual({ ...ran, folder: null }, { ...whole, folder: null });
  assert.deepEqual(files(out), files(join(home, "whole")));
  assert.ok(!existsSync(`${out}-work`));
});

test("another seed draws other rows; a pilot of too few sizes says so, keeps what it measured and writes no page", async () => {
  const first = await plan({ ...small, synthetic: [0, 1, 2], out: join(home, "a") });
  const values = (result: typeof first, synthetic: number): unknown =>
    result.pilot.cells
      .filter((cell) => cell.real === 18 && cell.synthetic === synthetic)
      .map(({ arm, value }) => [arm, value]);
  const other = await plan({ ...small, synthetic: [0, 1, 2], seed: 5, out: join(home, "b") });
  assert.notDeepEqual(values(other, 36), values(first, 36));
  assert.equal(first.decision, "indeterminate");
  assert.match(first.sentences[0] ?? "", /^Nothing can be told/);
  assert.deepEqual(readdirSync(join(home, "a")).sort(), ["pilot.csv", "plan.json"]);
});

test("a pilot on texts trains n-grams on real texts and on those that back-off makes, finds a topic that one word tells, and writes its page", async () => {
  const word = (i: number, of: readonly string[]): string => of[i % of.length] as string;
  const texts = fileIn(
    home,
    "texts.csv",
    `id,said,topic\n${Array.from({ length: 240 }, (_, i) => {
      const [card, cash] = [word(i, ["card", "chip", "pin"]), word(i, ["cash", "note", "coin"])];
      const object = i % 2 === 0 ? card : cash;
      return `${i},my ${object} is ${word(i >> 1, ["lost", "late", "gone", "bent", "wet"])} ${word(i >> 3, ["again", "today", "here", "abroad"])} number ${i},${i % 2 === 0 ? "cards" : "money"}`;
    }).join("\n")}\n`,
  );
  const result = await plan({
    train: texts,
    target: "topic",
    text: ["said"],
    real: [10, 20, 40, 80],
    synthetic: [0, 1],
    arms: ["mix"],
    seeds: 2,
    draws: 4,
    threads: 1,
    out: join(home, "texts"),
  });
  assert.equal(result.decision, "told");
  assert.match(result.pilot.student, /n-grams/);
  assert.match(result.pilot.generator, /back-off/);
  const largest = result.pilot.cells.filter(({ real, synthetic }) => real === 80 && synthetic === 0);
  // The topic stands in one word of three that were all seen.
  assert.ok(largest.length === 2 && largest.every(({ value }) => value === 1), JSON.stringify(largest));
  assert.ok(result.pilot.cells.every(({ value }) => value !== null));
  assert.deepEqual(readdirSync(join(home, "texts")).sort(), ["pilot.csv", "plan.html", "plan.json"]);
});

test("what would be done is told before it is, and nothing is trained", async () => {
  const preview = await previewPlan(small);
  assert.equal(preview.rows.test, 150);
  assert.equal(preview.trainings, preview.cells.length);
  // 12 and 18 rows: alone, mixed and pretrained with as many; half of 18 is too few for a generator, and 18 synthetic rows alone.
  assert.deepEqual([preview.fits, preview.trainings], [2, 7]);
  assert.ok(
    preview.sentence.includes(
      `${preview.fits} fits of gaussian-copula, ${preview.trainings} trainings of boosted trees`,
    ),
  );
  await assert.rejects(previewPlan({ grid: train }), /needs no dry run/);
});

test("rows without a target, rows that equal a test row and columns that teach nothing are left out, and told", async () => {
  const gaps = fileIn(
    home,
    "gaps.csv",
    townCsv(3, 400, { gaps: 7 }).replace(/^(.*)$/gm, (line, _, at) =>
      at === 0 ? `id,${line}` : line === "" ? "" : `p-${at},${line}`,
    ),
  );
  const lines = readFileSync(gaps, "utf8").split("\n");
  const tested = fileIn(
    home,
    "tested.csv",
    [
      lines[0],
      ...lines.slice(300, 310),
      ...townCsv(4, 120)
        .trimEnd()
        .split("\n")
        .slice(1)
        .map((line, i) => `q-${i},${line}`),
    ].join("\n"),
  );
  const result = await plan({ ...small, train: gaps, test: tested, out: join(home, "gaps") });
  assert.ok(
    result.notices.some((notice) => /7 of the 400 rows of the training table have no "insured"/.test(notice)),
    result.notices.join("\n"),
  );
  assert.ok(
    result.notices.some((notice) => /10 of the 393 training rows equal a test row and are left out/.test(notice)),
    result.notices.join("\n"),
  );
  assert.ok(
    result.notices.some((notice) => /Left out: "id"/.test(notice)),
    result.notices.join("\n"),
  );
});

test("what cannot be planned is said before any work, with what to do", async () => {
  const rows = (count: number): string =>
    readFileSync(train, "utf8")
      .split("\n")
      .slice(0, count + 1)
      .join("\n");
  const cases: readonly (readonly [object, RegExp])[] = [
    [{ target: "insurred" }, /no column "insurred". Did you mean "insured"/],
    [{ target: undefined }, /which column is to be predicted/],
    [
      { real: undefined, train: fileIn(home, "few.csv", rows(100)) },
      /70 training rows are left, which make 3 real sizes; at least 125/,
    ],
    [{ real: [12, 400] }, /400 real rows was asked for; there are/],
    [{ real: [25.5] }, /whole numbers from 2; got 25.5/],
    [{ synthetic: [-1] }, /numbers from 0; got -1/],
    [{ test: train }, /the same file/],
    [
      { test: fileIn(home, "overlap.csv", `${townCsv(2, 100)}${rows(30).split("\n").slice(1).join("\n")}\n`) },
      /30 of the 130 rows of the test table are also among the training rows/,
    ],
    [{ test: fileIn(home, "short.csv", townCsv(9, 12)) }, /the test table has 12 rows; at least 30/i],
    [{ metric: "acuracy" }, /"acuracy" is none for a target that is one of 2 classes; did you mean "accuracy"/],
    [{ synthesizer: "gausian-copula" }, /Did you mean "gaussian-copula"/],
    [{ synthesizer: "mst" }, /spends a privacy budget/],
    [{ arms: ["pretrain"], student: "node s.mjs", metric: "auc" }, /has no place for \{arm\}/],
    [{ student: "node s.mjs {real}", metric: "auc" }, /does not say where \{synthetic\} and \{test\} goes/],
    [{ student: "node 's.mjs", metric: "auc" }, /' that is never closed/],
    [{ student: "node s.mjs", metric: "F1" }, /higher or a lower "F1" is better/],
    [{ student: "node s.mjs" }, /what the numbers of the student are/],
    [{ generate: "node g.mjs", synthesizer: "circuit" }, /either from --synthesizer or from --generate/],
    [{ text: ["town"], target: "town" }, /both the target and a text/],
    [{ grid: train }, /either a table to learn from, or the grid/],
    [{ out: home }, /output folder exists/],
  ];
  for (const [options, pattern] of cases)
    await assert.rejects(plan({ ...small, out: join(home, "never"), ...options }), (error) => {
      assert.ok(
        error instanceof InvalidArgument || (error as { code?: string }).code === "private-pilot",
        String(error),
      );
      assert.match((error as Error).message, pattern);
      return true;
    });
  assert.ok(!existsSync(join(home, "never")) && !existsSync(join(home, "never-work")));
});

test("a grid with holes is read, its holes are named; what is no grid is said", async () => {
  const cells: string[] = [];
  for (const real of [25, 50, 100, 200, 400])
    for (const synthetic of [0, real, 4 * real])
      for (const seed of [1, 2, 3])
        cells.push(`${real},${synthetic},${seed},${(1 - (real + synthetic / 10) ** -0.4 - 0.002 * seed).toFixed(4)}`);
  cells[4] = "25,25,2,";
  cells[7] = "25,100,2,out of memory";
  const grid = (lines: readonly string[], head = "real,synthetic,seed,value"): string =>
    fileIn(home, `grid-${Math.abs(lines.join().length)}-${head.length}.csv`, `${[head, ...lines].join("\n")}\n`);
  const read = { metric: "accuracy" } as const;
  const result = await plan({ ...read, grid: grid(cells), draws: 20 });
  assert.equal(result.decision, "told");
  assert.equal(result.answers?.synthetic, "helps");
  assert.deepEqual(
    result.answers?.holes.map(({ real, synthetic, failure }) => [real, synthetic, failure]),
    [
      [25, 25, "no value in the grid"],
      [25, 100, "out of memory"],
    ],
  );
  const fails = async (options: PlanOptions, pattern: RegExp): Promise<void> => {
    await assert.rejects(plan(options), (error) => {
      assert.ok(error instanceof InvalidArgument || error instanceof InvalidData, String(error));
      assert.match(error.message, pattern);
      return true;
    });
  };
  await fails({ ...read, grid: grid(cells, "real,synthetic,seeds,value") }, /no column "seed". Did you mean "seeds"/);
  await fails({ ...read, grid: grid([...cells, cells[0] as string]) }, /rows 1 and 46 are the same cell/);
  await fails({ ...read, grid: grid(["25,0,1,", "50,0,1,"]) }, /holds no value: each of its 2 cells is a hole/);
  await fails(
    { ...read, grid: grid(["25,0,1,83", "50,0,1,88.5"]) },
    /accuracy of 83, which is better than that of a perfect student, 1/,
  );
  await fails({ ...read, grid: grid(["25,many,1,.8", "50,0,1,.8"]) }, /column "synthetic", row 1 is "many"/);
  await fails({ ...read, grid: grid(["25,0,1,.8,mixed"], "real,synthetic,seed,value,arm") }, /"arm", row 1 is "mixed"/);
  await fails({ grid: grid(cells) }, /what the numbers of the grid are/);
  // A metric that does not move says nothing of synthetic rows, for good or ill.
  for (const flat of [0.5, 1]) {
    const still = await plan({
      ...read,
      draws: 20,
      grid: grid(cells.map((line) => `${line.split(",").slice(0, 3).join(",")},${flat}`)),
    });
    assert.equal(still.answers?.synthetic, "no-evidence");
    assert.match(still.sentences[0] ?? "", /^Nothing can be told of synthetic rows here/);
  }
  const huge = await plan({ metric: "rmse", draws: 20, grid: grid([...cells, "800,0,1,1e200"]) });
  assert.match(huge.answers?.holes.at(-1)?.failure ?? "", /1e\+?200/);
  const few = await plan({ ...read, grid: grid(["25,0,1,.7", "50,0,1,.8"]) });
  assert.equal(few.decision, "indeterminate");
});

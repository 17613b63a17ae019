import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { InvalidArgument, InvalidData } from "../../src/errors.ts";
import { commandWords } from "../../src/jobs/command-words.ts";
import { plan } from "../../src/jobs/plan.ts";
import type { PlanOptions } from "../../src/jobs/plan-options.ts";
import { lastNumber } from "../../src/jobs/plan-programs.ts";
import { townCsv, writePrograms } from "./plan-world.ts";
import { fileIn, scratchHome } from "./world.ts";

const home = scratchHome();
const train = fileIn(home, "train.csv", townCsv(1, 400));
const { student, generator } = writePrograms(home);
const node = `"${process.execPath}"`;
const options: PlanOptions = {
  train,
  target: "insured",
  real: [12, 18],
  synthetic: [0, 1],
  seeds: 1,
  threads: 2,
  metric: "share",
  better: "higher",
  student: `${node} ${student} {real} {synthetic} {test}`,
  generate: `${node} ${generator} {real} {rows} {out}`,
};

test("a student and a generator of one's own are run for each cell, on rows of the draw alone and on test rows that neither saw", async () => {
  const result = await plan({ ...options, out: join(home, "own") });
  const cells = result.pilot.cells;
  // Real and synthetic rows of each cell came as asked: the student prints their share, and fails where it was given any other.
  for (const { real, synthetic, value } of cells)
    assert.equal(value, Number((synthetic / (real + synthetic)).toFixed(4)), JSON.stringify(cells));
  assert.ok(cells.some(({ real, synthetic, source }) => real === 0 && synthetic === 18 && source !== undefined));
  assert.ok(cells.every(({ arm }) => arm === "mix"));
  assert.ok(!existsSync(join(home, "own-work")));
});

test("a command that prints no number, fails or takes too long leaves a hole with the reason, and the other cells are kept", async () => {
  const { pilot } = await plan({
    ...options,
    real: [12, 18, 24, 30],
    synthetic: [0],
    generate: undefined,
    student: `${node} ${student} {real} {synthetic} {test} faulty`,
    programSeconds: 2,
    out: join(home, "faulty"),
  });
  const failures = pilot.cells.map(({ real, value, failure }) => [real, value, failure]);
  assert.deepEqual(
    failures.map(([real, value]) => [real, value]),
    [
      [12, null],
      [18, null],
      [24, null],
      [30, 0],
    ],
  );
  for (const [i, pattern] of [
    /printed no number/,
    /exit code 3; it last said: out of memory/,
    /ended after 2 s/,
  ].entries())
    assert.match(String(failures[i]?.[2]), pattern);
});

test("a program that is not there, or fails in every cell, or is better than perfect, is an error; what was measured is kept", async () => {
  const only = { ...options, real: [12], synthetic: [0], generate: undefined };
  await assert.rejects(plan({ ...only, student: "no-such-program-here", out: join(home, "x1") }), (error) => {
    assert.ok(error instanceof InvalidArgument);
    assert.match(error.message, /no program "no-such-program-here"/);
    return true;
  });
  await assert.rejects(
    plan({ ...only, student: `${node} -e "process.exit(1)" {real} {synthetic} {test}`, out: join(home, "x2") }),
    (error) => {
      assert.ok(error instanceof InvalidData);
      assert.match(error.message, /The only cell of the pilot failed/);
      return true;
    },
  );
  await assert.rejects(
    plan({ ...only, student: `${node} -e "console.log(83)" {real} {synthetic} {test}`, out: join(home, "x3") }),
    /share of 83 is better than that of a perfect student, 1/,
  );
  assert.deepEqual(
    readdirSync(home).filter((name) => /^x\d$/.test(name)),
    [],
  );
});

test("a generator that gives another number of rows, or other columns, makes holes of the cells that need them", async () => {
  for (const [what, code, pattern] of [
    ["rows", "require('fs').copyFileSync(process.argv[1], process.argv[3])", /wrote 12 rows where 24 were asked for/],
    [
      "columns",
      "require('fs').writeFileSync(process.argv[3], 'a,b\\n' + '1,2\\n'.repeat(process.argv[2]))",
      /cannot be used: .*different columns/,
    ],
    ["nothing", "0", /wrote no \{out\}/],
  ] as const) {
    const result = await plan({
      ...options,
      real: [12],
      synthetic: [0, 2],
      generate: `${node} -e "${code}" {real} {rows} {out}`,
      out: join(home, `g-${what}`),
    });
    const [alone, mixed] = [0, 24].map((synthetic) => result.pilot.cells.find((cell) => cell.synthetic === synthetic));
    assert.equal(alone?.value, 0);
    assert.equal(mixed?.value, null);
    assert.match(mixed?.failure ?? "", pattern);
  }
});

test("what a program leaves running is not waited for, what it gets beside its PATH is what was named, and no value of that is told", async () => {
  const code = `const { spawn } = require("node:child_process");
spawn(process.execPath, ["-e", "setTimeout(() => {}, 60000)"], { stdio: "inherit" }).unref();
if (process.argv[2].includes("real") && !process.env.PLAN_OTHER && process.env.PLAN_KEY === "sk-12345") console.error("no credit on " + process.env.PLAN_KEY);
process.exit(require("node:fs").readFileSync(process.argv[2], "utf8").trimEnd().split("\\n").length === 13 ? 1 : (console.log(0.5), 0));`;
  const leaving = fileIn(home, "leaving.cjs", code);
  Object.assign(process.env, { PLAN_KEY: "sk-12345", PLAN_OTHER: "hidden" });
  const started = performance.now();
  const { pilot } = await plan({
    ...options,
    real: [12, 18],
    synthetic: [0],
    generate: undefined,
    variables: ["PLAN_KEY"],
    student: `${node} ${leaving} {real} {synthetic} {test}`,
    out: join(home, "leaving"),
  });
  assert.ok(performance.now() - started < 30_000);
  assert.deepEqual(
    pilot.cells.map(({ value, failure }) => value ?? failure?.replace(/^.*said: /, "")),
    ["no credit on $PLAN_KEY", 0.5],
  );
  for (const name of readdirSync(join(home, "leaving")))
    assert.ok(!readFileSync(join(home, "leaving", name), "utf8").includes("sk-12345"), name);
});

test("a pilot with holes goes on with more time for its commands, and not with another target; folders of a killed process are gone", async () => {
  const work = join(home, "kept-work");
  const only = { ...options, real: [24, 30], synthetic: [0], generate: undefined, work };
  const faulty = { ...only, student: `${node} ${student} {real} {synthetic} {test} faulty`, threads: 1 };
  await plan({ ...faulty, programSeconds: 1.5, out: join(home, "kept-1") });
  mkdirSync(join(work, "cell-left"));
  const told: string[] = [];
  await plan({
    ...faulty,
    programSeconds: 1,
    out: join(home, "kept-2"),
    events: { notice: (message) => told.push(message) },
  });
  assert.ok(told.some((message) => /1 of the 2 trainings were done before/.test(message)));
  assert.deepEqual(
    readdirSync(work).filter((name) => name.startsWith("cell-")),
    [],
  );
  await assert.rejects(
    plan({ ...faulty, target: "town", out: join(home, "kept-3") }),
    /holds what another pilot measured/,
  );
});

test("the last number that stands by itself is the value", () => {
  for (const [text, want] of [
    ["0.83", 0.83],
    ["epoch 10\nauc: 0.91\n", 0.91],
    ['{"auc": .5}', 0.5],
    ["loss=1e-3", 0.001],
    ["-2.5 (test2.csv)", -2.5],
    ["Accuracy 0.75.", 0.75],
    ["took 3 s; f1 = +0.25, done", 0.25],
    ["0.7 v1.2 2024-01-03 12/5 83%", 0.7],
    ["nothing", undefined],
    ["test2.csv", undefined],
  ] as const)
    assert.equal(lastNumber(text), want, text);
  assert.ok(Number.isNaN(lastNumber("epoch 10 loss nan")));
  assert.equal(lastNumber("loss -inf"), Number.NEGATIVE_INFINITY);
});

test("words are parted by blanks, and quotes keep them together; nothing else has a meaning", () => {
  assert.deepEqual(commandWords(`python3  "my train.py" {real} --name='a b'c ""`, "--student"), [
    "python3",
    "my train.py",
    "{real}",
    "--name=a bc",
    "",
  ]);
  assert.deepEqual(commandWords("C:\\py.exe $HOME | x", "--student"), ["C:\\py.exe", "$HOME", "|", "x"]);
  for (const wrong of ["", "  ", `'' a`, `a "b`])
    assert.throws(() => commandWords(wrong, "--student"), InvalidArgument);
});

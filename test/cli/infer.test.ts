import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { inferSchema } from "../../src/jobs/result-schema.ts";
import { counterfoil, inScratch } from "./run.ts";

const costs = resolve("examples", "data", "hospital-costs.csv.gz");

test("infer answers in words or in JSON, and its exit code tells an answer, an alarm and no interval apart", () =>
  inScratch(async (folder) => {
    const line = (i: number, y: string): string =>
      `${y},${(i * 37) % 101},${((i * 37) % 101) / 10 + ((i * 7919) % 13)}`;
    const labelled = (i: number): string => String(((i * 37) % 101) / 10 + ((i * 7919) % 17));
    const write = (name: string, isLabelled: (i: number) => boolean): void =>
      writeFileSync(
        join(folder, name),
        `y,x,guess\n${Array.from({ length: 400 }, (_, i) => line(i, isLabelled(i) ? labelled(i) : "")).join("\n")}\n`,
      );
    write("chosen.csv", (i) => (i * 37) % 101 > 70);
    write("few.csv", (i) => i < 3);
    const infer = (...args: string[]) => counterfoil(["infer", ...args, "--quiet"], { cwd: folder });
    const [spoken, json, alarm, none] = await Promise.all([
      infer(costs, "--formula", "log(cost) ~ age", "--proxy", "bill", "--out", "report"),
      infer(costs, "--formula", "log(cost) ~ age", "--proxy", "bill", "--json"),
      infer("chosen.csv", "--formula", "y ~ x", "--proxy", "guess"),
      infer("few.csv", "--formula", "y ~ x", "--proxy", "guess"),
    ]);
    assert.equal(spoken.code, 0, spoken.stderr);
    assert.match(
      spoken.stdout,
      /^\nWith 250 labels and 5,750 predictions, the coefficient of age is[\s\S]*labels alone[\s\S]*report {2}report\/infer\.html\n$/,
    );
    assert.equal(inferSchema.parse(JSON.parse(json.stdout)).decision, "estimated");
    assert.equal(alarm.code, 3, alarm.stderr);
    assert.match(alarm.stdout, /! Labelled units differ/);
    assert.equal(none.code, 4, none.stderr);
    assert.match(none.stdout, /No valid interval can be given/);
  }));

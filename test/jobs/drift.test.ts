import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { InvalidArgument } from "../../src/errors.ts";
import { drift } from "../../src/jobs/drift.ts";
import { driftSchema } from "../../src/jobs/result-schema.ts";
import { randomFromSeed } from "../../src/random.ts";
import { fileIn, scratchHome } from "./world.ts";

const home = scratchHome();

function csv(seed: number, rows: number, change: { shift?: number; columns?: string[] } = {}): string {
  const random = randomFromSeed(seed);
  const columns = change.columns ?? ["id", "age", "<b>job</b>"];
  const lines = [columns.join(",")];
  for (let i = 0; i < rows; i++) {
    const cells: Record<string, string | number> = {
      id: `p-${seed}-${i}-canary`,
      age: Math.round(40 + 10 * random.normal() + (change.shift ?? 0)),
      "<b>job</b>": random.uniform() < 0.5 ? "cook" : "judge",
    };
    lines.push(columns.map((name) => cells[name] ?? "z").join(","));
  }
  return `${lines.join("\n")}\n`;
}

const old = fileIn(home, "old.csv", csv(1, 3000));

test("no drift, drift and too few rows are told apart; what is written satisfies the published schema, escapes, and holds no row", async () => {
  const out = join(home, "out");
  const alike = await drift({ old, new: fileIn(home, "alike.csv", csv(2, 3000)), out });
  assert.equal(alike.decision, "none");
  assert.deepEqual(driftSchema.parse(JSON.parse(readFileSync(join(out, "drift.json"), "utf8"))), alike);
  const page = readFileSync(join(out, "drift.html"), "utf8");
  assert.ok(page.includes("&lt;b&gt;job&lt;/b&gt;") && !page.includes("<b>job"));
  assert.ok(!page.includes("canary") && !JSON.stringify(alike).includes("canary"));
  assert.deepEqual(
    alike.notCompared.map(({ name }) => name),
    ["id"],
  );
  const moved = await drift({ old, new: fileIn(home, "moved.csv", csv(3, 3000, { shift: 8 })) });
  assert.equal(moved.decision, "drift");
  assert.equal(moved.columns.find(({ name }) => name === "age")?.flag, "much");
  assert.equal(moved.tellers[0]?.name, "age");
  const few = await drift({ old, new: fileIn(home, "few.csv", csv(4, 60)) });
  assert.equal(few.decision, "indeterminate");
});

test("columns that come or go are drift, unless the columns to compare are named", async () => {
  const fresh = fileIn(home, "other.csv", csv(5, 3000, { columns: ["id", "age", "city"] }));
  const found = await drift({ old, new: fresh });
  assert.equal(found.decision, "drift");
  assert.match(found.reasons.join(" "), /gone: "<b>job<\/b>".*new: "city"/);
  assert.equal((await drift({ old, new: fresh, columns: ["age"] })).decision, "none");
});

test("a column of dates that do not overlap is named as a clock", async () => {
  const days = (year: number): string =>
    `day,x\n${Array.from({ length: 300 }, (_, i) => `${year}-${String((i % 12) + 1).padStart(2, "0")}-${String((i % 28) + 1).padStart(2, "0")},${(i * 37) % 101}`).join("\n")}\n`;
  const tables = { old: fileIn(home, "y1.csv", days(2023)), new: fileIn(home, "y2.csv", days(2024)) };
  const found = await drift(tables);
  assert.equal(found.decision, "drift");
  assert.match(found.reasons.at(-1) ?? "", /"day" holds dates.*--columns/);
  const rest = await drift({ ...tables, columns: ["x"] });
  assert.doesNotMatch(rest.reasons.join(" "), /holds dates/);
});

test("what cannot be compared is said with what to do", async () => {
  const fails = (options: object, pattern: RegExp) =>
    assert.rejects(drift({ old, new: old, ...options }), (error) => {
      assert.ok(error instanceof InvalidArgument);
      assert.match(error.message, pattern);
      return true;
    });
  await fails({}, /the same file/);
  await fails({ new: fileIn(home, "short.csv", csv(6, 20)) }, /20 rows; comparing needs 50/);
  await fails({ new: fileIn(home, "strange.csv", "x,y\n1,2\n") }, /no column in common/);
  await fails({ new: fileIn(home, "alike2.csv", csv(7, 100)), columns: ["agge"] }, /agge/);
  await fails({ new: fileIn(home, "ids.csv", csv(8, 100)), columns: ["id"] }, /can be compared/);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { InferResult } from "../../src/hybrid/infer-result.ts";
import { answer, type OpenedFile } from "../../src/jobs/infer-answer.ts";
import type { InferOptions } from "../../src/jobs/infer-options.ts";
import { HEADER, opened, world } from "./infer-world.ts";

const rows = world(3, 900, 100);

/** The world with cells of one column changed. */
function changed(name: string, cell: (row: readonly string[], i: number) => string): OpenedFile {
  const at = HEADER.indexOf(name);
  return opened(
    "changed.csv",
    rows.map((row, i) => row.map((old, j) => (j === at ? cell(row, i) : old))),
  );
}

function run(
  labelled: OpenedFile,
  options: Partial<InferOptions>,
  synthetic: readonly OpenedFile[] = [],
): Promise<InferResult> {
  return answer({ labelled, synthetic }, { labelled: labelled.name, formula: "y ~ 1", threads: 1, ...options });
}

test("models do not learn from a column that only labelled rows have: the numbers are those of a table without it", async () => {
  const table = opened("data.csv", rows);
  const found = await run(table, {});
  assert.match(found.notices.join(" "), /do not learn from "late", "chance" and "died": empty in every/);
  const kept = HEADER.filter((name) => !["late", "chance", "died"].includes(name));
  const without = opened(
    "data.csv",
    rows.map((row) => kept.map((name) => row[HEADER.indexOf(name)] as string)),
    kept,
  );
  assert.deepEqual((await run(without, {})).estimations, found.estimations);
});

test("a proxy that holds the labels themselves is left out: what it is worth elsewhere is not known", async () => {
  const copied = changed("guess", (row, i) => (i < 100 ? (row[1] as string) : (row[4] as string)));
  const found = await run(copied, { proxies: ["guess"] });
  assert.deepEqual([found.primary, found.sources.length], ["labelled-only", 0]);
  assert.match(found.notices.join(" "), /"guess" is the outcome itself for all 100 labelled units/);
});

test("labels that do not vary, terms that repeat the outcome and weights of one unit give no interval, rare labels a rough one", async () => {
  const same = changed("y", (_, i) => (i < 100 ? "0" : ""));
  const exact = changed("x", (row) => String(2 * Number(row[1] || "1")));
  const heavy = changed("weight", (_, i) => (i === 7 ? "1e9" : "1"));
  const CASES: readonly (readonly [OpenedFile, Partial<InferOptions>, RegExp])[] = [
    [same, { proxies: ["guess"] }, /All 100 labelled units have the same y/],
    [exact, { proxies: ["guess"], formula: "y ~ x" }, /give y without an error for all 100 labelled units/],
    [heavy, { proxies: ["guess"], weights: "weight" }, /the 100 labelled units count as 1\.0/],
  ];
  for (const [table, options, says] of CASES) {
    const found = await run(table, options);
    assert.deepEqual([found.decision, found.primary, found.estimations.length], ["none", null, 0]);
    assert.match(found.sentences.join(" "), says);
  }
  const rare = await run(
    changed("y", (_, i) => (i >= 100 ? "" : i % 40 === 3 ? "1" : "0")),
    { proxies: ["guess"] },
  );
  assert.equal(rare.decision, "estimated");
  assert.match(
    rare.notices.join(" "),
    /Of 100 labelled units 3 have the rarer y: with fewer than 10 intervals are rough/,
  );
  const unequal = await run(
    changed("weight", (_, i) => (i % 10 === 0 ? "50" : "1")),
    { proxies: ["guess"], weights: "weight" },
  );
  assert.match(unequal.notices.join(" "), /the 100 labelled units count as 14: intervals take them for 100/);
});

test("two rows of one key are refused without a synthetic file, too", async () => {
  await assert.rejects(
    run(
      changed("id", (_, i) => `u${i >> 1}`),
      { key: "id", proxies: ["guess"] },
    ),
    {
      code: "duplicate-key",
    },
  );
});

test("a synthetic table that lacks a level is left out and told, and the labels keep their answer", async () => {
  const made = world(5, 300, 300);
  const poor = opened(
    "poor.csv",
    made.map((row) => row.map((cell, j) => (j === 3 ? "cook" : cell))),
  );
  const options = { formula: "y ~ x + job" };
  const labels = opened("labels.csv", rows.slice(0, 100));
  const both = await run(labels, options, [opened("made.csv", made), poor]);
  assert.equal(both.tables?.tables, 1);
  assert.match(both.notices.join(" "), /poor\.csv is left out, for nothing can be estimated from it: some terms are/);
  const none = await run(labels, options, [poor]);
  assert.deepEqual([none.tables, none.decision], [null, "estimated"]);
});

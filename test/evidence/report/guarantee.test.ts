import assert from "node:assert/strict";
import { test } from "node:test";
import { tableOf } from "../../../src/data/table.ts";
import type { ReportInput } from "../../../src/evidence/report/input.ts";
import { renderReport } from "../../../src/evidence/report/render.ts";
import { describeColumns } from "../../../src/evidence/report/synthetic-columns.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { numberColumn, people, schemaFor, textColumn } from "../../metrics/world.ts";
import { madeUpStatement } from "../privacy-fixture.ts";
import { madeUpInput } from "./fixture.ts";

const statement = madeUpStatement();

/** The page as a reader hears it. */
async function wordsOf(input: ReportInput): Promise<string> {
  const page = await renderReport(input);
  const [, section = ""] = /<section id="guarantee"[^>]*>([\s\S]*?)<\/section>/.exec(page) ?? [];
  return section.replace(/<[^>]+>/g, " ").replace(/\s+/g, " ");
}

test("the guarantee is told with its numbers, in words, by mechanism, and with the source's ledger", async () => {
  const words = await wordsOf({ ...madeUpInput({ columns: 8 }), privacy: statement });
  assert.match(words, /ε 1 δ 10 −9 protects one row/);
  assert.match(words, /change by at most a factor of 2\.72 \(e to the power of ε\)/);
  assert.match(words, /42 questions: 1 list of labels, 20 choices, 21 tables of counts/);
  for (const line of statement.lines) assert.ok(words.includes(line.query.replaceAll('"', "&quot;")), line.query);
  assert.match(words, /1 release before 0\.771 10 −6 All 2 together 1\.117 10 −6 Budget of the policy 3 10 −6/);
  assert.match(words, /2 of 3 columns were declared; that of 1 was found out for a part of the budget/);
  assert.match(
    words,
    /scores, the decision and the plots of this report are computed from the real rows and are outside/,
  );
  for (const item of statement.notCovered) assert.ok(words.includes(item.replaceAll("'", "&#39;")), item);
});

test("a group is told by its column and its rows; a budget without a limit as such", async () => {
  const unit = { kind: "group", column: "<person>", rows: 3 } as const;
  const words = await wordsOf({ ...madeUpInput({ columns: 8 }), privacy: madeUpStatement({ unit, budget: null }) });
  assert.match(words, /protects one &lt;person&gt; , 3 rows at most/);
  assert.match(words, /all rows of any one person/);
  assert.match(words, /at most 3 rows of each were learned from/);
  assert.match(words, /Budget of the policy no limit/);
});

test("a release without a guarantee has no such section, and no link to one", async () => {
  const page = await renderReport(madeUpInput({ columns: 8 }));
  assert.doesNotMatch(page, /guarantee-title|href="#guarantee"|href="#synthetic"/);
  assert.match(page, /href="#quality"/);
});

test("where the evaluation is withheld the page shows decision, guarantee, synthetic columns and provenance, and every link leads somewhere", async () => {
  const full = madeUpInput({ columns: 8 });
  const synthetic = people(randomFromSeed(1), 200);
  const page = await renderReport({
    ...full,
    scores: [],
    profiles: { rows: { real: 0, synthetic: 200 }, columns: [], undrawn: [], pairs: null },
    decision: { ...full.decision, rules: full.decision.rules.map((rule) => ({ ...rule, metric: null })) },
    provenance: { ...full.provenance, rows: { train: null, holdout: null, synthetic: 200 }, splitDigest: null },
    privacy: statement,
    withheld: { columns: describeColumns(synthetic, schemaFor(synthetic)) },
  });
  const sections = [...page.matchAll(/<section id="([^"]+)"/g)].map(([, id]) => id);
  assert.deepEqual(sections, ["decision", "guarantee", "synthetic", "provenance"]);
  for (const [, id] of page.matchAll(/href="#([^"]+)"/g)) assert.ok(page.includes(`id="${id}"`), id);
  assert.match(page, /Training rows<\/dt><dd>withheld by the policy/);
  assert.match(page, /on what is public/);
  assert.doesNotMatch(page, /6829|6\u202F829|2276/);
  for (const { name } of synthetic.columns) assert.ok(page.includes(name), name);
});

test("a column of the synthetic table is described by exact quartiles, shares and missing cells", () => {
  const table = tableOf([
    numberColumn("x", [5, 1, 3, 2, 4, Number.NaN]),
    textColumn("c", ["a", "b", "a", null, "a", "b"]),
    textColumn("secret", ["q", "r", "s", "t", "u", "v"]),
  ]);
  const schema = schemaFor(table, { x: "continuous", c: "categorical", secret: "identifier" });
  assert.deepEqual(describeColumns(table, schema), [
    { name: "x", kind: "continuous", missing: 1 / 6, words: "1 to 5; half of them 2 to 4, the middle 3" },
    { name: "c", kind: "categorical", missing: 1 / 6, words: "a 60\u202F%, b 40\u202F%" },
  ]);
});

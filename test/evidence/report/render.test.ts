import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { tableOf } from "../../../src/data/table.ts";
import { profileTables } from "../../../src/evidence/report/profile.ts";
import { renderReport } from "../../../src/evidence/report/render.ts";
import type { Score } from "../../../src/metrics/metric.ts";
import { closestRecordDistances } from "../../../src/metrics/privacy/closest-record-distances.ts";
import type { RuleResult } from "../../../src/policy/decision.ts";
import { madeUpInput, madeUpTables } from "./fixture.ts";

test("the report of 48 columns is one small file, the same bytes every time", async () => {
  const input = madeUpInput({ verdict: "refuse", rows: 9105 });
  const page = await renderReport(input);
  assert.ok(page.length < 3e6, `${page.length} characters`);
  assert.equal(await renderReport(input), page);
});

test("nothing in the file points outside it, and the policy allows only its own style and script", async () => {
  const page = await renderReport(madeUpInput());
  assert.doesNotMatch(page, /(?:src|href)="(?!#|data:,)/);
  assert.doesNotMatch(page, /url\(|@import|https?:\/\//);
  assert.doesNotMatch(page, / style="| on\w+="/);
  const hashOf = (tag: string) => {
    const body = page.match(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`))?.[1] ?? "";
    return createHash("sha256").update(body).digest("base64");
  };
  const policy = page.match(/Content-Security-Policy" content="([^"]*)"/)?.[1]?.replaceAll("&#39;", "'") ?? "";
  assert.ok(policy.startsWith("default-src 'none'"));
  assert.ok(policy.includes(`style-src 'sha256-${hashOf("style")}'`));
  assert.ok(policy.includes(`script-src 'sha256-${hashOf("script")}'`));
  assert.ok(policy.indexOf("unsafe") < 0);
});

test("markup in names, labels, reasons and notices stays text", async () => {
  const evil = `</script><script>alert("x")</script><img src=x onerror=alert(1)>`;
  const { real, synthetic, schema } = madeUpTables({ columns: 8, rows: 400 });
  const rename = (table: typeof real) =>
    tableOf(
      table.columns.map((column, j) => ({
        ...column,
        name: j === 0 ? evil : column.name,
        ...(column.type === "text" ? { dictionary: column.dictionary.map((label) => `${label}${evil}`) } : {}),
      })),
    );
  const meanings = { ...schema, columns: schema.columns.map((item, j) => (j === 0 ? { ...item, name: evil } : item)) };
  const base = madeUpInput({ columns: 8, rows: 400 });
  const page = await renderReport({
    ...base,
    title: evil,
    notices: [evil],
    profiles: profileTables(rename(real), rename(synthetic), meanings),
    decision: {
      ...base.decision,
      summary: evil,
      rules: base.decision.rules.map((rule) => ({
        ...rule,
        rule: evil,
        metric: evil,
        reason: evil,
        bound: evil,
        op: evil,
        remedy: evil,
      })),
    },
    scores: base.scores.map((score) => ({ ...score, title: evil, worst: [{ name: evil, value: 0.5, note: evil }] })),
    provenance: {
      ...base.provenance,
      source: `a/b/${evil}`,
      synthesizer: { name: evil, options: { evil }, notes: [evil] },
      verify: [evil],
    },
    headline: { ...base.headline, commonestCategoryLost: { column: evil, expected: 12 } },
  });
  assert.equal(page.match(/<script/g)?.length, 1);
  assert.doesNotMatch(page, /<img|onerror=alert\(1\)>(?!&)(?=<\/)/);
  assert.ok(page.includes("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;"));
});

test("control characters and a symbol-less object cannot become markup", async () => {
  const base = madeUpInput({ columns: 8, rows: 400 });
  const page = await renderReport({ ...base, notices: ["nul \u0000 bell \u0007 next \u0085 end"] });
  assert.ok(page.includes("nul \uFFFD bell \uFFFD next \uFFFD end"));
});

test("the questions come in their order, under one h1, without skipping a level", async () => {
  const page = await renderReport(madeUpInput({ verdict: "indeterminate" }));
  assert.deepEqual(
    [...page.matchAll(/<h2 id="([a-z]+)-title"/g)].map((match) => match[1]),
    ["decision", "numbers", "quality", "privacy", "coverage", "provenance", "definitions"],
  );
  const levels = [...page.matchAll(/<h([1-6])[ >]/g)].map((match) => Number(match[1]));
  assert.equal(levels.filter((level) => level === 1).length, 1);
  for (let i = 1; i < levels.length; i++) assert.ok((levels[i] as number) - (levels[i - 1] as number) <= 1);
});

test("failed and open rules come first, with their numbers and what would change them", async () => {
  const refused = await renderReport(madeUpInput({ verdict: "refuse" }));
  const reasons = refused.slice(refused.indexOf('class="reasons"'), refused.indexOf("Every rule"));
  assert.match(reasons, /no-exact-copies[\s\S]*To change this:[\s\S]*lower bound would have to be at most 0\.02/);
  assert.ok(reasons.indexOf("no-exact-copies") < reasons.indexOf("categories-kept"));
  assert.doesNotMatch(reasons, /pairs-kept/);
  const open = await renderReport(madeUpInput({ verdict: "indeterminate" }));
  assert.match(open, /at least 800 rows/);
  assert.match(open, /143 rows; the classifier needs|143 rows to compare/);
});

test("every number's link leads to a definition in the page, and ids are unique", async () => {
  const page = await renderReport(madeUpInput({ verdict: "refuse" }));
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map((match) => match[1] as string);
  assert.equal(new Set(ids).size, ids.length);
  for (const [, target] of page.matchAll(/href="#([^"]+)"/g)) assert.ok(ids.includes(target as string), target);
});

test("folders of whoever ran it are cut off", async () => {
  const page = await renderReport(madeUpInput());
  assert.doesNotMatch(page, /somebody|private\//);
  assert.match(page, /support2\.csv/);
});

test("an evaluation without holdout, scores, plots or a signer still renders", async () => {
  const base = madeUpInput({ columns: 8, rows: 300 });
  const page = await renderReport({
    ...base,
    job: "evaluate",
    scores: [],
    definitions: [],
    notices: [],
    decision: { ...base.decision, decision: "indeterminate", rules: [], detectable: [] },
    profiles: { rows: { real: 0, synthetic: 0 }, columns: [], undrawn: [], pairs: null },
    headline: { pairs: null, twoSample: null, trainOnSynthetic: null, excessCopies: null, commonestCategoryLost: null },
    provenance: {
      ...base.provenance,
      rows: { train: 300, holdout: 0, synthetic: 300 },
      synthesizer: null,
      splitDigest: null,
      signer: null,
      verify: [],
    },
  });
  assert.match(page, /no holdout/);
  assert.match(page, /not computed/);
  assert.match(page, /made elsewhere/);
  assert.doesNotMatch(page, /undefined|NaN|\[object/);
});

test("2,000 columns: the page stays small and says what it does not show", async () => {
  const page = await renderReport(madeUpInput({ columns: 2000, rows: 60 }));
  assert.ok(page.length < 3e6, `${page.length} characters`);
  assert.match(page, /further columns are more alike than those drawn/);
  assert.match(page, /are not drawn/);
});

test("distances to closest records stand under a heading that says they decide nothing, both sides beside each other", async () => {
  const base = madeUpInput();
  const side = (identicalShare: number) => ({
    distanceMedian: 0.75,
    distanceFifthPercentile: 0.25,
    ratioMedian: 0.8,
    ratioFifthPercentile: 0.4,
    identicalShare,
  });
  const { name, title, family, better, definitionVersion } = closestRecordDistances;
  const page = await renderReport({
    ...base,
    definitions: [...(base.definitions ?? []), closestRecordDistances],
    scores: [
      ...base.scores,
      {
        ...{ metric: name, title, family, better, definitionVersion },
        ...{ value: 0.51, low: 0.49, high: 0.53, level: 0.95, n: 1000, seeds: [1] },
        ceiling: { value: 0.5, low: 0.5, high: 0.5 },
        details: { referenceRows: [500], train: side(0.012), holdout: side(0.002) },
      },
    ],
  });
  const from = page.slice(page.indexOf("<h3>Diagnostics, never a gate</h3>"));
  assert.match(from, /Identical to a real row<\/th><td class="n">1\.2.%<\/td><td class="n">0\.2.%</);
  assert.ok(page.indexOf(`#def-${name}`) > page.indexOf("Diagnostics, never a gate"));
});

test("rules that could not be computed for one reason are told once, with a way out; others keep their own", async () => {
  const input = madeUpInput({ verdict: "indeterminate" });
  const open = (rule: string): RuleResult => ({
    rule,
    metric: null,
    outcome: "indeterminate",
    severity: "refuse",
    reason: `${rule} could not be computed: There are 10 rows.`,
    remedy: "Give more rows.",
    pass: "true",
    fail: "false",
    bound: null,
    observed: null,
    op: null,
    threshold: null,
  });
  const page = await renderReport({
    ...input,
    decision: { ...input.decision, rules: [open("first"), open("second"), { ...open("third"), reason: "Another." }] },
  });
  const reasons = page.slice(page.indexOf('class="reasons"'), page.indexOf("Every rule"));
  assert.equal(reasons.match(/<li /g)?.length, 2);
  assert.match(reasons, /first, second[\s\S]*Could not be computed: There are 10 rows\.[\s\S]*Another\./);
});

test("fairness is in the menu where groups were measured, and what does not apply is listed with its reason", async () => {
  const input = madeUpInput();
  const idle: Score = {
    metric: "representation",
    title: "Representation",
    family: "fairness",
    definitionVersion: 1,
    better: "lower",
    notComputable: "No protected attributes were declared.",
    notApplicable: true,
  };
  const without = await renderReport({ ...input, scores: input.scores.filter(({ family }) => family !== "fairness") });
  assert.doesNotMatch(without, /#fairness|id="fairness"/);
  const page = await renderReport({ ...input, scores: [...input.scores, idle] });
  assert.match(page, /href="#fairness"/);
  assert.match(
    page,
    /id="fairness"[\s\S]*Not measured here[\s\S]*Representation<\/a>: [\s\S]{0,40}No protected attributes/,
  );
});

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { type Browser, chromium } from "playwright-core";
import type { RunReportInput } from "../../../src/evidence/report/text/input.ts";
import { renderRunReport } from "../../../src/evidence/report/text/render.ts";
import { dollars, duration, milliseconds } from "../../../src/evidence/report/text/words.ts";
import { collectRun, decideRun, measureRun } from "../../../src/jobs/judge-run.ts";
import type { ReleasedRow } from "../../../src/jobs/publish-run.ts";
import { textMetrics } from "../../../src/metrics/text/index.ts";
import { learntFrom } from "../../../src/runs/data-lineage.ts";
import { loadPolicy } from "../../../src/runs/policy-file.ts";
import { type MadeRun, madeRun } from "../../jobs/made-run.ts";

/** What the page of a made-up run shows. */
async function madeInput(how: MadeRun = {}): Promise<RunReportInput> {
  const run = madeRun({ rows: 60, ...how });
  const rows = [...(run.rows as Iterable<ReleasedRow>)];
  const { policy } = await loadPolicy("text", textMetrics);
  const source = run.source === null ? "none" : run.source.real ? "real" : "synthetic";
  const collector = collectRun({ columns: run.columns, source, judges: [], intended: {} }, 1);
  for (const { values, source } of rows) collector.add({ values, source, repaired: false, judged: {} });
  const summary = run.summary();
  const scores = measureRun(collector, { run: summary, policy, seed: 1 });
  const decision = decideRun(policy, { scores, summary, source, lineage: learntFrom([]) });
  const shown = rows[5];
  return {
    title: run.title,
    decision,
    scores,
    definitions: textMetrics,
    summary,
    columns: run.columns,
    rows: rows.slice(0, 5).map(({ values }) => values),
    lineage: shown
      ? {
          ...shown.lineage,
          values: shown.values,
          steps: shown.lineage.steps.map((step) => ({ ...step, isShown: true })),
        }
      : null,
    notices: run.notices,
    provenance: {
      recipeDigest: "ab".repeat(32),
      schemaDigest: "cd".repeat(32),
      models: run.models,
      source: run.source && { name: "stories.jsonl.gz", isReal: run.source.real },
      seed: 7,
      version: "1.0.0",
      node: "20",
      created: "2026-11-29T20:00:00.000Z",
      policy: decision.policy,
      signer: "ef".repeat(32),
      verify: ["counterfoil verify questions"],
    },
  };
}

test("the page of a run points nowhere outside, allows only its own style and script, and is the same every time", async () => {
  const input = await madeInput({ source: "synthetic" });
  const page = renderRunReport(input);
  assert.equal(renderRunReport(input), page);
  assert.ok(page.length < 200_000, `${page.length} characters`);
  // The endpoints of the models are told as text, and lead nowhere.
  const markup = page.replaceAll("https://models.example/v1", "");
  assert.doesNotMatch(markup, /(?:src|href)="(?!#|data:,)/);
  assert.doesNotMatch(markup, /url\(|@import|https?:\/\//);
  assert.doesNotMatch(page, / style="| on\w+="/);
  const policy = page.match(/Content-Security-Policy" content="([^"]*)"/)?.[1]?.replaceAll("&#39;", "'") ?? "";
  for (const tag of ["style", "script"]) {
    const body = page.match(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`))?.[1] ?? "";
    assert.ok(policy.includes(`${tag}-src 'sha256-${createHash("sha256").update(body).digest("base64")}'`), tag);
  }
  for (const [, target] of page.matchAll(/href="#([^"]+)"/g)) assert.ok(page.includes(`id="${target}"`), `#${target}`);
});

test("markup in texts, names, reasons and answers stays text", async () => {
  const evil = `</script><script>alert("x")</script><img src=x onerror=alert(1)>`;
  const input = await madeInput({ source: "synthetic" });
  const { summary, lineage } = input;
  assert.ok(lineage);
  const page = renderRunReport({
    ...input,
    title: evil,
    columns: [evil],
    rows: [{ [evil]: evil }, { [evil]: { [evil]: [evil] } }],
    notices: [evil],
    summary: {
      ...summary,
      rejections: [
        { step: evil, reason: evil, rows: 1, examples: [{ index: 0, sourceIndex: 0, detail: evil, matched: 1 }] },
      ],
      stopped: { reason: evil, detail: evil },
      spending: summary.spending.map((item) => ({ ...item, column: evil, model: evil, rungs: { [evil]: 3 } })),
      lanes: summary.lanes.map((lane) => ({ ...lane, model: evil, failures: { [evil]: 2 } })),
    },
    lineage: {
      ...lineage,
      values: { [evil]: evil },
      steps: lineage.steps.map((step) => ({
        ...step,
        step: evil,
        value: evil,
        calls: step.calls.map((call) => ({
          ...call,
          key: evil,
          model: evil,
          mark: { rung: evil, repaired: evil, unusable: evil },
        })),
      })),
    },
    provenance: {
      ...input.provenance,
      models: [{ name: evil, provider: evil, model: evil, endpoint: evil }],
      source: { name: evil, isReal: false },
      verify: [evil],
    },
  });
  assert.equal(page.match(/<script/g)?.length, 1);
  assert.doesNotMatch(page, /<img/);
});

test("a run in which nothing was asked, accepted or rejected still has its page", async () => {
  const input = await madeInput({ rows: 0, asked: 0, source: null });
  const page = renderRunReport({
    ...input,
    rows: [],
    summary: { ...input.summary, spending: [], lanes: [], rejections: [], seconds: 0 },
  });
  for (const words of [
    "No model was asked.",
    "No row was rejected.",
    "No request was sent",
    "There is no row to show.",
  ])
    assert.ok(page.includes(words), words);
  assert.doesNotMatch(page, /NaN|Infinity|undefined/);
});

test("sums and times read as people write them", () => {
  assert.deepEqual([null, 0, 1e-7, 0.00021, 0.00051234, 0.034, 0.5, 3, 12.345, 23_456.7].map(dollars), [
    "unknown",
    "$0",
    "less than $0.000001",
    "$0.00021",
    "$0.00051",
    "$0.034",
    "$0.50",
    "$3.00",
    "$12.35",
    "$23\u202f457",
  ]);
  assert.deepEqual(
    [milliseconds(340.4), milliseconds(2140), duration(59.96), duration(200), duration(7500)],
    ["340\u202fms", "2.1\u202fs", "1\u202fmin 0\u202fs", "3\u202fmin 20\u202fs", "2\u202fh 5\u202fmin"],
  );
});

const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
const skip = executablePath ? false : "no Chromium on this machine";
let browser: Browser;
let folder: string;

before(async () => {
  if (!executablePath) return;
  folder = mkdtempSync(join(tmpdir(), "report-"));
  browser = await chromium.launch({
    executablePath,
    args: "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync".split(
      " ",
    ),
  });
});

after(async () => {
  await browser?.close();
  if (folder) rmSync(folder, { recursive: true });
});

test("in a browser it asks for nothing, says nothing, never scrolls sideways, and everything drawn has a name", {
  skip,
}, async () => {
  const file = join(folder, "run.html");
  const input = await madeInput({ asked: 80, source: "synthetic" });
  const long = "a_name_that_somebody_made_as_long_as_this_one_and_longer";
  writeFileSync(
    file,
    renderRunReport({
      ...input,
      summary: {
        ...input.summary,
        lanes: input.summary.lanes.map((lane) => ({ ...lane, model: `${long}_${lane.model}` })),
        spending: input.summary.spending.map((item) => ({ ...item, column: long })),
      },
      rows: [{ ...input.rows[0], answer: "x".repeat(4000) }],
    }),
  );
  const address = pathToFileURL(file).href;
  for (const width of [360, 1280]) {
    const page = await browser.newPage({ viewport: { width, height: 800 } });
    const said: string[] = [];
    page.on("console", (message) => said.push(message.text()));
    page.on("pageerror", (error) => said.push(error.message));
    page.on("request", (request) => {
      if (request.url() !== address && !request.url().startsWith("data:")) said.push(`request: ${request.url()}`);
    });
    await page.goto(address);
    await page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true");
    assert.equal(await page.evaluate("document.documentElement.scrollWidth"), width);
    assert.deepEqual(said, []);
    const wrong = (await page.evaluate(`[
      ...[...document.querySelectorAll('svg')].filter((svg) =>
        !svg.closest('[aria-hidden="true"]') && !(svg.getAttribute('role') === 'img' && svg.getAttribute('aria-label'))),
      ...[...document.querySelectorAll('table')].filter((table) => !table.caption || table.querySelectorAll('th[scope=col]').length === 0),
      ...[...document.querySelectorAll('section')].filter((section) => !document.getElementById(section.getAttribute('aria-labelledby'))),
    ].map((node) => node.outerHTML.slice(0, 120))`)) as string[];
    assert.deepEqual(wrong, []);
    await page.close();
  }
});

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { openJournalView } from "../../src/llm/journal/open-journal-view.ts";
import { spawnMockModels } from "../servers/mock-models.ts";
import { counterfoil, inScratch } from "./run.ts";

const recipe = (baseUrl: string): string => `
format: counterfoil-text/1
name: items
models:
  writer: { provider: openai, baseUrl: "${baseUrl}", model: mock, concurrency: 16 }
rows: 300
steps:
  - { name: topic, sampler: category, values: [tea, rain, trains] }
  - { name: number, sampler: integer, low: 1, high: 1000000 }
  - name: item
    call: structured
    prompt: "Item {{ number }} on {{ topic }}"
    schema:
      type: object
      required: [text, level]
      properties: { text: { type: string }, level: { type: integer, minimum: 1, maximum: 10 } }
  - { name: fits, check: item.level > 3 }
  - { name: verdict, call: judge, prompt: "Judge {{ item.text }}", rubric: { clarity: is it clear } }
  - { name: once, deduplicate: [item] }
export: [topic, text: item.text]
`;

test("killed at any instant, a run goes on: no row is lost or doubled, and what had come is not asked again", () =>
  inScratch(async (folder) => {
    const mock = await spawnMockModels({ latency: "fixed:25", faults: "error500=0.02,truncate=0.01,reset=0.005" });
    try {
      writeFileSync(join(folder, "items.yaml"), recipe(mock.baseUrl));
      const args = ["run", "items.yaml", "--out", "out", "--work", "work", "--quiet"];
      for (const answers of [40, 250, 420]) {
        const child = spawn(process.execPath, [resolve("dist", "cli", "main.js"), ...args], {
          cwd: folder,
          env: { ...process.env, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder, XDG_STATE_HOME: folder },
          stdio: "ignore",
        });
        const ended = once(child, "exit");
        while ((await mock.stats()).served < answers && child.exitCode === null)
          await new Promise((done) => setTimeout(done, 3));
        child.kill("SIGKILL");
        await ended;
        assert.ok(!existsSync(join(folder, "out")));
      }
      const result = await counterfoil([...args, "--json"], { cwd: folder });
      assert.equal(result.code, 0, result.stderr);
      const { summary } = JSON.parse(result.stdout);
      assert.equal(summary.accepted, 300);
      const stats = await mock.stats();
      // Three kills with sixteen requests in flight each: those were served, and nobody was there to take them. Eight more may have been on their way in.
      assert.ok(stats.servedTwice <= 3 * (16 + 8), `${stats.servedTwice} answers were paid twice`);
      const whole = readFileSync(join(folder, "out", "data", "synthetic.jsonl"));
      assert.equal(new Set(whole.toString().trimEnd().split("\n")).size, 300);

      // The money of the journal is the server's, up to the requests whose end nobody knows.
      const view = await openJournalView(join(folder, "work", "journal"));
      const totals = [...view.totals().values()];
      view.close();
      const known = totals.reduce((sum, one) => sum + one.promptTokens + one.completionTokens, 0);
      const unknown = totals.reduce((sum, one) => sum + one.unknown.mostTokens, 0);
      assert.ok(
        known <= stats.tokens.billed && known + unknown >= stats.tokens.billed,
        `${known} + ${unknown}: ${stats.tokens.billed}`,
      );

      // The same answers give the same bytes, and nothing is asked.
      const again = await counterfoil(["run", "items.yaml", "--out", "again", "--work", "work", "--quiet"], {
        cwd: folder,
      });
      assert.equal(again.code, 0, again.stderr);
      assert.equal((await mock.stats()).calls, stats.calls);
      assert.ok(readFileSync(join(folder, "again", "data", "synthetic.jsonl")).equals(whole));
      const files = ["data/synthetic.parquet", "scores.json", "decision.json"];
      for (const file of files)
        assert.ok(readFileSync(join(folder, "again", file)).equals(readFileSync(join(folder, "out", file))), file);
    } finally {
      await mock.close();
    }
  }));

test("estimate, preview, budget and offline work from the command line, and mistakes are named with the nearest word", () =>
  inScratch(async (folder) => {
    const mock = await spawnMockModels();
    try {
      writeFileSync(join(folder, "items.yaml"), recipe(mock.baseUrl));
      const run = (...args: string[]) => counterfoil(["run", "items.yaml", "--quiet", ...args], { cwd: folder });
      const estimate = JSON.parse((await run("--estimate", "--json")).stdout);
      assert.equal(estimate.total.calls, 600);
      assert.equal((await mock.stats()).calls, 0);
      const preview = await run("--preview", "3");
      assert.equal(preview.code, 0, preview.stderr);
      assert.match(preview.stdout, /row 0[\s\S]*topic +sampler[\s\S]*item +call[\s\S]*row 2/);
      const short = await run("--budget", "calls=120", "--out", "short");
      assert.equal(short.code, 3, short.stderr);
      assert.match(short.stdout, /REFUSED[\s\S]*budget of 120 calls/);
      const offline = await run("--offline", "--rows", "8", "--out", "offline", "--csv");
      assert.equal(offline.code, 0, `${offline.stdout}${offline.stderr}`);
      assert.equal(
        readFileSync(join(folder, "offline", "data", "synthetic.csv"), "utf8")
          .trimEnd()
          .split("\n").length,
        9,
      );
      assert.equal((await counterfoil(["verify", "offline"], { cwd: folder })).code, 0);
      const wrongModel = await run("--model", "wrtier=gpt");
      assert.equal(wrongModel.code, 2);
      assert.match(wrongModel.stderr, /no model "wrtier"[\s\S]*Did you mean "writer"/);
      writeFileSync(join(folder, "items.yaml"), recipe(mock.baseUrl).replace("item.level", "item.levle"));
      const typo = await run();
      assert.equal(typo.code, 2);
      assert.match(typo.stderr, /items\.yaml:\d+:\d+: [\s\S]*levle[\s\S]*level/);
    } finally {
      await mock.close();
    }
  }));

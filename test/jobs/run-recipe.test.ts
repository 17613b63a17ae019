import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { z } from "zod";
import { Cancelled, InvalidArgument, InvalidData, ResourceError } from "../../src/errors.ts";
import { verifyBundle } from "../../src/evidence/verify.ts";
import { estimateRecipe } from "../../src/jobs/estimate-recipe.ts";
import { previewRecipe } from "../../src/jobs/preview-recipe.ts";
import { runRecipe } from "../../src/jobs/run-recipe.ts";
import { openJournal } from "../../src/llm/journal/open-journal.ts";
import { PERMISSION, type Recipe, type StepConfiguration } from "../../src/text/recipe.ts";
import { type MockModels, startMockModels } from "../servers/mock-models.ts";
import { filesBelow, scratchHome } from "./world.ts";

const home = scratchHome();
let mock: MockModels;
before(async () => {
  mock = await startMockModels({ latency: "fixed:2" });
});
after(() => mock.close());

const ITEM = {
  type: "object",
  additionalProperties: false,
  required: ["question", "level"],
  properties: { question: { type: "string" }, level: { type: "integer", minimum: 1, maximum: 10 } },
} as const;

const ASK: StepConfiguration = {
  name: "item",
  call: "structured",
  prompt: "Ask about {{ source.text }}",
  schema: ITEM,
};

const lineOf = (i: number): string => `line ${i} of a story that has a good many more of them`;

/** A source of numbered lines, in a file of its own. */
function sourceOf(name: string, count: number, change: (i: number) => string = lineOf): string {
  const path = join(home, `${name}.jsonl`);
  const lines = Array.from({ length: count }, (_, i) => JSON.stringify({ id: i, text: change(i) }));
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

function recipeOf(name: string, change: Partial<Recipe> = {}): Recipe {
  return {
    format: "counterfoil-text/1",
    name,
    models: { writer: { provider: "openai", baseUrl: mock.baseUrl, model: "mock", concurrency: 32 } },
    source: { from: sourceOf(name, 60), permission: PERMISSION },
    rows: "all",
    steps: [ASK, { name: "question", expression: "item.question" }],
    export: ["question", { line: "source.id" }],
    ...change,
  };
}

let runs = 0;
const placesOf = (recipe: Recipe) => ({
  recipe,
  work: join(home, `${recipe.name}-work`),
  out: join(home, `out-${runs++}`),
});
const rowsOf = (bundle: string | null): Record<string, unknown>[] =>
  readFileSync(join(bundle as string, "data", "synthetic.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
const callsSince = async (work: () => Promise<unknown>): Promise<number> => {
  const { calls } = await mock.stats();
  await work();
  return (await mock.stats()).calls - calls;
};

test("exactly as many rows are accepted as were asked for, each rejection begins one more, and the bundle is trusted", async () => {
  const recipe = recipeOf("exact", {
    rows: 40,
    steps: [
      ASK,
      { name: "question", expression: "item.question" },
      { name: "hard", check: "item.level > 3" },
      { name: "once", deduplicate: ["question"] },
    ],
  });
  const result = await runRecipe(placesOf(recipe));
  const { summary } = result;
  assert.equal(result.decision.decision, "pass");
  assert.equal(summary.accepted, 40);
  assert.equal(summary.attempts, 40 + summary.rejected);
  assert.ok(summary.rejected > 0 && summary.stopped === null);
  assert.equal(summary.spending[0]?.calls, summary.attempts);
  const rows = rowsOf(result.bundle);
  assert.equal(rows.length, 40);
  assert.deepEqual(Object.keys(rows[0] as object), ["question", "line"]);
  const checked = await verifyBundle(result.bundle as string);
  assert.deepEqual(checked.problems, []);
  const rejected = readFileSync(join(home, "exact-work", "rejected.jsonl"), "utf8")
    .trimEnd()
    .split("\n");
  assert.equal(rejected.length, summary.rejected);
  assert.match(JSON.parse(rejected[0] as string).detail, /not item\.level > 3/);
});

test("what the journal holds is not asked again; an edited row costs its own cells, and the release is new", async () => {
  const recipe = recipeOf("edit");
  const first = await runRecipe(placesOf(recipe));
  const again = placesOf(recipe);
  assert.equal(await callsSince(() => runRecipe(again)), 0);
  assert.deepEqual(rowsOf(again.out), rowsOf(first.bundle));
  sourceOf("edit", 60, (i) => (i === 17 ? `${lineOf(17)}, mended` : lineOf(i)));
  const edited = placesOf(recipe);
  assert.equal(await callsSince(() => runRecipe(edited)), 1);
  const before = rowsOf(first.bundle);
  const changed = rowsOf(edited.out).flatMap((row, i) => (row.question === before[i]?.question ? [] : [row.line]));
  assert.deepEqual(changed, [17]);
  const inserted = placesOf(recipe);
  sourceOf("edit", 61, (i) => (i === 0 ? "a new first line" : i === 18 ? `${lineOf(17)}, mended` : lineOf(i - 1)));
  assert.equal(await callsSince(() => runRecipe(inserted)), 1);
});

test("a preview shows every cell for the price of its rows, and a run does not pay for them again", async () => {
  const recipe = recipeOf("preview");
  const options = placesOf(recipe);
  const estimate = await estimateRecipe(options);
  assert.equal(estimate.rows, 60);
  assert.deepEqual([estimate.total.calls, estimate.total.price], [60, null]);
  let preview: Awaited<ReturnType<typeof previewRecipe>> | undefined;
  assert.equal(
    await callsSince(async () => {
      preview = await previewRecipe({ ...options, preview: 4 });
    }),
    4,
  );
  assert.equal(preview?.rows.length, 4);
  assert.deepEqual(
    preview?.rows[0]?.cells.map(({ step, kind }) => [step, kind]),
    [
      ["item", "call"],
      ["question", "expression"],
    ],
  );
  assert.ok(!existsSync(options.out));
  const measured = await estimateRecipe(options);
  assert.equal(measured.columns[0]?.replayed, 4);
  assert.equal(measured.total.calls, 56);
  assert.ok(measured.columns[0]?.answersSeen === 4);
  assert.equal(await callsSince(() => runRecipe(options)), 56);
});

test("an estimate reckons with the rows that checks reject for certain: by the source at once, by answers that the journal holds after a run", async () => {
  const even: StepConfiguration = { name: "even", check: "source.id % 2 == 0" };
  const all = await estimateRecipe(placesOf(recipeOf("halved", { steps: [even, ASK], export: ["item"] })));
  assert.equal(all.total.calls, 30);
  const low: StepConfiguration = { name: "low", check: "item.level <= 4" };
  const again: StepConfiguration = { name: "again", call: "text", prompt: "Say it again: {{ item.question }}" };
  const refilled = placesOf(recipeOf("refilled", { rows: 20, steps: [ASK, low, again], export: ["again"] }));
  assert.equal((await estimateRecipe(refilled)).total.calls, 40, "of filler a check says nothing");
  assert.ok((await runRecipe(refilled)).summary.attempts > 20);
  const estimate = await estimateRecipe(refilled);
  assert.deepEqual([estimate.total.calls, estimate.total.price?.expected], [0, 0]);
  assert.equal(await callsSince(() => runRecipe({ ...refilled, out: join(home, "refilled-again") })), 0);
});

test("an estimate of tokens is near what the server counts", async () => {
  const recipe = recipeOf("reckoned", {
    source: {
      from: sourceOf("reckoned", 80, (i) => `${"a longer line of the source ".repeat(1 + (i % 5))}${i}`),
      permission: PERMISSION,
    },
  });
  const options = placesOf(recipe);
  await previewRecipe({ ...options, preview: 10 });
  const { total, columns } = await estimateRecipe(options);
  const { summary } = await runRecipe(options);
  const [spent] = summary.spending;
  const prompt = (spent?.promptTokens ?? 0) * (70 / 80);
  assert.equal(columns[0]?.replayed, 10);
  // The server reckons at four characters as well, without the schema and without what a message costs.
  assert.ok(
    total.promptTokens > prompt && total.promptTokens < prompt + 70 * 120,
    `${total.promptTokens} for ${prompt}`,
  );
  const completion = (spent?.completionTokens ?? 0) * (70 / 80);
  assert.ok(
    Math.abs(total.completionTokens.expected / completion - 1) < 0.25,
    `${total.completionTokens.expected} for ${completion}`,
  );
});

test("a budget is never passed; what is done is released and refused as incomplete, and a larger one goes on", async () => {
  const recipe = recipeOf("budget", { budget: { calls: 25 } });
  const options = placesOf(recipe);
  let result: Awaited<ReturnType<typeof runRecipe>> | undefined;
  assert.equal(
    await callsSince(async () => {
      result = await runRecipe(options);
    }),
    25,
  );
  assert.equal(result?.summary.stopped?.reason, "budget");
  assert.equal(result?.decision.decision, "refuse");
  assert.equal(result?.rows, 25);
  const raised = placesOf({ ...recipe, budget: { calls: 100 } });
  assert.equal(await callsSince(() => runRecipe(raised)), 35);
  const offline = await runRecipe({ ...placesOf(recipe), offline: true });
  assert.equal(offline.decision.decision, "pass", offline.decision.summary);
  await assert.rejects(
    runRecipe(placesOf(recipeOf("dear", { budget: { money: 1 } }))),
    (error: unknown) => error instanceof InvalidArgument && error.code === "unknown-price",
  );
});

test("money is counted by a price file, to the token, replayed answers apart", async () => {
  const prices = join(home, "prices.yaml");
  writeFileSync(
    prices,
    "format: counterfoil-prices/1\ndate: 2026-01-01\nsource: a test\nmodels:\n  - { provider: openai, model: mock, input: 2, output: 8 }\n",
  );
  const recipe = recipeOf("money", { prices });
  const before = (await mock.stats()).tokens;
  const { summary } = await runRecipe(placesOf(recipe));
  const { prompt, completion } = (await mock.stats()).tokens;
  const [spent] = summary.spending;
  assert.equal(spent?.promptTokens, prompt - before.prompt);
  assert.equal(spent?.completionTokens, completion - before.completion);
  const dollars = (2 * (prompt - before.prompt) + 8 * (completion - before.completion)) / 1e6;
  assert.ok(Math.abs((spent?.price ?? 0) - dollars) < 1e-12);
  assert.equal(spent?.paidNow, spent?.price);
  const again = await runRecipe(placesOf(recipe));
  assert.equal(again.summary.spending[0]?.paidNow, 0);
  assert.equal(again.summary.spending[0]?.price, spent?.price);
});

test("a row that never parses costs itself: the rest is delivered, it is named, and the policy refuses the shortfall", async () => {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => {
      body += part;
    });
    request.on("end", () => {
      const poisoned = body.includes("line 7 of");
      const content = poisoned ? "I would rather not." : JSON.stringify({ question: `Q ${body.length}?`, level: 5 });
      const message = { role: "assistant", content };
      response.setHeader("content-type", "application/json");
      response.end(
        JSON.stringify({
          model: "m",
          choices: [{ index: 0, message, finish_reason: "stop" }],
          usage: { prompt_tokens: 9, completion_tokens: 9 },
        }),
      );
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  try {
    const source = { from: sourceOf("poisoned", 10), permission: PERMISSION } as const;
    const models = { writer: { provider: "openai", baseUrl, model: "m" } } as const;
    const { decision, summary, rows } = await runRecipe(placesOf(recipeOf("poison", { source, models })));
    assert.equal(rows, 9);
    assert.equal(decision.decision, "refuse");
    assert.ok(decision.rules.some(({ rule, outcome }) => rule === "complete" && outcome === "fail"));
    const [rejection] = summary.rejections;
    assert.equal(rejection?.reason, "unparsable");
    assert.equal(rejection?.examples[0]?.sourceIndex, 7);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test("real rows reach no model without the words, through whatever steps they go", async () => {
  const source = { from: sourceOf("secret", 5) };
  const steps: StepConfiguration[] = [
    { name: "hidden", expression: "upper(source.text)" },
    { name: "about", expression: "hidden + '!'" },
    { name: "item", call: "text", prompt: "Write about {{ about }}" },
  ];
  const calls = await callsSince(() =>
    assert.rejects(
      runRecipe(placesOf(recipeOf("private", { source, steps, export: ["item"] }))),
      (error: unknown) =>
        error instanceof InvalidArgument &&
        error.code === "permission-needed" &&
        ["item", "text", "writer", PERMISSION].every((word) => `${error.message} ${error.advice}`.includes(word)),
    ),
  );
  assert.equal(calls, 0);
});

test("a signed bundle of synthetic rows is a source that needs no words; an altered one does", async () => {
  const first = await runRecipe(placesOf(recipeOf("chained")));
  const steps: StepConfiguration[] = [{ name: "answer", call: "text", prompt: "Answer: {{ source.question }}" }];
  const from = first.bundle as string;
  const second = await runRecipe(placesOf(recipeOf("second", { source: { from }, steps, export: ["answer"] })));
  assert.equal(second.rows, 60);
  writeFileSync(join(from, "data", "synthetic.jsonl"), "{}\n");
  await assert.rejects(
    runRecipe(placesOf(recipeOf("third", { source: { from }, steps, export: ["answer"] }))),
    (error: unknown) => error instanceof InvalidArgument && error.code === "permission-needed",
  );
});

test("a function of one's own that sees real rows asks no model without the words", async () => {
  const asking = (permission: Recipe["source"]): Recipe =>
    recipeOf("own-asking", {
      source: permission as NonNullable<Recipe["source"]>,
      steps: [
        {
          name: "answer",
          async run({ source, sample, index }, { caller, random }) {
            const messages = [{ role: "user" as const, content: `${String(source.text)} ${random.integer(2)}` }];
            const request = { kind: "chat" as const, messages, parameters: {} };
            const { answer } = await caller.call({
              model: "writer",
              request,
              sample,
              column: "answer",
              priority: index,
            });
            return answer?.text ?? "";
          },
        },
      ],
      export: ["answer"],
    });
  const from = sourceOf("own-asking", 60);
  const refused = await callsSince(() =>
    assert.rejects(runRecipe(placesOf(asking({ from }))), { name: "InvalidArgument", code: "permission-needed" }),
  );
  assert.equal(refused, 0);
  assert.equal((await runRecipe(placesOf(asking({ from, permission: PERMISSION })))).rows, 60);
});

test("what a bundle copied out of a real source is real there too, and in what is made of that", async () => {
  // A policy that lets copies out: what it passes is synthetic by its word, but for the cells that were copied.
  const policy = join(home, "loose.yaml");
  writeFileSync(
    policy,
    "format: counterfoil-policy/2\nextends: text\nname: loose\ndescription: A test.\nrules:\n  - { rule: no-source-passages, severity: warn }\n",
  );
  const copied = await runRecipe(
    placesOf(
      recipeOf("copied", {
        models: {},
        source: { from: sourceOf("copied", 60) },
        steps: [{ name: "mark", sampler: "bernoulli", chance: 0.5 }],
        export: ["mark", { body: "source.text" }],
        policy,
      }),
    ),
  );
  const asking = (name: string, from: string, column: string): Recipe =>
    recipeOf(name, {
      source: { from },
      steps: [{ name: "answer", call: "text", prompt: `Answer: {{ source.${column} }}` }],
      export: ["answer", { body: "source.body" }],
      policy,
    });
  const needed = (error: unknown) => error instanceof InvalidArgument && error.code === "permission-needed";
  const from = copied.bundle as string;
  await assert.rejects(runRecipe(placesOf(asking("copied-body", from, "body"))), needed);
  const next = await runRecipe(placesOf(asking("copied-mark", from, "mark")));
  await assert.rejects(runRecipe(placesOf(asking("copied-again", next.bundle as string, "body"))), needed);
  assert.equal(
    (
      await runRecipe(
        placesOf(
          recipeOf("copied-answer", {
            source: { from: next.bundle as string },
            steps: [{ name: "more", call: "text", prompt: "More: {{ source.answer }}" }],
            export: ["more"],
          }),
        ),
      )
    ).rows,
    60,
  );
});

test("a bundle that its policy refused is no free source: its rows need the words, and whoever reads them is told why", async () => {
  const copies = { steps: [ASK, { name: "line", expression: "source.text" }], export: ["line"] };
  const first = await runRecipe(placesOf(recipeOf("refused", copies)));
  assert.equal(first.decision.decision, "refuse");
  const steps: StepConfiguration[] = [{ name: "answer", call: "text", prompt: "Answer: {{ source.line }}" }];
  const told: string[] = [];
  const second = (source: Partial<Recipe["source"]>) =>
    runRecipe({
      ...placesOf(
        recipeOf("onwards", { source: { from: first.bundle as string, ...source }, steps, export: ["answer"] }),
      ),
      events: { notice: (message) => told.push(message) },
    });
  await assert.rejects(
    second({}),
    (error: unknown) => error instanceof InvalidArgument && error.code === "permission-needed",
  );
  assert.match(told.join(), /did not pass its policy \(refuse\)/);
  assert.equal((await second({ permission: PERMISSION })).rows, 60);
});

test("a folder of documents is a source, and a zod schema and a function are parts of a recipe", async () => {
  const folder = join(home, "documents", "deeper");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(home, "documents", "b.md"), "About bees.");
  writeFileSync(join(folder, "a.txt"), "About ants.");
  writeFileSync(join(folder, "c.bin"), "no document");
  const recipe = recipeOf("documents", {
    source: { from: join(home, "documents"), permission: PERMISSION },
    steps: [
      { name: "item", call: "structured", prompt: "{{ source.text }}", schema: z.object({ title: z.string() }) },
      { name: "title", run: ({ cells }) => (cells.item as { readonly title: string }).title.toUpperCase() },
    ],
    export: ["title", { name: "source.name" }],
  });
  const { bundle, rows } = await runRecipe(placesOf(recipe));
  assert.equal(rows, 2);
  const released = rowsOf(bundle);
  assert.deepEqual(
    released.map(({ name }) => name),
    ["b.md", "deeper/a.txt"],
  );
  assert.equal(released[0]?.title, String(released[0]?.title).toUpperCase());
});

test("a key stands in no file, whatever the server says of it", async () => {
  const key = "sk-canary-9f3b1c7d2e5a";
  let asked = 0;
  const server = createServer((request, response) => {
    response.statusCode = asked++ % 3 === 0 ? 500 : 401;
    response.end(
      JSON.stringify({ error: { message: `Incorrect API key provided: ${request.headers.authorization}` } }),
    );
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  process.env.CANARY_KEY = key;
  try {
    const models = { writer: { provider: "openai", baseUrl, model: "m", apiKey: { env: "CANARY_KEY" } } } as const;
    const heard: string[] = [];
    await assert.rejects(
      runRecipe({ ...placesOf(recipeOf("canary", { models })), events: { notice: (text) => heard.push(text) } }),
      (error: unknown) => {
        heard.push(String((error as Error).stack), String((error as InvalidArgument).advice));
        return error instanceof InvalidArgument && error.code === "bad-key";
      },
    );
    assert.ok(heard.every((text) => !text.includes(key)));
    for (const file of filesBelow(join(home, "canary-work")))
      assert.ok(!readFileSync(join(home, "canary-work", file)).includes(key), `${file} holds the key`);
  } finally {
    delete process.env.CANARY_KEY;
    server.closeAllConnections();
    server.close();
  }
});

test("each of what may go wrong has a name", async () => {
  const faulty = async (name: string, change: Partial<Recipe>): Promise<unknown> =>
    runRecipe(placesOf(recipeOf(name, change))).catch((error: unknown) => error);
  const code = (error: unknown): string | undefined => (error as InvalidArgument).code;
  const withModel = (model: object): Partial<Recipe> => ({
    models: { writer: { provider: "openai", baseUrl: mock.baseUrl, model: "mock", tries: 1, ...model } },
  });
  const everyone = await faulty("everyone", {
    rows: 20,
    steps: [ASK, { name: "never", check: "item.level > 99" }],
    export: ["item"],
  });
  assert.ok(everyone instanceof InvalidData && /never/.test(everyone.message), String(everyone));
  assert.equal(
    code(await faulty("no-file", { source: { from: "nowhere.csv", permission: PERMISSION } })),
    "no-such-file",
  );
  const unknown = await faulty("unknown", { steps: [{ ...ASK, prompt: "{{ source.txet }}" }], export: ["item"] });
  assert.ok(unknown instanceof InvalidArgument && /"text"/.test(unknown.message), String(unknown));
  const cycle = await faulty("cycle", {
    steps: [
      { name: "a", expression: "b" },
      { name: "b", expression: "a" },
    ],
    export: ["a"],
  });
  assert.ok(cycle instanceof InvalidArgument && /a → b → a|a -> b -> a/.test(cycle.message), String(cycle));
  assert.ok((await faulty("no-key", withModel({ apiKey: { env: "NOT_SET_ANYWHERE" } }))) instanceof InvalidArgument);
  mock.configure({ models: "other" });
  assert.equal(code(await faulty("no-model", withModel({}))), "no-model");
  mock.configure({ models: "", faults: { html: 1 } });
  const html = await faulty("html", withModel({}));
  assert.ok(html instanceof InvalidArgument && /HTML/.test(html.message), String(html));
  mock.configure({ faults: { filter: 1 } });
  const filtered = await faulty("filter", withModel({}));
  assert.ok(filtered instanceof InvalidData && /filter/.test(filtered.message), String(filtered));
  mock.configure({ faults: {}, maxContext: 1 });
  const context = await faulty("context", withModel({}));
  assert.ok(context instanceof InvalidData && /context/.test(context.message), String(context));
  assert.match(context.advice ?? "", /shorten/);
  const silent = await runRecipe({ ...placesOf(recipeOf("silent")), offline: true }).catch((error: unknown) => error);
  assert.ok(silent instanceof InvalidData && /--offline/.test(silent.advice ?? ""), String(silent));
  mock.configure({ maxContext: 0 });
});

test("one run has a work folder at a time, and a cancelled one keeps its answers", async () => {
  const recipe = recipeOf("shared");
  const options = placesOf(recipe);
  const journal = await openJournal(join(options.work, "journal"), {
    clock: { milliseconds: () => performance.now() },
  });
  await assert.rejects(
    runRecipe(options),
    (error: unknown) => error instanceof ResourceError && error.code === "run-in-use",
  );
  await journal.close();
  const stopping = new AbortController();
  mock.configure({ latency: "fixed:30" });
  const running = runRecipe({ ...options, concurrency: 8, signal: stopping.signal });
  const { calls: sent } = await mock.stats();
  while ((await mock.stats()).calls < sent + 20) await new Promise((done) => setTimeout(done, 5));
  stopping.abort();
  await assert.rejects(running, Cancelled);
  mock.configure({ latency: "fixed:2" });
  assert.ok(!existsSync(options.out));
  const { calls } = await mock.stats();
  const { summary } = await runRecipe(options);
  const asked = (await mock.stats()).calls - calls;
  assert.equal(summary.accepted, 60);
  assert.ok(summary.spending[0]?.replayed === 60 - asked && asked < 60, `${asked} asked again`);
});

// Raw clients with a bound on concurrency: no cache, no resume, no check of a schema beyond JSON.parse. Prints one RESULT line.
// usage: node run_raw.mjs --client fetch|undici|ai|langchain --columns JSON --rows N --concurrency C --base-url URL --out FOLDER
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const { values: args } = parseArgs({
  options: {
    client: { type: "string" },
    columns: { type: "string" }, // [{ name, prompt, schema? }]; a prompt names the row by {topic} and earlier columns by {name} or {name.field}
    "base-url": { type: "string" },
    rows: { type: "string" },
    concurrency: { type: "string" },
    out: { type: "string" },
    edit: { type: "string", default: "-1" },
    "timeout-ms": { type: "string", default: "0" },
    packages: { type: "string" }, // folder whose node_modules holds the clients
  },
});
const base = args["base-url"];
const rows = Number(args.rows);
const concurrency = Number(args.concurrency);
const timeout = Number(args["timeout-ms"]);
const columns = JSON.parse(args.columns);
const require = createRequire(pathToFileURL(`${args.packages}/`));
const load = (name) => import(pathToFileURL(require.resolve(name)));

const body = (prompt, schema) => ({
  model: "mock",
  temperature: 0.7,
  max_tokens: 512,
  messages: [{ role: "user", content: prompt }],
  ...(schema && { response_format: { type: "json_schema", json_schema: { name: "answer", schema, strict: true } } }),
});
const headers = { "content-type": "application/json", authorization: "Bearer sk-mock" };

const clients = {
  async fetch() {
    return async (prompt, schema) => {
      const response = await fetch(`${base}/chat/completions`, {
        method: "POST",
        headers,
        body: JSON.stringify(body(prompt, schema)),
      });
      if (!response.ok) throw new Error(`status ${response.status}`);
      const text = (await response.json()).choices[0].message.content;
      return schema ? JSON.parse(text) : text;
    };
  },
  async undici() {
    const { Pool } = await load("undici");
    const { origin, pathname } = new URL(base);
    const pool = new Pool(origin, { connections: concurrency, pipelining: 1 });
    return async (prompt, schema) => {
      const response = await pool.request({
        path: `${pathname}/chat/completions`,
        method: "POST",
        headers,
        body: JSON.stringify(body(prompt, schema)),
      });
      const value = await response.body.json();
      if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`);
      const text = value.choices[0].message.content;
      return schema ? JSON.parse(text) : text;
    };
  },
  async ai() {
    const { generateText, Output, jsonSchema } = await load("ai");
    const { createOpenAICompatible } = await load("@ai-sdk/openai-compatible");
    const model = createOpenAICompatible({
      name: "mock",
      baseURL: base,
      apiKey: "sk-mock",
      supportsStructuredOutputs: true,
    })("mock");
    return async (prompt, schema) => {
      const result = await generateText({
        model,
        prompt,
        temperature: 0.7,
        maxOutputTokens: 512,
        ...(timeout > 0 && { abortSignal: AbortSignal.timeout(timeout) }),
        ...(schema && { output: Output.object({ schema: jsonSchema(schema) }) }),
      });
      return schema ? result.output : result.text;
    };
  },
  async langchain() {
    const { ChatOpenAI } = await load("@langchain/openai");
    const model = new ChatOpenAI({
      model: "mock",
      apiKey: "sk-mock",
      temperature: 0.7,
      maxTokens: 512,
      ...(timeout > 0 && { timeout }),
      configuration: { baseURL: base },
    });
    const pick = (schema) =>
      schema ? model.withStructuredOutput(schema, { method: "jsonSchema", name: "answer", strict: true }) : model;
    return {
      batch: async (prompts, schema) =>
        (await pick(schema).batch(prompts, undefined, { maxConcurrency: concurrency, returnExceptions: true })).map(
          (result) => (result instanceof Error || schema ? result : result.content),
        ),
    };
  },
};

const topicOf = (i) => `item ${String(i).padStart(6, "0")}${i === Number(args.edit) ? " (edited)" : ""}`;
const fill = (prompt, cells) =>
  prompt.replace(/\{(\w+)(?:\.(\w+))?\}/g, (_, name, field) => (field ? cells[name]?.[field] : cells[name]));

const client = await clients[args.client]();
const cellsOf = Array.from({ length: rows }, (_, i) => ({ topic: topicOf(i) }));
const errors = {};
const failed = new Set();
const fail = (i, error) => {
  failed.add(i);
  const text = `${error.name}: ${error.message}`.slice(0, 90);
  errors[text] = (errors[text] ?? 0) + 1;
};

if (client.batch) {
  // The library's own way to run many: one batch a column.
  for (const { name, prompt, schema } of columns) {
    const asked = cellsOf.map((_, i) => i).filter((i) => !failed.has(i));
    const answers = await client.batch(
      asked.map((i) => fill(prompt, cellsOf[i])),
      schema,
    );
    answers.forEach((answer, k) => {
      if (answer instanceof Error) fail(asked[k], answer);
      else cellsOf[asked[k]][name] = answer;
    });
  }
} else {
  // Every column of every row starts as soon as its prompt can be written and one of the `concurrency` places is free; early rows go first.
  const needs = columns.map(({ prompt }) =>
    columns.map(({ name }) => name).filter((name) => new RegExp(`\\{${name}[.}]`).test(prompt)),
  );
  const queue = [];
  let free = concurrency;
  const acquire = () => {
    if (free === 0) return new Promise((go) => queue.push(go));
    free--;
    return undefined;
  };
  const release = () => {
    const next = queue.shift();
    if (next) next();
    else free++;
  };
  const row = async (i) => {
    const cells = cellsOf[i];
    const made = {};
    for (const [k, { name, prompt, schema }] of columns.entries())
      made[name] = (async () => {
        await Promise.all(needs[k].map((need) => made[need]));
        await acquire();
        try {
          cells[name] = await client(fill(prompt, cells), schema);
        } finally {
          release();
        }
      })();
    const results = await Promise.allSettled(Object.values(made));
    const bad = results.find(({ status }) => status === "rejected");
    if (bad) fail(i, bad.reason);
  };
  // No more rows than places are begun, so that the calls of a row come close together.
  let next = 0;
  const worker = async () => {
    for (let i = next++; i < rows; i = next++) await row(i);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}

mkdirSync(args.out, { recursive: true });
const good = cellsOf.map((cells, id) => ({ id, ...cells })).filter(({ id }) => !failed.has(id));
writeFileSync(`${args.out}/rows.jsonl`, good.map((row) => `${JSON.stringify(row)}\n`).join(""));
if (failed.size > 0) console.log(`ERRORS ${JSON.stringify(errors)}`);
console.log(`RESULT ${JSON.stringify({ rows: good.length, unique: good.length, good: good.length })}`);
process.exit(0);

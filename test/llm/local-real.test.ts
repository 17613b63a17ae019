import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { localModel } from "../../src/llm/local/local-model.ts";
import type { Json, JsonSchema, Model, ModelRequest } from "../../src/llm/model.ts";
import { fitSchema } from "../../src/llm/structured/fit-schema.ts";
import { compileSchema } from "../../src/llm/structured/schema-check.ts";
import { counterfoil } from "../cli/run.ts";

/** The real file and the real runtime, pulled as a user would: needs a package index. */
const scratch = mkdtempSync(join(tmpdir(), "counterfoil-local-"));
const cache = join(scratch, ".xdg", "cache", "counterfoil");
let skip: string | undefined;
let model: Model;

before(async () => {
  const ran = await counterfoil(["models", "pull", "--with-runtime", "--json"], { cwd: scratch });
  if (ran.code !== 0 && /"code":"(offline|not-installed|no-npm)"/.test(ran.stdout))
    skip = `no package index: ${ran.stderr}`;
  else assert.equal(ran.code, 0, ran.stderr);
  model = localModel("SmolLM2-135M-Instruct", { cache, folder: scratch });
});
after(async () => {
  await model?.close();
  rmSync(scratch, { recursive: true, force: true });
});

const never = new AbortController().signal;
const ask = (content: string, parameters = {}, output?: { schema: JsonSchema }): ModelRequest => ({
  kind: "chat",
  messages: [
    { role: "system", content: "You are brief." },
    { role: "user", content },
  ],
  parameters: { maxTokens: 24, ...parameters },
  output: output && { name: "answer", mode: "grammar", ...output },
});
const send = (request: ModelRequest, timeoutMs = 60_000) => model.send(request, { signal: never, timeoutMs });

test("the embedded model answers, the same for the same seed, whatever it was asked in between", async (t) => {
  if (skip) return t.skip(skip);
  const hello = ask("Say something about rivers.", { seed: 5 });
  const first = await send(hello);
  assert.ok(first.answer && first.answer.text.trim().length > 5, JSON.stringify(first));
  assert.equal(first.answer.charged, 0);
  assert.equal(first.answer.model, "smollm2-135m-instruct");
  const { promptTokens = 0, completionTokens = 0 } = first.answer.usage ?? {};
  assert.ok(promptTokens > 10 && promptTokens < 40 && completionTokens > 3 && completionTokens <= 24);
  const other = await send(ask("Say something about rivers.", { seed: 6, temperature: 1 }));
  assert.notEqual(other.answer?.text, first.answer.text);
  assert.deepEqual(await send(hello), first);
  assert.equal((await send(ask("Count to a hundred.", { maxTokens: 4 }))).answer?.finish, "length");
});

test("instructions that were read before are not read again, and the answer is the same to the letter", async (t) => {
  if (skip) return t.skip(skip);
  const to = (rules: string, content: string): ModelRequest => ({
    kind: "chat",
    messages: [
      { role: "system", content: rules },
      { role: "user", content },
    ],
    parameters: { maxTokens: 12, seed: 4, temperature: 1 },
  });
  const rules = "You are a careful gardener who answers in a few plain words. ".repeat(20);
  const timed = async (request: ModelRequest): Promise<{ readonly text: string; readonly cpu: number }> => {
    const before = process.cpuUsage();
    const { answer } = await send(request);
    const { user, system } = process.cpuUsage(before);
    return { text: answer?.text ?? "", cpu: user + system };
  };
  const first = await timed(to(rules, "When do roses bloom?"));
  await timed(to(rules, "Name a tree, and say how tall it grows in a dry and windy place."));
  const again = await timed(to(rules, "When do roses bloom?"));
  await timed(to("You are a cook.", "What is soup?"));
  const anew = await timed(to(rules, "When do roses bloom?"));
  assert.ok(first.text.trim().length > 0);
  assert.deepEqual([again.text, anew.text], [first.text, first.text]);
  assert.ok(again.cpu < anew.cpu * 0.8, `${again.cpu} of ${anew.cpu} µs`);
});

test("under a grammar every answer fits its schema", async (t) => {
  if (skip) return t.skip(skip);
  const schema: JsonSchema = {
    type: "object",
    properties: {
      level: { type: "integer", minimum: 1, maximum: 3 },
      mood: { enum: ["glad", "sad"] },
      names: { type: "array", items: { type: "string", maxLength: 8 }, minItems: 1, maxItems: 2 },
      note: { anyOf: [{ type: "string", maxLength: 12 }, { type: "null" }] },
    },
    required: ["level", "mood", "names", "note"],
    additionalProperties: false,
  };
  const fitted = fitSchema(schema, { provider: "local", mode: "grammar" });
  assert.ok(fitted);
  const check = compileSchema(schema, { where: "a test" });
  for (const seed of [1, 2]) {
    const { answer } = await send(
      ask("Describe a day.", { seed, temperature: 1.2, maxTokens: 120 }, { schema: fitted.schema }),
    );
    assert.ok(answer);
    assert.deepEqual(check(JSON.parse(answer.text) as Json), [], answer.text);
  }
});

test("what is too long, too slow or stopped is told so, and the next request is served", async (t) => {
  if (skip) return t.skip(skip);
  const long = await send(ask("word ".repeat(6000)));
  assert.equal(long.failure?.kind, "context");
  const slow = await send(ask("Tell a long story.", { maxTokens: 3000 }), 100);
  assert.equal(slow.failure?.kind, "timeout");
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 100);
  const stopped = model.send(ask("Tell a long story.", { maxTokens: 3000 }), {
    signal: stop.signal,
    timeoutMs: 60_000,
  });
  await assert.rejects(stopped, { code: "cancelled" });
  assert.ok((await send(ask("Hello."))).answer);
  const vector = await send({ kind: "embedding", input: "x" });
  assert.equal(vector.failure?.kind, "bad-request");
});

test("Node goes on while the model writes", async (t) => {
  if (skip) return t.skip(skip);
  let ticks = 0;
  const clock = setInterval(() => ticks++, 10);
  const start = performance.now();
  await send(ask("Tell a story.", { maxTokens: 60 }));
  clearInterval(clock);
  assert.ok(ticks > (performance.now() - start) / 100, `${ticks} ticks`);
});

test("a file with another hash is not trusted, whatever its length; a file or runtime that is missing is named", async (t) => {
  if (skip) return t.skip(skip);
  const broken = join(scratch, "broken");
  const file = join(broken, "models", "SmolLM2-135M-Instruct.Q4_1.gguf");
  mkdirSync(join(broken, "models"), { recursive: true });
  writeFileSync(file, "GGUF");
  truncateSync(file, 98_362_432);
  const folder = join(cache, "runtime");
  const sendWith = (name: string, folders: { cache: string; folder: string }) =>
    localModel(name, folders).send(ask("Hello."), { signal: never, timeoutMs: 1000 });
  await assert.rejects(sendWith("smollm2-135m-instruct", { cache: broken, folder }), {
    code: "wrong-hash",
    exitCode: 5,
  });
  await assert.rejects(sendWith("smollm2-135m-instruct", { cache: scratch, folder }), { code: "no-model-file" });
  await assert.rejects(sendWith("gpt-7", { cache, folder }), { code: "unknown-model" });
  await assert.rejects(sendWith("missing.gguf", { cache, folder }), { code: "no-model-file" });
  writeFileSync(join(scratch, "text.gguf"), "hello, world");
  await assert.rejects(sendWith(join(scratch, "text.gguf"), { cache, folder }), { code: "no-gguf" });
  if (!existsSync("node_modules/node-llama-cpp"))
    await assert.rejects(
      sendWith("smollm2-135m-instruct", { cache: broken, folder: scratch }),
      (error: { code: string; advice: string }) => {
        assert.equal(error.code, "no-runtime");
        assert.match(error.advice, /models pull --with-runtime.*npm install .*node-llama-cpp@3/);
        return true;
      },
    );
});

test("a pulled model is listed and doctor knows it", async (t) => {
  if (skip) return t.skip(skip);
  const listed = await counterfoil(["models", "list"], { cwd: scratch });
  assert.match(
    listed.stdout,
    /smollm2-135m-instruct {2}98 MB, Apache-2\.0.*\n {2}\S+Q4_1\.gguf\nruntime: node-llama-cpp 3/,
  );
  const doctor = await counterfoil(["doctor", "--json"], { cwd: scratch });
  const checks = JSON.parse(doctor.stdout) as { name: string; ok: boolean; detail: string }[];
  assert.match(
    checks.find(({ name }) => name === "local model")?.detail ?? "",
    /^smollm2-135m-instruct; runtime node-llama-cpp 3/,
  );
});

test("the example recipe runs from start to a trusted bundle", async (t) => {
  if (skip) return t.skip(skip);
  const recipe = resolve("examples", "recipes", "reading-questions.yaml");
  const ran = await counterfoil(["run", recipe, "--rows", "2", "--quiet", "--out", "questions"], { cwd: scratch });
  assert.equal(ran.code, 0, `${ran.stdout}${ran.stderr}`);
  assert.match(ran.stdout, /PASSED[\s\S]*2 of 2 rows/);
  assert.equal((await counterfoil(["verify", "questions"], { cwd: scratch })).code, 0);
});

import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Cancelled } from "../../src/errors.ts";
import { createBatchModel } from "../../src/llm/batch-model.ts";
import { createHttpClient } from "../../src/llm/http.ts";
import { createBatchStore } from "../../src/llm/http-batch-store.ts";
import { createHttpModel } from "../../src/llm/http-model.ts";
import type { Model, ModelRequest } from "../../src/llm/model.ts";
import { createAnthropicApi } from "../../src/llm/providers/anthropic.ts";
import { createGeminiApi } from "../../src/llm/providers/gemini.ts";
import { createOpenaiApi } from "../../src/llm/providers/openai.ts";
import type { ProviderApi } from "../../src/llm/providers/provider-api.ts";
import { type ApiReply, type ApiRequest, startApiServer } from "./api-server.ts";

const never = new AbortController().signal;
const ask = (content: string): ModelRequest => ({
  kind: "chat",
  messages: [{ role: "user", content }],
  parameters: {},
});

/** What a line of each provider looks like when it was answered, refused, and not reached. */
const openaiLine = (id: string, content: string): unknown =>
  content === "bad"
    ? {
        custom_id: id,
        response: {
          status_code: 400,
          body: { error: { message: "maximum context length is 9 tokens", code: "context_length_exceeded" } },
        },
      }
    : content === "late"
      ? {
          custom_id: id,
          response: null,
          error: { code: "batch_expired", message: "This request could not be executed." },
        }
      : {
          custom_id: id,
          response: {
            status_code: 200,
            body: {
              model: "m-1",
              choices: [{ message: { content: `${content}!` }, finish_reason: "stop" }],
              usage: { prompt_tokens: 3, completion_tokens: 2 },
            },
          },
          error: null,
        };
const anthropicLine = (id: string, content: string): unknown => ({
  custom_id: id,
  result:
    content === "bad"
      ? {
          type: "errored",
          error: {
            type: "error",
            error: { type: "invalid_request_error", message: "prompt is too long: 9 tokens > 8 maximum" },
          },
        }
      : content === "late"
        ? { type: "expired" }
        : {
            type: "succeeded",
            message: {
              type: "message",
              model: "m-1",
              content: [{ type: "text", text: `${content}!` }],
              stop_reason: "end_turn",
              usage: { input_tokens: 3, output_tokens: 2 },
            },
          },
});
const geminiLine = (id: string, content: string): unknown => ({
  metadata: { key: id },
  ...(content === "bad"
    ? { error: { code: 3, message: "The input token count (9) exceeds the maximum number of tokens allowed (8)." } }
    : {
        response: {
          candidates: [{ content: { parts: [{ text: `${content}!` }] }, finishReason: "STOP" }],
          usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 2 },
          modelVersion: "m-1",
        },
      }),
});

interface Provider {
  readonly api: ProviderApi;
  /** @param batches what was submitted, by name; @param isDone whether they have ended */
  readonly answer: (
    request: ApiRequest,
    batches: Map<string, { token: string; requests: [id: string, content: string][] }>,
    isDone: () => boolean,
  ) => ApiReply;
  readonly canFind: boolean;
}

const PROVIDERS: Readonly<Record<string, Provider>> = {
  openai: {
    api: createOpenaiApi({ model: "m", host: "127.0.0.1" }),
    canFind: true,
    answer({ method, path, text, body }, batches, isDone) {
      if (method === "POST" && path === "/v1/files") {
        assert.match(text, /name="purpose"\r\n\r\nbatch\r\n/);
        const lines = (/application\/jsonl\r\n\r\n([\s\S]*?)\n\r\n--/.exec(text)?.[1] ?? "")
          .split("\n")
          .map((line) => JSON.parse(line));
        for (const line of lines) assert.equal(line.url, "/v1/chat/completions");
        const id = `file-${batches.size}`;
        batches.set(id, { token: "", requests: lines.map((line) => [line.custom_id, line.body.messages[0].content]) });
        return { body: { id, object: "file", purpose: "batch" } };
      }
      if (method === "POST" && path === "/v1/batches") {
        const asked = body as {
          input_file_id: string;
          endpoint: string;
          completion_window: string;
          metadata: { counterfoil: string };
        };
        assert.equal(asked.endpoint, "/v1/chat/completions");
        assert.equal(asked.completion_window, "24h");
        const file = batches.get(asked.input_file_id);
        assert.ok(file);
        file.token = asked.metadata.counterfoil;
        return { body: { id: `batch_${asked.input_file_id}`, object: "batch", status: "validating" } };
      }
      if (path.startsWith("/v1/batches?"))
        return {
          body: {
            data: [...batches].map(([id, { token }]) => ({ id: `batch_${id}`, metadata: { counterfoil: token } })),
            has_more: false,
          },
        };
      const [, id] = /^\/v1\/batches\/batch_(.+)$/.exec(path) ?? [];
      if (id !== undefined)
        return {
          body: isDone()
            ? { id, status: "completed", output_file_id: `${id}-good`, error_file_id: `${id}-bad` }
            : { id, status: "in_progress" },
        };
      const [, file, which] = /^\/v1\/files\/(file-\d+)-(good|bad)\/content$/.exec(path) ?? [];
      assert.ok(file, path);
      const lines = (batches.get(file)?.requests ?? []).filter(
        ([, content]) => (content === "bad" || content === "late") === (which === "bad"),
      );
      return { body: `${lines.map(([id, content]) => JSON.stringify(openaiLine(id, content))).join("\n")}\n` };
    },
  },
  anthropic: {
    api: createAnthropicApi({ model: "m" }),
    canFind: false,
    answer({ method, path, headers, body }, batches, isDone) {
      assert.equal(headers["anthropic-version"], "2023-06-01");
      if (method === "POST" && path === "/v1/messages/batches") {
        const { requests } = body as {
          requests: { custom_id: string; params: { messages: { content: string }[]; max_tokens: number } }[];
        };
        const id = `msgbatch_${batches.size}`;
        batches.set(id, {
          token: "",
          requests: requests.map(({ custom_id, params }) => [custom_id, params.messages[0]?.content ?? ""]),
        });
        return { body: { id, type: "message_batch", processing_status: "in_progress", results_url: null } };
      }
      const [, id, isResults] = /^\/v1\/messages\/batches\/(msgbatch_\d+)(\/results)?$/.exec(path) ?? [];
      assert.ok(id, path);
      if (!isResults) return { body: { id, processing_status: isDone() ? "ended" : "in_progress" } };
      // In any order.
      const lines = (batches.get(id)?.requests ?? [])
        .toReversed()
        .map(([name, content]) => JSON.stringify(anthropicLine(name, content)));
      return { body: lines.join("\n") };
    },
  },
  gemini: {
    api: createGeminiApi({ model: "m" }),
    canFind: true,
    answer({ method, path, body }, batches, isDone) {
      if (method === "POST" && path === "/v1/models/m:batchGenerateContent") {
        const { batch } = body as {
          batch: {
            displayName: string;
            inputConfig: {
              requests: {
                requests: { request: { contents: { parts: { text: string }[] }[] }; metadata: { key: string } }[];
              };
            };
          };
        };
        const name = `batches/${batches.size}`;
        const requests = batch.inputConfig.requests.requests.map(({ request, metadata }): [string, string] => [
          metadata.key,
          request.contents[0]?.parts[0]?.text ?? "",
        ]);
        batches.set(name, { token: batch.displayName, requests });
        return { body: { name, metadata: { state: "BATCH_STATE_PENDING", displayName: batch.displayName } } };
      }
      if (path.startsWith("/v1/batches?"))
        return {
          body: { operations: [...batches].map(([name, { token }]) => ({ name, metadata: { displayName: token } })) },
        };
      const found = batches.get(path.slice("/v1/".length));
      assert.ok(found, path);
      if (!isDone()) return { body: { metadata: { state: "BATCH_STATE_RUNNING" } } };
      const lines = found.requests
        .filter(([, content]) => content !== "late")
        .map(([id, content]) => geminiLine(id, content));
      return {
        body: {
          metadata: { state: "BATCH_STATE_SUCCEEDED" },
          done: true,
          response: { inlinedResponses: { inlinedResponses: lines } },
        },
      };
    },
  },
};

for (const [name, { api, answer, canFind }] of Object.entries(PROVIDERS)) {
  test(`${name}: one batch answers all, a failed line is its request's own, and a run that was killed finds its batch`, async () => {
    const folder = await mkdtemp(join(tmpdir(), "batches-"));
    const batches: Parameters<Provider["answer"]>[1] = new Map();
    let isDone = false;
    const server = await startApiServer((request) => answer(request, batches, () => isDone));
    const open = (): Model => {
      const client = createHttpClient(new URL(`${server.origin}/v1`), {
        connections: 4,
        headers: api.headers("k"),
        secrets: [],
      });
      const common = { name: "m", endpoint: `${server.origin}/v1`, modes: api.modes, client, secrets: [] };
      return createBatchModel(api, {
        ...common,
        single: createHttpModel(api, common),
        store: createBatchStore(folder),
        quietMs: 10,
        lookMs: [5, 20],
      });
    };
    const contents = ["a", "b", "bad", "late", "c"];

    // The first run submits, and ends before the batch does.
    const first = open();
    const stop = new AbortController();
    const lost = contents.map((content) => first.send(ask(content), { signal: stop.signal, timeoutMs: 1 }));
    const store = createBatchStore(folder);
    while ((await store.list())[0]?.id == null) await new Promise((done) => setTimeout(done, 5));
    stop.abort();
    for (const each of lost) await assert.rejects(each, Cancelled);
    await first.close();
    if (canFind) {
      // As a crash leaves it between submitting and keeping the name.
      for (const record of await store.list()) await store.put({ ...record, id: null });
    }

    const second = open();
    const answers = Promise.all(contents.map((content) => second.send(ask(content), { signal: never, timeoutMs: 1 })));
    await new Promise((done) => setTimeout(done, 30));
    isDone = true;
    const [a, b, bad, late, c] = await answers;
    assert.equal(batches.size, 1, "nothing is submitted twice");
    assert.equal(a?.answer?.text, "a!");
    assert.deepEqual(b?.answer?.usage, { promptTokens: 3, completionTokens: 2 });
    assert.equal(c?.answer?.finish, "stop");
    assert.equal(c?.answer?.model, "m-1");
    assert.equal(bad?.failure?.kind, "context");
    assert.equal(late?.failure?.kind, "timeout");

    // What was not answered is asked again in a batch of its own.
    assert.equal((await second.send(ask("d"), { signal: never, timeoutMs: 1 })).answer?.text, "d!");
    assert.equal(batches.size, 2);
    await second.close();
    assert.deepEqual(await readdir(folder), [], "what is done with is not kept");
    await server.close();
    await rm(folder, { recursive: true });
  });
}

test("a batch that is refused fails its requests with what the provider said, without the key", async () => {
  const folder = await mkdtemp(join(tmpdir(), "batches-"));
  const server = await startApiServer(() => ({
    status: 401,
    body: { error: { message: "Incorrect API key provided", code: "invalid_api_key" } },
  }));
  const api = createOpenaiApi({ model: "m", host: "127.0.0.1" });
  const client = createHttpClient(new URL(`${server.origin}/v1`), {
    connections: 4,
    headers: api.headers("k"),
    secrets: [],
  });
  const common = { name: "m", endpoint: "x", modes: api.modes, client, secrets: [] };
  const model = createBatchModel(api, {
    ...common,
    single: createHttpModel(api, common),
    store: createBatchStore(folder),
    quietMs: 5,
  });
  const { failure } = await model.send(ask("a"), { signal: never, timeoutMs: 1 });
  assert.equal(failure?.kind, "bad-key");
  assert.match(failure?.message ?? "", /Incorrect API key/);
  await model.close();
  assert.deepEqual(await readdir(folder), []);
  await server.close();
  await rm(folder, { recursive: true });
});

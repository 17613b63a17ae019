import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { InvalidArgument, InvalidData, Unsupported } from "../../src/errors.ts";
import type { ChatRequest, Exchange, FailureKind, JsonSchema, ModelRequest } from "../../src/llm/model.ts";
import type { ModelConfiguration } from "../../src/llm/model-configuration.ts";
import { openModel } from "../../src/llm/providers/index.ts";
import { startMockModels } from "../servers/mock-models.ts";
import { type ApiReply, type ApiRequest, startApiServer } from "./api-server.ts";

const CANARY = "sk-canary-0123456789abcdef";
const never = new AbortController().signal;
const schema: JsonSchema = {
  type: "object",
  properties: { name: { type: "string" } },
  required: ["name"],
  additionalProperties: false,
};
const chat: ChatRequest = {
  kind: "chat",
  messages: [
    { role: "system", content: "Be brief." },
    { role: "user", content: "Hello" },
    { role: "assistant", content: "Hi" },
    { role: "user", content: "Name?" },
  ],
  parameters: { temperature: 0.5, topP: 0.9, maxTokens: 50, stop: ["END"], seed: 7 },
};
const structured = (mode: NonNullable<ChatRequest["output"]>["mode"], of = schema): ChatRequest => ({
  ...chat,
  output: { name: "answer", schema: of, mode },
});

/** Sends one request to a server that answers so. */
async function exchange(
  configuration: Pick<ModelConfiguration, "provider"> & Partial<ModelConfiguration>,
  request: ModelRequest,
  answer: (request: ApiRequest) => ApiReply,
): Promise<{ readonly asked: ApiRequest; readonly got: Exchange }> {
  const server = await startApiServer(answer);
  const model = await openModel(
    { model: "m", baseUrl: `${server.origin}/v1`, apiKey: { env: "KEY" }, ...configuration },
    { name: "writer", effects: { environment: { KEY: CANARY }, readText: async () => "" } },
  );
  const got = await model.send(request, { signal: never, timeoutMs: 2000, sample: 2 });
  assert.ok(!inspect(got, { depth: 9 }).includes("canary"), "no key comes back");
  assert.ok(!JSON.stringify(model).includes("canary"));
  await model.close();
  await server.close();
  return { asked: server.asked[0] as ApiRequest, got };
}

test("openai: a request is written as documented", async () => {
  const reply = {
    body: {
      model: "m-2",
      choices: [{ message: { content: "Ann" }, finish_reason: "stop" }],
      usage: { prompt_tokens: 9, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 4 }, cost: 0.25 },
    },
  };
  const { asked, got } = await exchange({ provider: "openai" }, chat, () => reply);
  assert.equal(asked.path, "/v1/chat/completions");
  assert.equal(asked.headers.authorization, `Bearer ${CANARY}`);
  // Draws of one request have seeds of their own.
  assert.deepEqual(asked.body, {
    model: "m",
    messages: chat.messages,
    temperature: 0.5,
    top_p: 0.9,
    max_tokens: 50,
    stop: ["END"],
    seed: 9,
  });
  assert.deepEqual(got.answer, {
    text: "Ann",
    finish: "stop",
    usage: { promptTokens: 9, completionTokens: 1, cachedTokens: 4 },
    charged: 0.25,
    model: "m-2",
  });
  const reasoning = await exchange(
    { provider: "openai", model: "o3-mini" },
    { ...chat, parameters: { maxTokens: 5, extra: { reasoning_effort: "low" } } },
    () => reply,
  );
  assert.deepEqual(reasoning.asked.body, {
    model: "o3-mini",
    messages: chat.messages,
    max_completion_tokens: 5,
    reasoning_effort: "low",
  });
  const strict = await exchange({ provider: "openai" }, structured("json-schema"), () => reply);
  assert.deepEqual((strict.asked.body as { response_format: unknown }).response_format, {
    type: "json_schema",
    json_schema: { name: "answer", schema, strict: true },
  });
  const open = { type: "object", properties: { name: { type: "string" } } } as const;
  const loose = await exchange({ provider: "openai" }, structured("json-schema", open), () => reply);
  assert.equal(
    (loose.asked.body as { response_format: { json_schema: { strict: boolean } } }).response_format.json_schema.strict,
    false,
  );
  const tool = await exchange({ provider: "openai" }, structured("tool"), () => ({
    body: {
      choices: [
        {
          message: {
            content: null,
            tool_calls: [{ type: "function", function: { name: "answer", arguments: '{"name":"Ann"}' } }],
          },
          finish_reason: "tool_calls",
        },
      ],
    },
  }));
  assert.deepEqual((tool.asked.body as { tool_choice: unknown }).tool_choice, {
    type: "function",
    function: { name: "answer" },
  });
  assert.equal(tool.got.answer?.text, '{"name":"Ann"}');
  assert.equal(tool.got.answer?.usage, null);
});

test("anthropic: a request is written as documented, and what was read from the cache counts as prompt", async () => {
  const usage = { input_tokens: 3, cache_read_input_tokens: 5, cache_creation_input_tokens: 2, output_tokens: 4 };
  const message = (content: unknown, stop_reason: string): ApiReply => ({
    body: { type: "message", model: "m-2", content, stop_reason, usage },
  });
  const { asked, got } = await exchange({ provider: "anthropic" }, chat, () =>
    message([{ type: "text", text: "Ann" }], "end_turn"),
  );
  assert.equal(asked.path, "/v1/messages");
  assert.equal(asked.headers["x-api-key"], CANARY);
  assert.equal(asked.headers["anthropic-version"], "2023-06-01");
  assert.deepEqual(asked.body, {
    model: "m",
    max_tokens: 50,
    messages: chat.messages.slice(1),
    system: "Be brief.",
    temperature: 0.5,
    top_p: 0.9,
    stop_sequences: ["END"],
  });
  assert.deepEqual(got.answer, {
    text: "Ann",
    finish: "stop",
    usage: { promptTokens: 10, completionTokens: 4, cachedTokens: 5 },
    charged: null,
    model: "m-2",
  });
  const native = await exchange({ provider: "anthropic" }, structured("json-schema"), () =>
    message([{ type: "text", text: '{"name":"Ann"}' }], "end_turn"),
  );
  assert.deepEqual((native.asked.body as { output_config: unknown }).output_config, {
    format: { type: "json_schema", schema },
  });
  const tool = await exchange({ provider: "anthropic" }, structured("tool"), () =>
    message(
      [
        { type: "text", text: "Sure." },
        { type: "tool_use", id: "t", name: "answer", input: { name: "Ann" } },
      ],
      "tool_use",
    ),
  );
  const body = tool.asked.body as { tools: { name: string; input_schema: unknown }[]; tool_choice: unknown };
  assert.deepEqual(body.tools[0]?.input_schema, schema);
  assert.deepEqual(body.tool_choice, { type: "tool", name: "answer" });
  assert.equal(tool.got.answer?.text, '{"name":"Ann"}');
  for (const [reason, finish] of [
    ["max_tokens", "length"],
    ["refusal", "filter"],
    ["pause_turn", "other"],
  ] as const)
    assert.equal(
      (await exchange({ provider: "anthropic" }, chat, () => message([], reason))).got.answer?.finish,
      finish,
    );
  assert.equal(
    (await exchange({ provider: "anthropic", model: "m" }, { kind: "embedding", input: "a" }, () => ({ body: {} }))).got
      .failure?.kind,
    "bad-request",
  );
});

test("gemini: a request is written as documented, thoughts are paid and not shown", async () => {
  const answer = (parts: unknown, more: object = {}): ApiReply => ({
    body: {
      candidates: [{ content: { role: "model", parts }, finishReason: "STOP", ...more }],
      usageMetadata: {
        promptTokenCount: 9,
        candidatesTokenCount: 2,
        thoughtsTokenCount: 30,
        cachedContentTokenCount: 1,
      },
      modelVersion: "m-2",
    },
  });
  const { asked, got } = await exchange({ provider: "gemini" }, chat, () =>
    answer([{ text: "Hm", thought: true }, { text: "Ann" }]),
  );
  assert.equal(asked.path, "/v1/models/m:generateContent");
  assert.equal(asked.headers["x-goog-api-key"], CANARY);
  assert.deepEqual(asked.body, {
    contents: [
      { role: "user", parts: [{ text: "Hello" }] },
      { role: "model", parts: [{ text: "Hi" }] },
      { role: "user", parts: [{ text: "Name?" }] },
    ],
    systemInstruction: { parts: [{ text: "Be brief." }] },
    generationConfig: { temperature: 0.5, topP: 0.9, maxOutputTokens: 50, stopSequences: ["END"], seed: 9 },
  });
  assert.deepEqual(got.answer, {
    text: "Ann",
    finish: "stop",
    usage: { promptTokens: 9, completionTokens: 32, cachedTokens: 1 },
    charged: null,
    model: "m-2",
  });
  const native = await exchange({ provider: "gemini" }, structured("json-schema"), () => answer([{ text: "{}" }]));
  const { generationConfig } = native.asked.body as { generationConfig: Record<string, unknown> };
  assert.equal(generationConfig.responseMimeType, "application/json");
  assert.deepEqual(generationConfig.responseJsonSchema, schema);
  const tool = await exchange({ provider: "gemini" }, structured("tool"), () =>
    answer([{ functionCall: { name: "answer", args: { name: "Ann" } } }]),
  );
  assert.deepEqual((tool.asked.body as { toolConfig: unknown }).toolConfig, {
    functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["answer"] },
  });
  assert.equal(tool.got.answer?.text, '{"name":"Ann"}');
  const blocked = await exchange({ provider: "gemini" }, chat, () => ({
    body: { promptFeedback: { blockReason: "PROHIBITED_CONTENT" }, usageMetadata: { promptTokenCount: 9 } },
  }));
  assert.deepEqual([blocked.got.answer?.finish, blocked.got.answer?.text], ["filter", ""]);
  const embedding = await exchange({ provider: "gemini" }, { kind: "embedding", input: "a", dimensions: 2 }, () => ({
    body: { embedding: { values: [1, 2] } },
  }));
  assert.equal(embedding.asked.path, "/v1/models/m:embedContent");
  assert.deepEqual(embedding.asked.body, { content: { parts: [{ text: "a" }] }, outputDimensionality: 2 });
  assert.deepEqual(embedding.got.answer?.vector, [1, 2]);
});

/** What servers say when they do not answer. */
const ERRORS: readonly (readonly [ModelConfiguration["provider"], number, unknown, FailureKind | "filtered"])[] = [
  ["openai", 401, { error: { message: `Incorrect API key provided: ${CANARY}`, code: "invalid_api_key" } }, "bad-key"],
  ["openai", 404, { error: { message: "The model `m` does not exist", code: "model_not_found" } }, "no-model"],
  [
    "openai",
    400,
    { error: { message: "This model's maximum context length is 8192 tokens.", code: "context_length_exceeded" } },
    "context",
  ],
  [
    "openai",
    400,
    {
      error: {
        message: "Invalid schema for response_format 'answer'",
        type: "invalid_request_error",
        param: "response_format",
      },
    },
    "bad-request",
  ],
  ["openai", 400, { error: { message: "The response was filtered", code: "content_filter" } }, "filtered"],
  ["openai", 403, { error: { message: "flagged", code: 403, metadata: { reasons: ["violence"] } } }, "filtered"],
  [
    "openai",
    429,
    { error: { message: "Rate limit reached for requests", code: "rate_limit_exceeded" } },
    "rate-limited",
  ],
  ["openai", 429, { error: { message: "You exceeded your current quota", code: "insufficient_quota" } }, "bad-key"],
  ["openai", 402, { error: { message: "Insufficient credits", code: 402 } }, "bad-key"],
  ["openai", 500, { error: { message: "The server had an error" } }, "server"],
  ["openai", 503, { error: { message: "Overloaded" } }, "overloaded"],
  ["openai", 404, { error: 'model "m" not found, try pulling it first' }, "no-model"],
  [
    "openai",
    400,
    {
      object: "error",
      message: "This model's maximum context length is 4096 tokens.",
      type: "BadRequestError",
      code: 400,
    },
    "context",
  ],
  ["openai", 422, { detail: [{ loc: ["body", "top_k"], msg: "bad" }] }, "bad-request"],
  ["openai", 404, "<html><h1>Not Found</h1></html>", "no-model"],
  ["openai", 502, "<html><h1>Bad Gateway</h1></html>", "server"],
  ["openai", 301, "", "no-model"],
  [
    "openai",
    200,
    { error: { message: "Provider returned error", code: 429, metadata: { raw: "slow down" } } },
    "rate-limited",
  ],
  ["openai", 200, { hello: "world" }, "garbled"],
  [
    "anthropic",
    401,
    { type: "error", error: { type: "authentication_error", message: "invalid x-api-key" } },
    "bad-key",
  ],
  ["anthropic", 403, { type: "error", error: { type: "permission_error", message: "no access" } }, "bad-key"],
  ["anthropic", 404, { type: "error", error: { type: "not_found_error", message: "model: m" } }, "no-model"],
  [
    "anthropic",
    400,
    {
      type: "error",
      error: { type: "invalid_request_error", message: "prompt is too long: 200001 tokens > 200000 maximum" },
    },
    "context",
  ],
  [
    "anthropic",
    400,
    {
      type: "error",
      error: { type: "invalid_request_error", message: "Your credit balance is too low to access the Anthropic API." },
    },
    "bad-key",
  ],
  [
    "anthropic",
    413,
    { type: "error", error: { type: "request_too_large", message: "Request exceeds the maximum size" } },
    "context",
  ],
  [
    "anthropic",
    429,
    { type: "error", error: { type: "rate_limit_error", message: "This request would exceed your rate limit" } },
    "rate-limited",
  ],
  [
    "anthropic",
    429,
    {
      type: "error",
      error: { type: "rate_limit_error", message: "limit", details: { error_code: "enforced_spend_limit_reached" } },
    },
    "bad-key",
  ],
  ["anthropic", 500, { type: "error", error: { type: "api_error", message: "Internal server error" } }, "server"],
  ["anthropic", 504, { type: "error", error: { type: "timeout_error", message: "timed out" } }, "timeout"],
  ["anthropic", 529, { type: "error", error: { type: "overloaded_error", message: "Overloaded" } }, "overloaded"],
  [
    "gemini",
    400,
    {
      error: {
        code: 400,
        message: "API key not valid. Please pass a valid API key.",
        status: "INVALID_ARGUMENT",
        details: [{ reason: "API_KEY_INVALID" }],
      },
    },
    "bad-key",
  ],
  [
    "gemini",
    400,
    {
      error: {
        code: 400,
        message: "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
        status: "INVALID_ARGUMENT",
      },
    },
    "context",
  ],
  [
    "gemini",
    404,
    { error: { code: 404, message: "models/m is not found for API version v1beta", status: "NOT_FOUND" } },
    "no-model",
  ],
  [
    "gemini",
    429,
    {
      error: {
        code: 429,
        message: "Quota exceeded",
        status: "RESOURCE_EXHAUSTED",
        details: [{ violations: [{ quotaId: "GenerateRequestsPerMinutePerProjectPerModel" }] }, { retryDelay: "17s" }],
      },
    },
    "rate-limited",
  ],
  [
    "gemini",
    429,
    {
      error: {
        code: 429,
        message: "Quota exceeded",
        status: "RESOURCE_EXHAUSTED",
        details: [{ violations: [{ quotaId: "GenerateRequestsPerDayPerProjectPerModel" }] }],
      },
    },
    "bad-key",
  ],
  ["gemini", 503, { error: { code: 503, message: "The model is overloaded.", status: "UNAVAILABLE" } }, "overloaded"],
];

test("every refusal that providers document is told apart, and none tells the key", async () => {
  for (const [provider, status, body, kind] of ERRORS) {
    const headers =
      status === 301
        ? { location: "https://elsewhere.example/v1" }
        : typeof body === "string"
          ? { "content-type": "text/html" }
          : {};
    const { got } = await exchange({ provider }, chat, () => ({
      status,
      body,
      headers: { "retry-after": "3", ...headers } as Record<string, string>,
    }));
    const words = `${provider} ${status} ${JSON.stringify(body)}`;
    if (kind === "filtered") assert.equal(got.answer?.finish, "filter", words);
    else {
      assert.equal(got.failure?.kind, kind, words);
      assert.equal(got.failure?.status, status, words);
      assert.ok((got.failure?.message ?? "") !== "", words);
      if (kind !== "garbled") assert.equal(got.failure?.retryAfterMs, 3000, words);
    }
  }
});

test("a page of HTML and a redirect say what to mend", async () => {
  const page = await exchange({ provider: "openai" }, chat, () => ({
    status: 404,
    headers: { "content-type": "text/html" },
    body: "<html>nginx</html>",
  }));
  assert.match(page.got.failure?.message ?? "", /An HTML page: is the base URL right\?/);
  const moved = await exchange({ provider: "openai" }, chat, () => ({
    status: 308,
    headers: { location: "https://elsewhere.example/v1" },
    body: "",
  }));
  assert.match(moved.got.failure?.message ?? "", /redirect to https:\/\/elsewhere\.example\/v1/);
});

test("limits are read from the headers of an answer and of a refusal", async () => {
  const headers = {
    "anthropic-ratelimit-requests-limit": "50",
    "anthropic-ratelimit-requests-remaining": "0",
    "anthropic-ratelimit-requests-reset": "2026-11-29T12:00:30Z",
    date: "Sun, 29 Nov 2026 12:00:00 GMT",
    "retry-after": "Sun, 29 Nov 2026 12:00:12 GMT",
  };
  const { got } = await exchange({ provider: "anthropic" }, chat, () => ({
    status: 429,
    headers,
    body: { type: "error", error: { type: "rate_limit_error", message: "too many" } },
  }));
  assert.deepEqual(got.limits?.requests, { limit: 50, remaining: 0, resetMs: 30_000 });
  assert.equal(got.failure?.retryAfterMs, 12_000);
});

test("a model is opened only when its configuration can work, and no message holds a key", async () => {
  const open = (configuration: Partial<ModelConfiguration>, environment: Record<string, string> = {}) =>
    openModel({ provider: "openai", model: "m", ...configuration } as ModelConfiguration, {
      name: "writer",
      effects: { environment, readText: async () => "{}\n" },
    });
  const fails = async (configuration: Partial<ModelConfiguration>, words: RegExp, type: unknown = InvalidArgument) => {
    await assert.rejects(open(configuration), (error) => {
      assert.ok(error instanceof (type as typeof Error), inspect(error));
      assert.match(error.message, words);
      assert.ok(!inspect(error).includes("canary"));
      return true;
    });
  };
  await fails({}, /"writer" needs a key, and the environment variable OPENAI_API_KEY is not set/);
  await fails({ provider: "anthropic" }, /ANTHROPIC_API_KEY/);
  await fails({ provider: "gemini" }, /GEMINI_API_KEY/);
  await fails({ baseUrl: "localhost:8000/v1" }, /base URL begins with localhost:/);
  await fails({ baseUrl: "no url" }, /base URL is none/);
  await fails({ baseUrl: `http://user:${CANARY}@127.0.0.1/v1` }, /holds a user or a password/);
  await fails({ baseUrl: `http://127.0.0.1/v1?key=${CANARY}` }, /has a query/);
  await fails({ baseUrl: "http://127.0.0.1/v1", structured: ["grammar"] }, /no structured output by "grammar"/);
  await fails({ baseUrl: "http://127.0.0.1/v1", batch: true }, /asks in batches, and there is no folder/);
  await fails({ provider: "replay" }, /names no recording/);
  await fails({ provider: "replay", recording: "r.jsonl" }, /r\.jsonl, line 1: it has no answer/, InvalidData);
  await fails({ provider: "local" }, /no runtime/, Unsupported);
  await fails({ provider: "other" as "openai" }, /there is no provider "other"/);

  // Another server than the provider's own gets no key that was not named for it.
  const mock = await startMockModels({ apiKey: CANARY });
  const without = await open({ baseUrl: mock.baseUrl, model: "mock" }, { OPENAI_API_KEY: CANARY });
  assert.equal((await without.send(chat, { signal: never, timeoutMs: 2000 })).failure?.kind, "bad-key");
  const named = await open(
    { baseUrl: mock.baseUrl, model: "mock", apiKey: { env: "MINE" }, structured: ["tool"] },
    { MINE: CANARY },
  );
  assert.ok((await named.send(chat, { signal: never, timeoutMs: 2000 })).answer);
  assert.deepEqual(named.modes, ["tool", "prompt"]);
  assert.equal(named.endpoint, mock.baseUrl);
  await without.close();
  await named.close();
  await mock.close();
});

test("a recording answers by key, by what is asked and by sample, and says what it does not have", async () => {
  const request = { kind: "chat", messages: [{ role: "user", content: "Name?" }], parameters: {} } as const;
  const lines = [
    { key: "k1", answer: { text: "by key" } },
    { request, answer: { text: "any draw" } },
    { request, sample: 1, answer: { text: "second draw", usage: { promptTokens: 1, completionTokens: 2 } } },
    { request: { kind: "embedding", input: "a" }, answer: { vector: [1, 0] } },
  ];
  const model = await openModel(
    { provider: "replay", model: "m", recording: "r.jsonl" },
    {
      name: "writer",
      effects: { environment: {}, readText: async () => lines.map((line) => JSON.stringify(line)).join("\n") },
    },
  );
  const send = async (asked: ModelRequest, options: object = {}) =>
    model.send(asked, { signal: never, timeoutMs: 1, ...options });
  assert.equal((await send(request, { key: "k1" })).answer?.text, "by key");
  assert.equal((await send({ ...request, parameters: { temperature: 1 } })).answer?.text, "any draw");
  assert.deepEqual((await send(request, { sample: 1 })).answer, {
    text: "second draw",
    finish: "stop",
    usage: { promptTokens: 1, completionTokens: 2 },
    charged: null,
    model: "m",
  });
  assert.deepEqual((await send({ kind: "embedding", input: "a" })).answer?.vector, [1, 0]);
  const { failure } = await send({ ...request, messages: [{ role: "user", content: "Other?" }] });
  assert.equal(failure?.kind, "bad-request");
  assert.match(failure?.message ?? "", /Not recorded in r\.jsonl: Other\?/);
});

import type { HttpHeaders } from "../http.ts";
import { rateLimits } from "../http-limits.ts";
import type { ChatRequest, EmbeddingRequest, JsonSchema, ModelAnswer, RateLimits, Usage } from "../model.ts";
import { errorKind } from "./error-kind.ts";
import { openaiBatch } from "./openai-batch.ts";
import {
  type ApiError,
  field,
  listField,
  numberField,
  type ProviderApi,
  type ReadAnswer,
  textField,
  type WrittenRequest,
} from "./provider-api.ts";

/** The chat completions and embeddings that OpenAI made and vLLM, llama.cpp, Ollama, OpenRouter and many more speak.
 * @param options model: as the server calls it; host: OpenAI's own wants `max_completion_tokens` where others want `max_tokens`
 * @source https://developers.openai.com/api/reference/resources/chat */
export function createOpenaiApi(options: { readonly model: string; readonly host: string }): ProviderApi {
  const { model } = options;
  // Reasoning models refuse max_tokens wherever they run.
  const limitName =
    options.host === "api.openai.com" || /(^|\/)(o\d|gpt-[5-9])/.test(model) ? "max_completion_tokens" : "max_tokens";

  function writeChat({ messages, parameters, output }: ChatRequest, sample: number): WrittenRequest {
    const body: Record<string, unknown> = { model, messages };
    if (parameters.temperature !== undefined) body.temperature = parameters.temperature;
    if (parameters.topP !== undefined) body.top_p = parameters.topP;
    if (parameters.maxTokens !== undefined) body[limitName] = parameters.maxTokens;
    if (parameters.stop !== undefined) body.stop = parameters.stop;
    if (parameters.seed !== undefined) body.seed = parameters.seed + sample;
    if (output?.mode === "json-schema")
      body.response_format = {
        type: "json_schema",
        json_schema: { name: output.name, schema: output.schema, strict: output.strict ?? isStrict(output.schema) },
      };
    else if (output?.mode === "json") body.response_format = { type: "json_object" };
    else if (output?.mode === "tool") {
      body.tools = [{ type: "function", function: { name: output.name, parameters: output.schema } }];
      body.tool_choice = { type: "function", function: { name: output.name } };
    }
    return { path: "/chat/completions", body: Object.assign(body, parameters.extra) };
  }

  function writeEmbedding({ input, dimensions }: EmbeddingRequest): WrittenRequest {
    const body: Record<string, unknown> = { model, input, encoding_format: "float" };
    if (dimensions !== undefined) body.dimensions = dimensions;
    return { path: "/embeddings", body };
  }

  return {
    provider: "openai",
    modes: ["json-schema", "tool", "json", "prompt"],
    headers: (key) => (key === null ? {} : { authorization: `Bearer ${key}` }),
    write: (request, { sample }) => (request.kind === "chat" ? writeChat(request, sample) : writeEmbedding(request)),
    read: (body, request) => (request.kind === "chat" ? readChat(body, model) : readEmbedding(body, model)),
    explain,
    limits: readLimits,
    batch: openaiBatch,
  };
}

const FINISH: Readonly<Record<string, ModelAnswer["finish"]>> = {
  stop: "stop",
  tool_calls: "stop",
  function_call: "stop",
  length: "length",
  content_filter: "filter",
};

function readChat(body: unknown, name: string): ReadAnswer {
  const choice = listField(body, "choices")[0];
  const error = field(choice, "error") ?? (choice === undefined ? field(body, "error") : undefined);
  // Routers answer 200 and put what the provider behind them said into the body.
  if (error !== undefined && error !== null)
    return { error: explain(Number(field(error, "code") ?? 500) || 500, { error }) };
  const message = field(choice, "message");
  if (message === undefined)
    return { problem: "The answer has no choices[0].message: is the base URL that of an API?" };
  const tool = field(listField(message, "tool_calls")[0], "function");
  const refusal = textField(message, "refusal");
  const reason = textField(choice, "finish_reason");
  return {
    answer: {
      text: textField(tool, "arguments") ?? textField(message, "content") ?? refusal ?? "",
      finish: refusal ? "filter" : (FINISH[reason ?? ""] ?? "other"),
      usage: readUsage(field(body, "usage")),
      charged: numberField(field(body, "usage"), "cost") ?? null,
      model: textField(body, "model") ?? name,
    },
  };
}

function readEmbedding(body: unknown, name: string): ReadAnswer {
  const vector = field(listField(body, "data")[0], "embedding");
  if (!Array.isArray(vector) || vector.length === 0 || !vector.every((x) => typeof x === "number"))
    return { problem: "The answer has no data[0].embedding with numbers." };
  return {
    answer: {
      text: "",
      vector,
      finish: "stop",
      usage: readUsage(field(body, "usage")),
      charged: numberField(field(body, "usage"), "cost") ?? null,
      model: textField(body, "model") ?? name,
    },
  };
}

function readUsage(usage: unknown): Usage | null {
  const promptTokens = numberField(usage, "prompt_tokens");
  if (promptTokens === undefined) return null;
  const cachedTokens = numberField(field(usage, "prompt_tokens_details"), "cached_tokens");
  return {
    promptTokens,
    completionTokens: numberField(usage, "completion_tokens") ?? 0,
    ...(cachedTokens !== undefined && { cachedTokens }),
  };
}

/** OpenAI: { error: { message, type, code } }; Ollama: { error: "…" }; vLLM: { message, type, code } or { detail }. */
function explain(status: number, body: unknown): ApiError {
  const error = field(body, "error") ?? body;
  const detail = field(error, "detail");
  const message =
    typeof error === "string"
      ? error
      : (textField(error, "message") ?? (detail === undefined ? "" : JSON.stringify(detail)));
  const code = `${field(error, "code") ?? ""} ${field(error, "type") ?? ""}`;
  const raw = field(field(error, "metadata"), "raw");
  const text = typeof raw === "string" ? `${message}: ${raw}` : message;
  if (/content_filter|content_policy/.test(code)) return { kind: "filtered", message: text };
  // OpenRouter's 403: this request was flagged; the key is good.
  if (status === 403 && Array.isArray(field(field(error, "metadata"), "reasons")))
    return { kind: "filtered", message: text };
  return { kind: errorKind(status, { code, message: text }), message: text };
}

const NAMES = {
  requests: {
    limit: "x-ratelimit-limit-requests",
    remaining: "x-ratelimit-remaining-requests",
    reset: "x-ratelimit-reset-requests",
  },
  tokens: {
    limit: "x-ratelimit-limit-tokens",
    remaining: "x-ratelimit-remaining-tokens",
    reset: "x-ratelimit-reset-tokens",
  },
};

const readLimits = (headers: HttpHeaders): RateLimits | undefined => rateLimits(headers, NAMES);

const strictness = new WeakMap<JsonSchema, boolean>();

/** Whether a schema keeps to what `strict` asks for: every object closed, with all its properties required. Where it does not, the schema is still sent, and
 * the server does what it can. */
function isStrict(schema: JsonSchema): boolean {
  let known = strictness.get(schema);
  if (known === undefined) {
    known = isClosed(schema);
    strictness.set(schema, known);
  }
  return known;
}

function isClosed(node: unknown): boolean {
  if (Array.isArray(node)) return node.every(isClosed);
  if (typeof node !== "object" || node === null) return true;
  const properties = field(node, "properties");
  if (typeof properties === "object" && properties !== null) {
    const required = listField(node, "required");
    if (field(node, "additionalProperties") !== false) return false;
    if (!Object.keys(properties).every((name) => required.includes(name))) return false;
  } else if (field(node, "type") === "object") return false;
  return Object.values(node).every(isClosed);
}

import type { HttpHeaders } from "../http.ts";
import { rateLimits } from "../http-limits.ts";
import type { ChatRequest, ModelAnswer, RateLimits, Usage } from "../model.ts";
import { anthropicBatch } from "./anthropic-batch.ts";
import { errorKind } from "./error-kind.ts";
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

/** This API wants a limit of every request; the answer says `length` where it was met. */
const MOST_TOKENS = 4096;

/** Anthropic's messages.
 * @source https://platform.claude.com/docs/en/api/messages and …/build-with-claude/structured-outputs */
export function createAnthropicApi({ model }: { readonly model: string }): ProviderApi {
  function writeChat({ messages, parameters, output }: ChatRequest): WrittenRequest {
    const body: Record<string, unknown> = {
      model,
      max_tokens: parameters.maxTokens ?? MOST_TOKENS,
      messages: messages.filter(({ role }) => role !== "system"),
    };
    const system = messages.filter(({ role }) => role === "system").map(({ content }) => content);
    if (system.length > 0) body.system = system.join("\n\n");
    if (parameters.temperature !== undefined) body.temperature = parameters.temperature;
    if (parameters.topP !== undefined) body.top_p = parameters.topP;
    if (parameters.stop !== undefined) body.stop_sequences = parameters.stop;
    if (output?.mode === "json-schema") body.output_config = { format: { type: "json_schema", schema: output.schema } };
    else if (output?.mode === "tool") {
      body.tools = [{ name: output.name, description: "The answer.", input_schema: output.schema }];
      body.tool_choice = { type: "tool", name: output.name };
    }
    return { path: "/messages", body: Object.assign(body, parameters.extra) };
  }

  return {
    provider: "anthropic",
    modes: ["json-schema", "tool", "prompt"],
    headers: (key) => ({ "anthropic-version": "2023-06-01", ...(key !== null && { "x-api-key": key }) }),
    write: (request) =>
      request.kind === "chat" ? writeChat(request) : { problem: "Anthropic's API makes no embeddings." },
    read: (body) => readMessage(body, model),
    explain,
    limits: readLimits,
    batch: anthropicBatch,
  };
}

const FINISH: Readonly<Record<string, ModelAnswer["finish"]>> = {
  end_turn: "stop",
  stop_sequence: "stop",
  tool_use: "stop",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  refusal: "filter",
};

function readMessage(body: unknown, name: string): ReadAnswer {
  if (field(body, "type") === "error") return { error: explain(500, body) };
  if (!Array.isArray(field(body, "content")))
    return { problem: "The answer has no content: is the base URL that of Anthropic's API?" };
  let text = "";
  let tool: unknown;
  for (const block of listField(body, "content")) {
    const type = field(block, "type");
    if (type === "text") text += textField(block, "text") ?? "";
    else if (type === "tool_use") tool ??= field(block, "input");
  }
  return {
    answer: {
      text: tool === undefined ? text : JSON.stringify(tool),
      finish: FINISH[textField(body, "stop_reason") ?? ""] ?? "other",
      usage: readUsage(field(body, "usage")),
      charged: null,
      model: textField(body, "model") ?? name,
    },
  };
}

/** `input_tokens` leaves out those that were written to the cache and read from it. */
function readUsage(usage: unknown): Usage | null {
  const input = numberField(usage, "input_tokens");
  if (input === undefined) return null;
  const cachedTokens = numberField(usage, "cache_read_input_tokens") ?? 0;
  return {
    promptTokens: input + cachedTokens + (numberField(usage, "cache_creation_input_tokens") ?? 0),
    completionTokens: numberField(usage, "output_tokens") ?? 0,
    ...(cachedTokens > 0 && { cachedTokens }),
  };
}

const STATUS: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  timeout_error: 504,
  overloaded_error: 529,
};

/** { type: "error", error: { type, message, details } }; the type says what the status says, also in a batch, where there is no status. */
function explain(status: number, body: unknown): ApiError {
  const error = field(body, "error") ?? body;
  const message = textField(error, "message") ?? (typeof error === "string" ? error : "");
  const type = textField(error, "type") ?? "";
  const code = `${type} ${textField(field(error, "details"), "error_code") ?? ""}`;
  return { kind: errorKind(STATUS[type] ?? status, { code, message }), message };
}

const NAMES = {
  requests: {
    limit: "anthropic-ratelimit-requests-limit",
    remaining: "anthropic-ratelimit-requests-remaining",
    reset: "anthropic-ratelimit-requests-reset",
  },
  tokens: {
    limit: "anthropic-ratelimit-tokens-limit",
    remaining: "anthropic-ratelimit-tokens-remaining",
    reset: "anthropic-ratelimit-tokens-reset",
  },
};

const readLimits = (headers: HttpHeaders): RateLimits | undefined => rateLimits(headers, NAMES);

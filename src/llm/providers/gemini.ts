import type { ChatRequest, EmbeddingRequest, ModelAnswer, Usage } from "../model.ts";
import { errorKind } from "./error-kind.ts";
import { createGeminiBatch } from "./gemini-batch.ts";
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

/** Google's Gemini API, `generateContent` and `embedContent`.
 * @source https://ai.google.dev/api/generate-content, …/api/embeddings */
export function createGeminiApi({ model }: { readonly model: string }): ProviderApi {
  const path = `/${model.includes("/") ? model : `models/${model}`}`;

  function writeChat({ messages, parameters, output }: ChatRequest, sample: number): WrittenRequest {
    const generation: Record<string, unknown> = {};
    if (parameters.temperature !== undefined) generation.temperature = parameters.temperature;
    if (parameters.topP !== undefined) generation.topP = parameters.topP;
    if (parameters.maxTokens !== undefined) generation.maxOutputTokens = parameters.maxTokens;
    if (parameters.stop !== undefined) generation.stopSequences = parameters.stop;
    if (parameters.seed !== undefined) generation.seed = (parameters.seed + sample) % 2 ** 31;
    if (output?.mode === "json-schema" || output?.mode === "json") generation.responseMimeType = "application/json";
    if (output?.mode === "json-schema") generation.responseJsonSchema = output.schema;
    const body: Record<string, unknown> = {
      contents: messages
        .filter(({ role }) => role !== "system")
        .map(({ role, content }) => ({ role: role === "assistant" ? "model" : "user", parts: [{ text: content }] })),
    };
    const system = messages.filter(({ role }) => role === "system").map(({ content }) => ({ text: content }));
    if (system.length > 0) body.systemInstruction = { parts: system };
    if (output?.mode === "tool") {
      body.tools = [{ functionDeclarations: [{ name: output.name, parametersJsonSchema: output.schema }] }];
      body.toolConfig = { functionCallingConfig: { mode: "ANY", allowedFunctionNames: [output.name] } };
    }
    const { generationConfig, ...extra } = parameters.extra ?? {};
    body.generationConfig = Object.assign(generation, generationConfig);
    return { path: `${path}:generateContent`, body: Object.assign(body, extra) };
  }

  function writeEmbedding({ input, dimensions }: EmbeddingRequest): WrittenRequest {
    const body: Record<string, unknown> = { content: { parts: [{ text: input }] } };
    if (dimensions !== undefined) body.outputDimensionality = dimensions;
    return { path: `${path}:embedContent`, body };
  }

  return {
    provider: "gemini",
    modes: ["json-schema", "tool", "json", "prompt"],
    headers: (key) => (key === null ? {} : { "x-goog-api-key": key }),
    write: (request, { sample }) => (request.kind === "chat" ? writeChat(request, sample) : writeEmbedding(request)),
    read: (body, request) => (request.kind === "chat" ? readContent(body, model) : readEmbedding(body, model)),
    explain,
    // It sends no such headers.
    limits: () => undefined,
    batch: createGeminiBatch({ path }),
  };
}

const FINISH: Readonly<Record<string, ModelAnswer["finish"]>> = {
  STOP: "stop",
  MAX_TOKENS: "length",
  SAFETY: "filter",
  RECITATION: "filter",
  BLOCKLIST: "filter",
  PROHIBITED_CONTENT: "filter",
  SPII: "filter",
};

function readContent(body: unknown, name: string): ReadAnswer {
  if (field(body, "error") !== undefined) return { error: explain(500, body) };
  const candidate = listField(body, "candidates")[0];
  const blocked = textField(field(body, "promptFeedback"), "blockReason");
  if (candidate === undefined && blocked === undefined)
    return { problem: "The answer has no candidates: is the base URL that of the Gemini API?" };
  let text = "";
  let tool: unknown;
  for (const part of listField(field(candidate, "content"), "parts")) {
    if (field(part, "thought") === true) continue;
    text += textField(part, "text") ?? "";
    const call = field(part, "functionCall");
    if (call !== undefined) tool ??= field(call, "args") ?? {};
  }
  return {
    answer: {
      text: tool === undefined ? text : JSON.stringify(tool),
      finish: blocked === undefined ? (FINISH[textField(candidate, "finishReason") ?? ""] ?? "other") : "filter",
      usage: readUsage(field(body, "usageMetadata")),
      charged: null,
      model: textField(body, "modelVersion") ?? name,
    },
  };
}

function readEmbedding(body: unknown, name: string): ReadAnswer {
  const vector = listField(field(body, "embedding"), "values");
  if (vector.length === 0 || !vector.every((x): x is number => typeof x === "number"))
    return { problem: "The answer has no embedding.values with numbers." };
  const usage = readUsage(field(body, "usageMetadata"));
  return { answer: { text: "", vector, finish: "stop", usage, charged: null, model: name } };
}

/** Thoughts are paid as output. */
function readUsage(usage: unknown): Usage | null {
  const promptTokens = numberField(usage, "promptTokenCount");
  if (promptTokens === undefined) return null;
  const cachedTokens = numberField(usage, "cachedContentTokenCount");
  return {
    promptTokens,
    completionTokens:
      (numberField(usage, "candidatesTokenCount") ?? 0) + (numberField(usage, "thoughtsTokenCount") ?? 0),
    ...(cachedTokens !== undefined && { cachedTokens }),
  };
}

/** { error: { code, message, status, details: [{ reason }, { violations: [{ quotaId }] }, { retryDelay: "17s" }] } } */
function explain(status: number, body: unknown): ApiError {
  const error = field(body, "error") ?? body;
  const message = textField(error, "message") ?? "";
  const code = textField(error, "status") ?? "";
  let retryAfterMs: number | undefined;
  let words = code;
  for (const detail of listField(error, "details")) {
    words += ` ${textField(detail, "reason") ?? ""}`;
    const delay = /^(\d+(?:\.\d+)?)s$/.exec(textField(detail, "retryDelay") ?? "");
    if (delay) retryAfterMs = Number(delay[1]) * 1000;
    for (const violation of listField(detail, "violations")) words += ` ${textField(violation, "quotaId") ?? ""}`;
  }
  // In a line of a batch it is a code of gRPC instead.
  const said = numberField(error, "code") ?? status;
  const shown = said >= 100 ? said : status;
  if (/API_KEY_INVALID|API key (not valid|expired)/.test(`${words} ${message}`)) return { kind: "bad-key", message };
  // What a day allows is used up: waiting for seconds, as `retryDelay` says, is of no use.
  if (shown === 429 && /PerDay/.test(words)) return { kind: "bad-key", message };
  return {
    kind: errorKind(shown, { code: words, message }),
    message,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

import type { Call, Caller, CallRecord, CallResult } from "../../src/llm/call.ts";
import type { ChatRequest } from "../../src/llm/model.ts";

interface WireAnswer {
  readonly model: string;
  readonly error?: { readonly message: string };
  readonly data?: readonly { readonly embedding: readonly number[] }[];
  readonly choices?: readonly {
    readonly finish_reason: string;
    readonly message: {
      readonly content: string | null;
      readonly tool_calls?: readonly { readonly function: { readonly arguments: string } }[];
    };
  }[];
}

/** Asks an OpenAI-compatible endpoint once for each call: no journal, no lane, no retry. */
export function plainCaller(baseUrl: string): Caller & { readonly calls: readonly Call[] } {
  const calls: Call[] = [];
  return {
    calls,
    async call(call): Promise<CallResult> {
      calls.push(call);
      const { request } = call;
      const record: CallRecord = {
        key: String(calls.length),
        model: call.model,
        column: call.column,
        usage: null,
        price: null,
        replayed: false,
        milliseconds: 0,
      };
      const isChat = request.kind === "chat";
      const response = await fetch(`${baseUrl}/${isChat ? "chat/completions" : "embeddings"}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(
          isChat
            ? chatBody(request)
            : { model: "m", input: request.input, ...(request.dimensions ? { dimensions: request.dimensions } : {}) },
        ),
      });
      const body = (await response.json()) as WireAnswer;
      if (!response.ok)
        return {
          failure: {
            kind: response.status === 401 ? "bad-key" : response.status < 500 ? "bad-request" : "server",
            status: response.status,
            message: body.error?.message ?? "",
            retryAfterMs: null,
            tries: 1,
          },
        };
      const choice = body.choices?.[0];
      const finish = { stop: "stop", tool_calls: "stop", length: "length", content_filter: "filter" }[
        choice?.finish_reason ?? "stop"
      ] as "stop" | "length" | "filter" | undefined;
      return {
        record,
        answer: {
          text: choice?.message.tool_calls?.[0]?.function.arguments ?? choice?.message.content ?? "",
          vector: body.data?.[0]?.embedding,
          finish: finish ?? "other",
          usage: null,
          charged: null,
          model: body.model,
        },
      };
    },
  };
}

function chatBody({ messages, output }: ChatRequest): unknown {
  const { name, schema, strict = false, mode } = output ?? { mode: "prompt" };
  return {
    model: "m",
    messages,
    ...(mode === "json-schema" && { response_format: { type: "json_schema", json_schema: { name, schema, strict } } }),
    ...(mode === "json" && { response_format: { type: "json_object" } }),
    ...(mode === "tool" && {
      tools: [{ type: "function", function: { name, parameters: schema, strict } }],
      tool_choice: { type: "function", function: { name } },
    }),
  };
}

import { InvalidData } from "../../errors.ts";
import type { Exchange, Model, ModelAnswer, ModelRequest } from "../model.ts";

/** Answers that were recorded before, instead of a server: for tests and examples.
 *
 * A recording is JSONL, one answer a line: { "key"?, "sample"?, "request"?, "answer" }. An answer is found by the key of the call; else by what is asked
 * (the messages, the name of the structured answer, or the text of an embedding) and the sample; a line without a sample answers every sample. In the
 * answer only `text` (or `vector`) must be given.
 * @param recording the text of the file
 * @throws {InvalidData} a line is no JSON, or has no answer or nothing to find it by */
export function createReplayModel(recording: string, options: { readonly file: string; readonly name: string }): Model {
  const byKey = new Map<string, ModelAnswer>();
  const byContent = new Map<string, ModelAnswer>();
  let line = 0;
  for (const text of recording.split("\n")) {
    line++;
    if (text.trim() === "") continue;
    const entry = readLine(text, { line, ...options });
    if (entry.key !== undefined) byKey.set(entry.key, entry.answer);
    if (entry.request !== undefined) byContent.set(contentOf(entry.request, entry.sample), entry.answer);
  }
  return {
    provider: "replay",
    name: options.name,
    endpoint: "recording",
    modes: ["json-schema", "tool", "json", "grammar", "prompt"],
    async send(request, { key, sample = 0 }): Promise<Exchange> {
      const answer =
        (key === undefined ? undefined : byKey.get(key)) ??
        byContent.get(contentOf(request, sample)) ??
        byContent.get(contentOf(request, undefined));
      if (answer) return { answer };
      const asked = request.kind === "chat" ? (request.messages.at(-1)?.content ?? "") : request.input;
      return {
        failure: {
          kind: "bad-request",
          status: null,
          message: `Not recorded in ${options.file}${key === undefined ? "" : ` (call ${key})`}: ${asked.replace(/\s+/g, " ").slice(0, 120)}`,
          retryAfterMs: null,
        },
      };
    },
    close: async () => {},
  };
}

interface Entry {
  readonly key?: string | undefined;
  readonly sample?: number | undefined;
  readonly request?: ModelRequest | undefined;
  readonly answer: ModelAnswer;
}

function readLine(text: string, where: { readonly line: number; readonly file: string; readonly name: string }): Entry {
  const wrong = (what: string): InvalidData =>
    new InvalidData("bad-recording", `${where.file}, line ${where.line}: ${what}.`, {
      advice:
        'A line is {"request": {"kind": "chat", "messages": […]}, "answer": {"text": "…"}}; "key" may stand for "request".',
    });
  let entry: { [name: string]: unknown };
  try {
    entry = JSON.parse(text);
  } catch (cause) {
    throw wrong(`this is no JSON (${(cause as Error).message})`);
  }
  const { key, sample, request, answer } = (entry ?? {}) as {
    key?: unknown;
    sample?: unknown;
    request?: ModelRequest;
    answer?: Partial<ModelAnswer>;
  };
  if (typeof answer?.text !== "string" && !Array.isArray(answer?.vector)) throw wrong("it has no answer with a text");
  if (key !== undefined && typeof key !== "string") throw wrong("its key is no text");
  if (sample !== undefined && !Number.isSafeInteger(sample)) throw wrong("its sample is no whole number");
  const isAsked = request?.kind === "chat" ? Array.isArray(request.messages) : typeof request?.input === "string";
  if (key === undefined && !isAsked) throw wrong("it has neither a key nor a request");
  return {
    key,
    sample: sample as number | undefined,
    request: isAsked ? request : undefined,
    answer: { text: "", finish: "stop", usage: null, charged: null, model: where.name, ...answer },
  };
}

function contentOf(request: ModelRequest, sample: number | undefined): string {
  const asked =
    request.kind === "chat"
      ? [...request.messages.map(({ role, content }) => [role, content]), request.output?.name ?? null]
      : [request.input];
  return JSON.stringify([sample ?? null, ...asked]);
}

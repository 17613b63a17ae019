import { basename, join } from "node:path";
import { Cancelled, InvalidData, throwIfCancelled, Unsupported } from "../../errors.ts";
import type { ChatRequest, Exchange, Failure, Json, Message, Model, ModelAnswer } from "../model.ts";
import { knownModel } from "./known-models.ts";
import { localFile } from "./local-file.ts";
import {
  type ChatItem,
  type ChatWrapper,
  installCommand,
  type Llama,
  type LlamaCompletion,
  type LlamaModel,
  type LlamaSequence,
  type LocalRuntime,
  loadRuntime,
} from "./local-runtime.ts";
import { type PromptMemory, promptMemory } from "./prompt-memory.ts";

/** A language model in this process, under llama.cpp: no key, no server. One request at a time, on one thread beside Node's own, so that the event loop
 * stays free; the same request with the same seed has the same answer on the same machine.
 *
 * Nothing is loaded before the first request: a run whose answers are all recorded needs neither file nor runtime. Then `send` rejects with {@link Unsupported}
 * where the runtime is missing, {@link InvalidArgument} where the file is, {@link NotTrusted} where its hash is wrong.
 * @param name a known model, or the path of a GGUF file
 * @param cache the user's cache folder of this product
 * @param folder the working folder */
export function localModel(
  name: string,
  { cache, folder }: { readonly cache: string; readonly folder: string },
): Model {
  let engine: Promise<Engine> | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  const shown = knownModel(name)?.name ?? basename(name);
  return {
    provider: "local",
    name: knownModel(name)?.name ?? name,
    endpoint: "local",
    modes: ["grammar", "prompt"],
    mostConcurrent: 1,
    async send(request, { signal, timeoutMs }) {
      throwIfCancelled(signal);
      if (request.kind === "embedding")
        return failed({
          kind: "bad-request",
          message: "The embedded model makes no embeddings; use another provider for them.",
        });
      const result = turn.then(async () => {
        throwIfCancelled(signal);
        engine ??= startEngine(name, { cache, folder });
        return answerFrom(await engine, { request, signal, timeoutMs, shown });
      });
      turn = result.catch(() => undefined);
      return result;
    },
    async close() {
      await turn;
      const started = await engine?.catch(() => undefined);
      engine = undefined;
      await started?.llama.dispose();
    },
  };
}

interface Engine {
  readonly llama: Llama;
  readonly model: LlamaModel;
  readonly sequence: LlamaSequence;
  readonly chat: ChatWrapper;
  readonly completion: LlamaCompletion;
  readonly memory: PromptMemory;
  readonly contextTokens: number;
  /** By the JSON of their schema. */
  readonly grammars: Map<string, Promise<object>>;
  /** What the runtime complained of last. */
  readonly complaints: string[];
}

/** Tokens of prompt and answer together; more would cost memory (about 23 kB each) that a small model has no use for. */
const MOST_CONTEXT = 4096;

async function startEngine(
  name: string,
  { cache, folder }: { readonly cache: string; readonly folder: string },
): Promise<Engine> {
  const runtime = await loadRuntime({ folders: [folder, join(cache, "runtime")] });
  const modelPath = await localFile(name, { cache, folder });
  const complaints: string[] = [];
  const llama = await startLlama(runtime, complaints);
  const model = await llama.loadModel({ modelPath, gpuLayers: 0 }).catch((cause: Error) => {
    throw new InvalidData("bad-model", `llama.cpp cannot load the model file ${modelPath}: ${cause.message}`, {
      advice: "Use a GGUF file of a chat model that this version of llama.cpp knows.",
      cause,
    });
  });
  const contextTokens = Math.min(model.trainContextSize, MOST_CONTEXT);
  const context = await model.createContext({ contextSize: contextTokens, threads: 1, sequences: 1 });
  const sequence = context.getSequence();
  const { chatWrapper } = new runtime.LlamaChat({ contextSequence: sequence });
  const completion = new runtime.LlamaCompletion({ contextSequence: sequence });
  const memory = promptMemory(sequence, (messages) => tokensOf({ chat: chatWrapper, model }, messages).prompt);
  return {
    llama,
    model,
    sequence,
    chat: chatWrapper,
    completion,
    memory,
    contextTokens,
    grammars: new Map(),
    complaints,
  };
}

async function startLlama(runtime: LocalRuntime, complaints: string[]): Promise<Llama> {
  const quiet = { build: "never", skipDownload: true, progressLogs: false, logLevel: "error" } as const;
  const logger = (_: string, message: string): void => {
    complaints.splice(0, complaints.length > 4 ? 1 : 0, message);
  };
  try {
    return await runtime.getLlama({ ...quiet, gpu: false, maxThreads: 1, logger });
  } catch (cause) {
    throw new Unsupported("bad-runtime", `node-llama-cpp has no binary that runs here: ${(cause as Error).message}`, {
      advice: `Install the one for this machine: ${installCommand()}`,
      cause,
    });
  }
}

/** Where a recipe does not say. A small model repeats itself when it always takes the likeliest word. */
const DEFAULTS = { temperature: 0.4, topP: 0.9, maxTokens: 512, seed: 0 };

async function answerFrom(
  engine: Engine,
  options: {
    readonly request: ChatRequest;
    readonly signal: AbortSignal;
    readonly timeoutMs: number;
    readonly shown: string;
  },
): Promise<Exchange> {
  const { request, signal, timeoutMs, shown } = options;
  const { output } = request;
  const { temperature, topP, maxTokens, seed } = { ...DEFAULTS, ...defined(request.parameters) };
  const { prompt, stopTriggers } = tokensOf(engine, request.messages);
  const room = engine.contextTokens - prompt.length;
  if (room < 1)
    return failed({
      kind: "context",
      message: `The prompt has ${prompt.length} tokens; the embedded model takes ${engine.contextTokens} with its answer.`,
    });
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const grammar = output?.mode === "grammar" ? await grammarFor(engine, output.schema) : undefined;
    await engine.memory.startWith(request.messages, { prompt, signal: AbortSignal.any([signal, timeout]) });
    const before = engine.sequence.tokenMeter.usedOutputTokens;
    const { response, metadata } = await engine.completion.generateCompletionWithMeta(prompt, {
      maxTokens: Math.min(maxTokens, room),
      temperature,
      topP,
      seed,
      signal: AbortSignal.any([signal, timeout]),
      customStopTriggers: [...stopTriggers, ...(request.parameters.stop ?? [])],
      disableContextShift: true,
      ...(grammar && { grammar }),
      ...extras(request.parameters.extra),
    });
    const answer: ModelAnswer = {
      text: response,
      finish: metadata.stopReason === "maxTokens" ? "length" : metadata.stopReason === "abort" ? "other" : "stop",
      usage: { promptTokens: prompt.length, completionTokens: engine.sequence.tokenMeter.usedOutputTokens - before },
      charged: 0,
      model: shown,
    };
    return { answer };
  } catch (error) {
    if (signal.aborted) throw new Cancelled();
    if (timeout.aborted)
      return failed({ kind: "timeout", message: `The embedded model did not finish within ${timeoutMs / 1000} s.` });
    const complaint = engine.complaints.length > 0 ? ` (${engine.complaints.join(" · ")})` : "";
    return failed({ kind: "server", message: `The embedded model failed: ${(error as Error).message}${complaint}` });
  }
}

function failed({ kind, message }: Pick<Failure, "kind" | "message">): Exchange {
  return { failure: { kind, status: null, message: message.slice(0, 300), retryAfterMs: null } };
}

/** A prompt in the model's own chat template. */
function tokensOf(
  { chat, model }: Pick<Engine, "chat" | "model">,
  messages: readonly Message[],
): { readonly prompt: readonly number[]; readonly stopTriggers: readonly unknown[] } {
  const { contextText, stopGenerationTriggers } = chat.generateContextState({ chatHistory: history(messages) });
  const prompt = withoutDoubleStart(contextText.tokenize(model.tokenizer), model.tokens.bos);
  return { prompt, stopTriggers: stopGenerationTriggers };
}

/** The last item is the answer that is to be written. */
function history(messages: readonly Message[]): readonly ChatItem[] {
  const items = messages.map(
    ({ role, content }): ChatItem =>
      role === "assistant" ? { type: "model", response: [content] } : { type: role, text: content },
  );
  return [...items, { type: "model", response: [] }];
}

/** Some templates write the token that starts a text although the tokeniser does so too. */
function withoutDoubleStart(tokens: readonly number[], start: number | null): readonly number[] {
  return start !== null && tokens[0] === start && tokens[1] === start ? tokens.slice(1) : tokens;
}

function grammarFor(engine: Engine, schema: Json): Promise<object> {
  const text = JSON.stringify(schema);
  const known = engine.grammars.get(text);
  if (known) return known;
  const made = engine.llama.createGrammarForJsonSchema(schema);
  engine.grammars.set(text, made);
  return made;
}

/** Parameters of this runtime alone. */
function extras(extra: Readonly<Record<string, Json>> = {}): {
  readonly topK?: number;
  readonly minP?: number;
  readonly repeatPenalty?: false | { readonly penalty: number };
} {
  const { topK, minP, repeatPenalty } = extra;
  return {
    ...(typeof topK === "number" && { topK }),
    ...(typeof minP === "number" && { minP }),
    ...(typeof repeatPenalty === "number" && {
      repeatPenalty: repeatPenalty === 1 ? false : { penalty: repeatPenalty },
    }),
  };
}

function defined<T extends object>(given: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as never;
}

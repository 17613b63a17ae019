/** What the engine knows of a language model: the contract of every adapter in `providers/`. Plain data in, plain data out; an adapter never retries,
 * never waits for its turn, and never throws for what a server did. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A JSON Schema (draft 2020-12, the part that structured-output modes accept). */
export type JsonSchema = { readonly [key: string]: Json };

export interface Message {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/** How an answer is drawn. Absent: the provider's own default. */
export interface ModelParameters {
  readonly temperature?: number | undefined;
  readonly topP?: number | undefined;
  /** Tokens of an answer, at most. */
  readonly maxTokens?: number | undefined;
  readonly stop?: readonly string[] | undefined;
  /** Sent where the provider knows one; it makes no promise. */
  readonly seed?: number | undefined;
  /** Anything else the provider's own API takes, sent as it is. */
  readonly extra?: { readonly [key: string]: Json } | undefined;
}

/** The rungs of the ladder by which a structured answer is asked for, best first. "prompt": by words alone. */
export type OutputMode = "json-schema" | "tool" | "json" | "grammar" | "prompt";

export interface ChatRequest {
  readonly kind: "chat";
  readonly messages: readonly Message[];
  readonly parameters: ModelParameters;
  /** The structured answer that is asked for; absent: free text. */
  readonly output?:
    | {
        readonly name: string;
        /** In the form that the provider's mode takes: see `structured/fit-schema.ts`. */
        readonly schema: JsonSchema;
        /** The provider can be told to hold to it strictly. */
        readonly strict?: boolean | undefined;
        readonly mode: OutputMode;
      }
    | undefined;
}

export interface EmbeddingRequest {
  readonly kind: "embedding";
  readonly input: string;
  readonly dimensions?: number | undefined;
}

export type ModelRequest = ChatRequest | EmbeddingRequest;

/** Tokens, as the provider counts them. */
export interface Usage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Those of the prompt that were read from the provider's cache; they may cost less. */
  readonly cachedTokens?: number | undefined;
}

export interface ModelAnswer {
  /** The text, or the arguments of the tool call that was asked for. Empty for an embedding. */
  readonly text: string;
  readonly vector?: readonly number[] | undefined;
  /** Why it ended: by itself, at the token limit, stopped by a content filter, or for another reason. */
  readonly finish: "stop" | "length" | "filter" | "other";
  /** Null: the provider did not say. */
  readonly usage: Usage | null;
  /** US dollars, where the provider itself says what it charged. */
  readonly charged: number | null;
  /** The model that answered, as the provider names it. */
  readonly model: string;
}

/** Why there is no answer.
 * - rate-limited, overloaded: ask later (429, 503, 529), the lane slows down;
 * - server, network, timeout, garbled (a body that is torn, no JSON, a page of HTML, or endless): ask again;
 * - bad-request, context (too long for the model): this request never will be answered, others may;
 * - bad-key, no-model: no request to this model will be answered until somebody mends the configuration. */
export type FailureKind =
  | "rate-limited"
  | "overloaded"
  | "server"
  | "network"
  | "timeout"
  | "garbled"
  | "bad-request"
  | "context"
  | "bad-key"
  | "no-model";

export interface Failure {
  readonly kind: FailureKind;
  /** Null: no response came. */
  readonly status: number | null;
  /** What the server said, at most 300 characters, without control characters and without any key. */
  readonly message: string;
  /** When the server asks to be left alone for so long, milliseconds. */
  readonly retryAfterMs: number | null;
  /** Tokens that the server says it counted though there is no answer. */
  readonly usage?: Usage | undefined;
  /** The request surely never reached the server (no connection, no such host): nothing can have been charged. */
  readonly unsent?: boolean | undefined;
}

/** What the headers say of the limits of a key; absent where they do not. */
export interface RateLimits {
  readonly requests?: { readonly limit: number; readonly remaining: number; readonly resetMs: number } | undefined;
  readonly tokens?: { readonly limit: number; readonly remaining: number; readonly resetMs: number } | undefined;
}

export type Exchange = (
  | { readonly answer: ModelAnswer; readonly failure?: undefined }
  | { readonly failure: Failure; readonly answer?: undefined }
) & { readonly limits?: RateLimits | undefined };

export interface SendOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** Of the call that asks: a replay finds its answer by it, and draws of one request get seeds of their own. Default sample 0. */
  readonly key?: string | undefined;
  readonly sample?: number | undefined;
}

/** One model at one endpoint. */
export interface Model {
  /** "openai", "anthropic", "gemini", "local" or "replay". */
  readonly provider: string;
  /** As the provider calls it. */
  readonly name: string;
  /** Where requests go, without key, user or password: part of a call's key and of the report. Local and replay: a word. */
  readonly endpoint: string;
  /** Rungs it may be asked on, best first; "prompt" is always the last. */
  readonly modes: readonly OutputMode[];
  /** Requests at a time that make sense at most, whatever the configuration says (local: 1). */
  readonly mostConcurrent?: number | undefined;
  /** Sends one request. Never rejects but with what is the caller's own fault, or once `signal` has fired. */
  send(request: ModelRequest, options: SendOptions): Promise<Exchange>;
  close(): Promise<void>;
}

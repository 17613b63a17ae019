import type { HttpHeaders } from "../http.ts";
import type { FailureKind, ModelAnswer, ModelRequest, OutputMode, RateLimits } from "../model.ts";
import type { BatchApi } from "./batch-api.ts";

/** How one provider's API writes a request and reads an answer: pure functions over JSON, no network. */
export interface ProviderApi {
  readonly provider: "openai" | "anthropic" | "gemini";
  /** Rungs of the ladder that it knows, best first. */
  readonly modes: readonly OutputMode[];
  /** @param key null: a server that asks for none */
  headers(key: string | null): Readonly<Record<string, string>>;
  /** @param sample draws of one request get seeds of their own
   * @returns where it goes below the base URL, and what is sent; or why this API has no such request */
  write(request: ModelRequest, options: { readonly sample: number }): WrittenRequest | Unwritable;
  /** @returns the answer; or, as `problem`, what is wrong with it */
  read(body: unknown, request: ModelRequest): ReadAnswer;
  /** What a status that is not 2xx means. `filtered`: the request was stopped by a content filter, which is an answer and no failure. */
  explain(status: number, body: unknown): ApiError;
  limits(headers: HttpHeaders): RateLimits | undefined;
  readonly batch: BatchApi;
}

export interface WrittenRequest {
  readonly path: string;
  readonly body: { readonly [key: string]: unknown };
}

export interface Unwritable {
  readonly problem: string;
}

export type ReadAnswer =
  | { readonly answer: ModelAnswer; readonly error?: undefined; readonly problem?: undefined }
  /** A failure in the body of a good status. */
  | { readonly error: ApiError; readonly answer?: undefined; readonly problem?: undefined }
  | { readonly problem: string; readonly answer?: undefined; readonly error?: undefined };

export interface ApiError {
  readonly kind: FailureKind | "filtered";
  readonly message: string;
  /** Said in the body instead of a header; milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

/** A field of an unknown value; undefined where there is none. */
export function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

/** The same, where it is a text. */
export function textField(value: unknown, name: string): string | undefined {
  const found = field(value, name);
  return typeof found === "string" ? found : undefined;
}

/** The same, where it is a number. */
export function numberField(value: unknown, name: string): number | undefined {
  const found = field(value, name);
  return typeof found === "number" && Number.isFinite(found) ? found : undefined;
}

/** The same, where it is a list; else an empty one. */
export function listField(value: unknown, name: string): readonly unknown[] {
  const found = field(value, name);
  return Array.isArray(found) ? found : [];
}

import type { Failure, ModelAnswer, ModelRequest, Usage } from "./model.ts";

/** A call of a cell. */
export interface Call {
  /** The recipe's own name for the model. */
  readonly model: string;
  readonly request: ModelRequest;
  /** Which draw of the same request: two calls that are alike in everything else have different answers. */
  readonly sample: number;
  /** Who asks: the column that pays. Not part of the key. */
  readonly column: string;
  /** Smaller is served first: the row's number. Not part of the key. */
  readonly priority: number;
  /** Asked when its turn in the lane has come, before anything is sent: false, and the call ends with `Cancelled`, for nothing. Not part of the key. */
  readonly isWanted?: (() => boolean) | undefined;
}

/** What a call cost and where its answer is kept. */
export interface CallRecord {
  /** SHA-256 over provider, endpoint, model, messages, parameters, output schema, sample and recipe version; the first 32 hex digits. */
  readonly key: string;
  readonly model: string;
  readonly column: string;
  readonly usage: Usage | null;
  /** US dollars; null: the price of the model, or the number of tokens, is not known. */
  readonly price: number | null;
  /** The answer stood in the journal, or another cell's equal call was under way already: this call paid nothing. */
  readonly replayed: boolean;
  /** From the first time it was sent to the answer, waiting between retries included; milliseconds. Null: replayed from a time before. */
  readonly milliseconds: number | null;
}

export type CallResult =
  | { readonly answer: ModelAnswer; readonly record: CallRecord; readonly failure?: undefined }
  | { readonly failure: CallFailure; readonly record?: CallRecord | undefined; readonly answer?: undefined };

/** Why a call ended without an answer: what the last exchange said after all retries, or what stopped it before. */
export type CallFailure =
  | (Failure & { readonly tries: number })
  /** A limit of the budget would be passed; nothing was sent. */
  | { readonly kind: "budget"; readonly message: string }
  /** The run asks nothing (offline) and the journal has no answer. */
  | { readonly kind: "not-recorded"; readonly message: string };

/** Asks models on behalf of cells: the answer of the journal where there is one, else a request that waits for its turn in its lane, is retried, and is
 * durable in the journal before it is returned.
 *
 * Never rejects for what a server did; rejects with `Cancelled` once the signal has fired or the call is no longer wanted, and with `ResourceError` when the journal cannot be written. */
export interface Caller {
  call(call: Call): Promise<CallResult>;
}

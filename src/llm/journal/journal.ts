import type { FailureKind, ModelAnswer, Usage } from "../model.ts";

/** A call's name in the journal: 128 bits in 32 lower-case hexadecimal digits, see `call-key.ts`. */
export type CallKey = string;

/** A request that is about to be sent: in the hands of the operating system before the first byte of it leaves. */
export interface Intent {
  readonly key: CallKey;
  /** The recipe's own name for the model. */
  readonly model: string;
  readonly column: string;
  /** 1, 2, …: how often this call was sent, by this process. */
  readonly attempt: number;
  /** What it may come to: an estimate upwards of its prompt, and the most its answer may have. */
  readonly most: Most;
}

/** The worst case of a request. */
export interface Most {
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** US dollars; null: no price is known. */
  readonly price: number | null;
}

/** An answer, and what was paid for it. */
export interface Result {
  readonly key: CallKey;
  readonly model: string;
  readonly column: string;
  /** Number of the intent it answers, as {@link Journal.intent} gave it. */
  readonly intent: number;
  readonly answer: ModelAnswer;
  /** US dollars, at the price of the day; null: not known. */
  readonly price: number | null;
  /** From the first time the call was sent; waiting between tries included. */
  readonly milliseconds: number;
  readonly tries: number;
}

/** A request that brought no answer. */
export interface RequestFailure {
  readonly key: CallKey;
  readonly model: string;
  readonly column: string;
  readonly intent: number;
  /** "cancelled": we left before the answer was there. */
  readonly kind: FailureKind | "cancelled";
  readonly status: number | null;
  readonly message: string;
  /** Tokens that were surely paid for nothing; null: none, or not known. */
  readonly usage: Usage | null;
  /** US dollars of `usage`; null: not known. */
  readonly price: number | null;
  /** The server may have charged for it and did not say. */
  readonly mayBePaid: boolean;
  readonly milliseconds: number;
}

export type JournalRecord =
  | (Intent & { readonly type: "intent"; readonly number: number })
  | (Result & { readonly type: "result" })
  | (RequestFailure & { readonly type: "failure" });

/** Everything that was ever asked and paid through one journal, by the recipe's name of the model. */
export interface JournalTotals {
  /** Requests that were sent, or were about to be when the process died. */
  readonly requests: number;
  readonly answers: number;
  readonly failures: number;
  /** Failures whose cost the server told. */
  readonly wasted: number;
  /** Of answers, and of failures whose cost the server told. */
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedTokens: number;
  /** Answers whose number of tokens the provider did not say. */
  readonly uncounted: number;
  /** US dollars of what has a price, each at the price of its day. */
  readonly price: number;
  /** Answers without a price. */
  readonly unpriced: number;
  /** Requests whose end nobody knows: in flight now, or when a process died, or given up before the server answered. They came to at most so much. */
  readonly unknown: {
    readonly calls: number;
    readonly mostTokens: number;
    /** Null: one of them has no known price. */
    readonly mostPrice: number | null;
  };
}

/** What a journal holds. */
export interface JournalView {
  /** Distinct answers that can be found. */
  readonly answers: number;
  /** What opening found amiss, and damage seen since; one sentence each. */
  readonly notices: readonly string[];
  totals(): ReadonlyMap<string, JournalTotals>;
  /** The answer of a key that is durable; the first where there are several. Damage on the disk is noticed: such an answer is not given. */
  find(key: CallKey): Result | undefined;
  close(): Promise<void>;
}

/** Where answers are kept before they count: append-only files of checksummed frames in a folder of one process at a time.
 *
 * A kill of the process loses no answer that was handed to `result`; a power cut loses those whose promise had not resolved. When the disk fills,
 * `intent` throws while answers to what was sent before still find room. After any other failure to write, every method that writes throws the
 * same `ResourceError`; what was durable stays. */
export interface Journal extends JournalView {
  /** @returns its number
   * @throws {ResourceError} it cannot be written: do not send the request */
  intent(intent: Intent): number;
  /** Resolves once the answer is on the disk.
   * @throws {ResourceError} */
  result(result: Result): Promise<void>;
  /** Written at once, on the disk with the next group.
   * @throws {ResourceError} */
  failure(failure: RequestFailure): void;
  /** Resolves while few bytes wait for the disk: await it before making more of them. */
  ready(): Promise<void>;
  /** Everything to the disk, files closed, lock given back. */
  close(): Promise<void>;
}

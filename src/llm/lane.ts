import type { Timer } from "./event-loop-timer.ts";
import type { Failure, FailureKind, RateLimits } from "./model.ts";

/** Where requests to one model wait for their turn. It finds out how many requests at a time, and how many a minute, the server bears. */
export interface Lane {
  /** Waits until a request may be sent.
   * @param priority smaller goes first; equal ones in the order in which they came
   * @returns a ticket, which must be given back by `done` once and only once; or why no request to this model is sent any more (its key was refused, its
   * name is not known)
   * @throws {Cancelled} the signal fired before there was a ticket */
  admit(priority: number, options: AdmitOptions): Promise<Admission>;
  /** The latency below which this share of the answers so far lies, milliseconds; null: fewer than 20 answers. For hedging. */
  latencyQuantile(share: number): number | null;
  summary(): LaneSummary;
}

export interface AdmitOptions {
  readonly signal: AbortSignal;
  /** What the request will use, prompt and answer, estimated: counts against a limit of tokens per minute until `done` tells. */
  readonly tokens?: number | undefined;
  /** It is not sent before so many milliseconds have passed: the back-off of this one request. A request that was refused for being too many needs none the
   * first time: the lane itself slows down. */
  readonly delayMs?: number | undefined;
}

export type Admission =
  | { readonly ticket: Ticket; readonly failure?: undefined }
  | { readonly failure: Failure; readonly ticket?: undefined };

export interface Ticket {
  /** The endpoint answers nobody at present, and this request finds out whether it does again: a failure is the endpoint's, not one of the request's tries. */
  readonly isProbe: boolean;
  /** Gives the permit back and tells what became of the request. A second call does nothing. */
  done(outcome: TicketOutcome): void;
}

export interface TicketOutcome {
  readonly kind: "answered" | FailureKind | "cancelled";
  /** From sending to the end of the exchange. */
  readonly latencyMs: number;
  readonly retryAfterMs?: number | null | undefined;
  readonly limits?: RateLimits | undefined;
  /** Tokens it used, prompt and answer; absent: the estimate stands. */
  readonly tokens?: number | undefined;
  /** What the failure said, for the message with which a stopped lane hands back who waits. */
  readonly message?: string | undefined;
  readonly status?: number | null | undefined;
}

/** What admission saw of one model. */
export interface LaneSummary {
  readonly model: string;
  /** Requests sent, answered, and refused for being too many. */
  readonly sent: number;
  readonly answered: number;
  readonly rateLimited: number;
  /** Failures by kind, retried ones included. */
  readonly failures: Readonly<Record<string, number>>;
  readonly mostInFlight: number;
  /** Milliseconds from sending to answer: quantiles .05, .5, .95, .99 and the largest. */
  readonly latencyMs: readonly [number, number, number, number, number] | null;
  /** Seconds in which the lane sent nothing because the server asked for it or did not answer. */
  readonly pausedSeconds: number;
}

export interface LaneOptions {
  /** The recipe's own name for the model. */
  readonly model: string;
  /** Requests at a time, at most. */
  readonly mostInFlight: number;
  /** Start with a few requests and grow; default: start with `mostInFlight`, which is what somebody asked for. */
  readonly slowStart?: boolean | undefined;
  readonly requestsPerMinute?: number | undefined;
  readonly tokensPerMinute?: number | undefined;
  /** Monotonic; only differences mean anything. */
  readonly clock: { milliseconds(): number };
  /** Default: the event loop's own. */
  readonly timer?: Timer | undefined;
  readonly events?: { notice?(text: string): void } | undefined;
}

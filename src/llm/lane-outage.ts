import type { TicketOutcome } from "./lane.ts";

/** Whether an endpoint is dead: nobody answers, whatever is asked. */
export interface Outage {
  /** Since when; null: it is alive. */
  readonly since: number | null;
  /** When the next single request may be sent to find out. */
  readonly probeAt: number;
  /** A request came to an end.
   * @returns that it is dead for certain now, or alive again */
  outcome(
    kind: TicketOutcome["kind"],
    options: { readonly priority: number; readonly sentAt: number; readonly now: number },
  ): "began" | "ended" | undefined;
}

/** Before the first request that finds out, and after each that failed: doubled every time. */
const SUSPICION_MS = 250;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
/** A failure of the network counts twice: five of them in a row, or ten answers that are none. */
const LIMIT = 10;
/** One request that always fails, alone at the end of a run, is not a dead endpoint. */
const DIFFERENT_REQUESTS = 3;

/** A row of failures is a suspicion: nothing more is sent for a quarter of a second, and then one request. Only where that fails too the endpoint is dead: many
 * connections may be reset at one moment, and this process may have been too busy to read what came. */
export function createOutage(): Outage {
  let weight = 0;
  const seen = new Set<number>();
  let failingFrom = 0;
  let since: number | null = null;
  let isCertain = false;
  let probeAt = 0;
  let pauseMs = SUSPICION_MS;

  function failed(
    kind: TicketOutcome["kind"],
    { priority, sentAt, now }: { priority: number; sentAt: number; now: number },
  ) {
    if (since !== null) {
      // Requests that were sent before may fail now; only the one that finds out says something new.
      if (sentAt <= since) return undefined;
      pauseMs = pauseMs === SUSPICION_MS ? FIRST_PAUSE_MS : Math.min(LONGEST_PAUSE_MS, 2 * pauseMs);
      probeAt = now + pauseMs;
      if (isCertain) return undefined;
      isCertain = true;
      return "began";
    }
    if (weight === 0) failingFrom = now;
    weight += kind === "network" ? 2 : 1;
    if (seen.size < DIFFERENT_REQUESTS) seen.add(priority);
    if (weight >= LIMIT && seen.size === DIFFERENT_REQUESTS) {
      since = now;
      isCertain = false;
      pauseMs = SUSPICION_MS;
      probeAt = now + pauseMs;
    }
    return undefined;
  }

  function succeeded({ sentAt }: { sentAt: number }) {
    // What was sent before anything failed says little about now.
    if (sentAt < failingFrom) {
      if (since === null) weight = Math.max(0, weight - 0.5);
      return undefined;
    }
    weight = 0;
    if (seen.size > 0) seen.clear();
    const wasCertain = since !== null && isCertain;
    since = null;
    return wasCertain ? "ended" : undefined;
  }

  return {
    get since() {
      return since;
    },
    get probeAt() {
      return probeAt;
    },
    outcome(kind, at) {
      switch (kind) {
        case "cancelled":
          return undefined;
        case "network":
        case "server":
        case "timeout":
        case "garbled":
          return failed(kind, at);
        default:
          return succeeded(at);
      }
    },
  };
}

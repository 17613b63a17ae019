import type { TicketOutcome } from "./lane.ts";

/** Whether an endpoint is dead: nobody answers, whatever is asked. */
export interface Outage {
  /** Since when; null: it is alive. */
  readonly since: number | null;
  /** When the next single request may be sent to find out. */
  readonly probeAt: number;
  /** A request came to an end. @returns what changed */
  outcome(
    kind: TicketOutcome["kind"],
    options: { readonly priority: number; readonly sentAt: number; readonly now: number },
  ): "began" | "ended" | undefined;
}

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
/** A failure of the network counts twice: five of them, or ten answers that are none. */
const LIMIT = 10;
/** One request that always fails, alone at the end of a run, is not a dead endpoint. */
const DIFFERENT_REQUESTS = 3;

export function createOutage(): Outage {
  let weight = 0;
  const seen = new Set<number>();
  let failingFrom = 0;
  let since: number | null = null;
  let probeAt = 0;
  let pauseMs = FIRST_PAUSE_MS;

  return {
    get since() {
      return since;
    },
    get probeAt() {
      return probeAt;
    },
    outcome(kind, { priority, sentAt, now }) {
      switch (kind) {
        case "cancelled":
          return undefined;
        case "network":
        case "server":
        case "timeout":
        case "garbled": {
          if (weight === 0) failingFrom = now;
          weight += kind === "network" ? 2 : 1;
          if (seen.size < DIFFERENT_REQUESTS) seen.add(priority);
          if (since !== null) {
            // Requests that were sent before the pause may fail during it.
            if (now < probeAt) return undefined;
            pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * pauseMs);
            probeAt = now + pauseMs;
            return undefined;
          }
          if (weight < LIMIT || seen.size < DIFFERENT_REQUESTS) return undefined;
          since = now;
          pauseMs = FIRST_PAUSE_MS;
          probeAt = now + pauseMs;
          return "began";
        }
        default: {
          // What was sent before anything failed says little about now.
          if (sentAt < failingFrom) {
            weight = Math.max(0, weight - 0.5);
            return undefined;
          }
          weight = 0;
          if (seen.size > 0) seen.clear();
          if (since === null) return undefined;
          since = null;
          return "ended";
        }
      }
    },
  };
}

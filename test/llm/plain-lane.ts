import { Cancelled } from "../../src/errors.ts";
import type { Lane, Ticket, TicketOutcome } from "../../src/llm/lane.ts";
import { onAbort } from "../../src/llm/on-abort.ts";

/** A lane of a fixed number of places, first come, first served; it counts what it is told. */
export interface PlainLane extends Lane {
  readonly outcomes: readonly TicketOutcome[];
  readonly out: number;
  readonly delays: readonly number[];
}

export function plainLane({ places = 64, quantile = null as number | null } = {}): PlainLane {
  const outcomes: TicketOutcome[] = [];
  const delays: number[] = [];
  const waiting: (() => void)[] = [];
  let out = 0;
  const ticket = (): Ticket => {
    out++;
    let isDone = false;
    return {
      isProbe: false,
      done(outcome) {
        if (isDone) return;
        isDone = true;
        outcomes.push(outcome);
        out--;
        waiting.shift()?.();
      },
    };
  };
  return {
    outcomes,
    delays,
    get out() {
      return out;
    },
    async admit(_priority, { signal, delayMs = 0 }) {
      delays.push(delayMs);
      if (delayMs > 0) await new Promise((done) => setTimeout(done, Math.min(delayMs, 5)));
      if (signal.aborted) throw new Cancelled();
      if (out < places) return { ticket: ticket() };
      await new Promise<void>((done, failed) => {
        waiting.push(done);
        onAbort(signal, () => failed(new Cancelled()));
      });
      return { ticket: ticket() };
    },
    latencyQuantile: () => quantile,
    summary: () => {
      throw new Error("not asked for");
    },
  };
}

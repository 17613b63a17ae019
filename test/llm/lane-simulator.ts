import { createLane } from "../../src/llm/create-lane.ts";
import type { Lane, LaneOptions, TicketOutcome } from "../../src/llm/lane.ts";

/** A world in which time passes only when everything that is due has been done. */
export interface World {
  readonly clock: { milliseconds(): number };
  at(milliseconds: number, callback: () => void): () => void;
  /** Runs until nothing is due any more. */
  run(): Promise<void>;
}

export function createWorld(): World {
  let now = 0;
  let order = 0;
  const due: { at: number; order: number; callback: (() => void) | null }[] = [];
  const isBefore = (a: number, b: number): boolean => {
    const [x, y] = [due[a] as (typeof due)[0], due[b] as (typeof due)[0]];
    return x.at === y.at ? x.order < y.order : x.at < y.at;
  };
  const swap = (a: number, b: number): void => {
    [due[a], due[b]] = [due[b] as (typeof due)[0], due[a] as (typeof due)[0]];
  };
  return {
    clock: { milliseconds: () => now },
    at(milliseconds, callback) {
      const event = { at: Math.max(now, milliseconds), order: order++, callback: callback as (() => void) | null };
      let i = due.push(event) - 1;
      for (let up = (i - 1) >> 1; i > 0 && isBefore(i, up); up = (i - 1) >> 1) {
        swap(i, up);
        i = up;
      }
      return () => {
        event.callback = null;
      };
    },
    async run() {
      for (;;) {
        // Promises that are settled run before time goes on.
        for (let i = 0; i < 4; i++) await null;
        if (due.length === 0) return;
        swap(0, due.length - 1);
        const event = due.pop() as (typeof due)[0];
        for (let i = 0; ; ) {
          let least = i;
          for (const child of [2 * i + 1, 2 * i + 2]) if (child < due.length && isBefore(child, least)) least = child;
          if (least === i) break;
          swap(i, least);
          i = least;
        }
        if (event.callback === null) continue;
        now = event.at;
        event.callback();
      }
    },
  };
}

/** Answers a request by calling `done` once, later. */
export type SimulatedServer = (
  request: { readonly index: number; readonly now: number },
  done: (outcome: TicketOutcome) => void,
) => void;

export interface SimulationResult {
  readonly seconds: number;
  readonly sent: number;
  readonly answered: number;
  readonly refused: number;
  readonly lane: Lane;
  readonly notices: readonly string[];
  /** Virtual milliseconds at which each request was answered. */
  readonly answeredAt: readonly number[];
  readonly longestWaitMs: number;
}

/** Sends `rows` requests through a lane to a server; each is asked again until it is answered. */
export async function simulate(
  server: (world: World) => SimulatedServer,
  options: {
    readonly rows: number;
    readonly lane: Partial<LaneOptions> & { readonly mostInFlight: number };
    readonly tokens?: number;
  },
): Promise<SimulationResult> {
  const world = createWorld();
  const notices: string[] = [];
  const lane = createLane({
    model: "m",
    clock: world.clock,
    timer: (callback, milliseconds) => world.at(world.clock.milliseconds() + milliseconds, callback),
    events: { notice: (text) => notices.push(text) },
    ...options.lane,
  });
  const serve = server(world);
  const { signal } = new AbortController();
  const answeredAt: number[] = [];
  let longestWaitMs = 0;
  let end = 0;
  const ask = async (index: number): Promise<void> => {
    for (;;) {
      const asked = world.clock.milliseconds();
      const { ticket } = await lane.admit(index, {
        signal,
        ...(options.tokens !== undefined && { tokens: options.tokens }),
      });
      if (!ticket) return;
      const now = world.clock.milliseconds();
      longestWaitMs = Math.max(longestWaitMs, now - asked);
      const outcome = await new Promise<TicketOutcome>((done) => serve({ index, now }, done));
      ticket.done({ ...outcome, latencyMs: world.clock.milliseconds() - now });
      if (outcome.kind !== "answered") continue;
      answeredAt[index] = world.clock.milliseconds();
      end = world.clock.milliseconds();
      return;
    }
  };
  for (let index = 0; index < options.rows; index++) void ask(index);
  await world.run();
  const { sent, answered, rateLimited } = lane.summary();
  return { seconds: end / 1000, sent, answered, refused: rateLimited, lane, notices, answeredAt, longestWaitMs };
}

/** Refuses what is above its capacity, within 5 ms. */
export function cappedServer(options: {
  readonly capacity: (seconds: number) => number;
  readonly latency: (index: number) => number;
  readonly retryAfterMs?: number | null;
}): (world: World) => SimulatedServer {
  return (world) => {
    let inFlight = 0;
    return ({ index, now }, done) => {
      // On the wire for a millisecond or so.
      world.at(now + 1, () => {
        if (inFlight >= options.capacity(world.clock.milliseconds() / 1000)) {
          world.at(world.clock.milliseconds() + 4, () =>
            done({
              kind: "rate-limited",
              latencyMs: 0,
              retryAfterMs: options.retryAfterMs === undefined ? 1000 : options.retryAfterMs,
            }),
          );
          return;
        }
        inFlight++;
        world.at(world.clock.milliseconds() + options.latency(index), () => {
          inFlight--;
          done({ kind: "answered", latencyMs: 0 });
        });
      });
    };
  };
}

/** Serves `slots` at a time and lets the others wait. */
export function queueingServer(options: {
  readonly slots: number;
  readonly latency: (index: number) => number;
}): (world: World) => SimulatedServer {
  return (world) => {
    let busy = 0;
    const waiting: (() => void)[] = [];
    const begin = (index: number, done: (outcome: TicketOutcome) => void): void => {
      busy++;
      world.at(world.clock.milliseconds() + options.latency(index), () => {
        busy--;
        waiting.shift()?.();
        done({ kind: "answered", latencyMs: 0 });
      });
    };
    return ({ index }, done) => {
      if (busy < options.slots) begin(index, done);
      else waiting.push(() => begin(index, done));
    };
  };
}

/** So many requests a minute by a token bucket, as most providers count. */
export function ratedServer(options: {
  readonly perMinute: number;
  readonly burst: number;
  readonly latency: number;
  readonly headers: boolean;
  readonly retryAfterMs: number | null;
}): (world: World) => SimulatedServer {
  return (world) => {
    let level = options.burst;
    let filledAt = 0;
    return ({ now }, done) => {
      level = Math.min(options.burst, level + ((now - filledAt) / 60_000) * options.perMinute);
      filledAt = now;
      const limits = (): object =>
        options.headers
          ? {
              limits: {
                requests: {
                  limit: options.burst,
                  remaining: Math.max(0, Math.floor(level)),
                  resetMs: ((options.burst - level) / options.perMinute) * 60_000,
                },
              },
            }
          : {};
      if (level < 1) {
        const said = limits();
        world.at(now + 5, () =>
          done({ kind: "rate-limited", latencyMs: 0, retryAfterMs: options.retryAfterMs, ...said }),
        );
        return;
      }
      level--;
      const said = limits();
      world.at(now + options.latency, () => done({ kind: "answered", latencyMs: 0, ...said }));
    };
  };
}

/** Log-normal latencies that are a pure function of the number of the request. */
export function lognormal(median: number, sigma: number): (index: number) => number {
  return (index) => {
    const uniform = (salt: number): number => {
      let t = (index * 2654435761 + salt * 40503 + 0x6d2b79f5) | 0;
      t = Math.imul(t ^ (t >>> 15), 1 | t);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return (((t ^ (t >>> 14)) >>> 0) + 0.5) / 2 ** 32;
    };
    return median * Math.exp(sigma * Math.sqrt(-2 * Math.log(uniform(1))) * Math.cos(2 * Math.PI * uniform(2)));
  };
}

import { Cancelled } from "../errors.ts";
import { eventLoopTimer } from "./event-loop-timer.ts";
import type { Admission, AdmitOptions, Lane, LaneOptions, LaneSummary, Ticket, TicketOutcome } from "./lane.ts";
import { type Bucket, createBucket } from "./lane-bucket.ts";
import { createLatencies } from "./lane-latencies.ts";
import { createOutage } from "./lane-outage.ts";
import { createLaneQueue } from "./lane-queue.ts";
import { createSlowdown } from "./lane-slowdown.ts";
import { createWindow, type Passage } from "./lane-window.ts";
import type { Failure } from "./model.ts";
import { onAbort } from "./on-abort.ts";

/** Requests at a time with which a slow start begins. */
const FIRST_IN_FLIGHT = 8;
/** Where a refusal does not say for how long. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 60_000;
const LONGEST_ASKED_MS = 3_600_000;
/** A pause that somebody who watches would wonder about. */
const WORTH_A_WORD_MS = 10_000;
/** An endpoint that never gave an answer is given up after so long. */
const NEVER_ANSWERED_MS = 180_000;

interface Waiter {
  readonly tokens: number;
  readonly priority: number;
  readonly resolve: (admission: Admission) => void;
  isGone: boolean;
  forget: () => void;
}

/** Makes the lane of one model. What decides whether a request may go, each in a file of its own: how many are in flight (`lane-window`, `lane-slowdown`),
 * how many went within the minute (`lane-bucket`), whether the server asked to be left alone, and whether it is there at all (`lane-outage`).
 *
 * Nothing here keeps the process alive longer than a timer that is due; a lane owns no resource. */
export function createLane(options: LaneOptions): Lane {
  const { model, clock, mostInFlight } = options;
  const timer = options.timer ?? eventLoopTimer;
  const notice = options.events?.notice ?? (() => {});
  const queue = createLaneQueue<Waiter>();
  const window = createWindow({
    most: mostInFlight,
    start: options.slowStart ? Math.min(FIRST_IN_FLIGHT, mostInFlight) : mostInFlight,
  });
  const slowdown = createSlowdown();
  const outage = createOutage();
  const latencies = createLatencies();
  const requestBuckets: Bucket[] = [createBucket({ perMinute: null, burst: null })];
  const tokenBuckets: Bucket[] = [createBucket({ perMinute: null, burst: null })];
  if (options.requestsPerMinute !== undefined) requestBuckets.push(configured(options.requestsPerMinute));
  if (options.tokensPerMinute !== undefined) tokenBuckets.push(configured(options.tokensPerMinute));
  /** Where neither headers nor configuration tell the rate, it is learned from what was let through between two refusals. */
  let learned: Bucket | null = null;
  let learnedRate = 0;
  let lastPauseAt: number | null = null;
  let goneSincePause = 0;

  let inFlight = 0;
  let waiting = 0;
  let sent = 0;
  let answered = 0;
  let rateLimited = 0;
  let most = 0;
  const failures: Record<string, number> = {};
  let stopped: Failure | null = null;
  let pausedUntil = Number.NEGATIVE_INFINITY;
  let pausesInARow = 0;
  let isProbing = false;
  let pausedMs = 0;
  let pausedFrom: number | null = null;
  let wakeAt = Number.POSITIVE_INFINITY;
  let cancelWake = (): void => {};
  let lastWords = "";

  function admit(priority: number, { signal, tokens = 0, delayMs = 0 }: AdmitOptions): Promise<Admission> {
    if (signal.aborted) return Promise.reject(new Cancelled());
    if (stopped) return Promise.resolve({ failure: stopped });
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { tokens, priority, resolve, isGone: false, forget: () => {} };
      let cancelDelay = (): void => {};
      let isQueued = false;
      const join = (): void => {
        if (waiter.isGone) return;
        if (stopped) {
          waiter.forget();
          resolve({ failure: stopped });
          return;
        }
        isQueued = true;
        waiting++;
        queue.push(waiter, priority);
        pump();
      };
      waiter.forget = onAbort(signal, () => {
        waiter.isGone = true;
        if (isQueued && --waiting === 0) forgetWake();
        cancelDelay();
        reject(new Cancelled());
      });
      if (delayMs > 0) cancelDelay = timer(join, delayMs);
      else join();
    });
  }

  /** Sends whoever may go, then sees to it that somebody looks again when more may. */
  function pump(): void {
    const now = clock.milliseconds();
    for (;;) {
      if (waiting === 0) {
        forgetWake();
        break;
      }
      const at = nextTurn(now);
      // A timer cannot tell less than a millisecond.
      if (at >= now + 1) {
        wake(at, now);
        break;
      }
      const waiter = queue.pop() as Waiter;
      if (waiter.isGone) continue;
      const wait = bucketWait(waiter.tokens, now);
      if (wait > 0) {
        // The first in the queue waits for its tokens; a smaller one must not starve it.
        queue.push(waiter, Number.NEGATIVE_INFINITY);
        wake(now + wait, now);
        break;
      }
      send(waiter, now);
    }
    countPause(now);
  }

  /** When the next request may go as far as the server's state is concerned; infinite: after an event. */
  function nextTurn(now: number): number {
    if (outage.since !== null) {
      if (isProbing) return Number.POSITIVE_INFINITY;
      return Math.max(outage.probeAt, pausedUntil);
    }
    if (pausedUntil > now) return pausedUntil;
    window.advance(inFlight, now);
    if (inFlight >= Math.min(window.limit, slowdown.limit))
      return window.nextAt > now ? window.nextAt : Number.POSITIVE_INFINITY;
    return window.readyAt;
  }

  function bucketWait(tokens: number, now: number): number {
    let wait = learned?.wait(1, now) ?? 0;
    for (const bucket of requestBuckets) wait = Math.max(wait, bucket.wait(1, now));
    if (tokens > 0) for (const bucket of tokenBuckets) wait = Math.max(wait, bucket.wait(tokens, now));
    return wait;
  }

  function send(waiter: Waiter, now: number): void {
    waiter.forget();
    waiter.isGone = true;
    waiting--;
    inFlight++;
    sent++;
    if (inFlight > most) most = inFlight;
    learned?.take(1, now);
    for (const bucket of requestBuckets) bucket.take(1, now);
    if (waiter.tokens > 0) for (const bucket of tokenBuckets) bucket.take(waiter.tokens, now);
    const isProbe = outage.since !== null;
    if (isProbe) isProbing = true;
    waiter.resolve({ ticket: createTicket(waiter, window.sent(inFlight, now), isProbe) });
  }

  function createTicket({ tokens, priority }: Waiter, passage: Passage, isProbe: boolean): Ticket {
    let isOpen = true;
    return {
      isProbe,
      done(outcome) {
        if (!isOpen) return;
        isOpen = false;
        const now = clock.milliseconds();
        const wasSaturated = waiting > 0 && inFlight >= Math.min(window.limit, slowdown.limit);
        inFlight--;
        if (isProbe) isProbing = false;
        // What was refused used nothing.
        const used = outcome.tokens ?? (outcome.kind === "rate-limited" || outcome.kind === "overloaded" ? 0 : tokens);
        if (used !== tokens) for (const bucket of tokenBuckets) bucket.take(used - tokens, now);
        if (outcome.limits?.requests) requestBuckets[0]?.sync(outcome.limits.requests, now);
        if (outcome.limits?.tokens) tokenBuckets[0]?.sync(outcome.limits.tokens, now);
        settle(outcome, { passage, priority, wasSaturated, now });
        pump();
      },
    };
  }

  function settle(
    outcome: TicketOutcome,
    {
      passage,
      priority,
      wasSaturated,
      now,
    }: { readonly passage: Passage; readonly priority: number; readonly wasSaturated: boolean; readonly now: number },
  ): void {
    const { kind } = outcome;
    if (kind === "answered") {
      answered++;
      goneSincePause++;
      latencies.add(outcome.latencyMs);
      window.answered(passage, now);
      slowdown.answered({
        order: passage.order,
        latencyMs: outcome.latencyMs,
        inFlight: inFlight + 1,
        saturated: wasSaturated,
        now,
      });
      if (passage.sentAt >= pausedUntil) pausesInARow = 0;
      // What was learned is probed like everything else: two percent more for every fifty that pass.
      if (learned !== null && goneSincePause % 50 === 0) {
        learnedRate *= 1.02;
        learned.setRate(learnedRate, now);
      }
    } else if (kind !== "cancelled") {
      failures[kind] = (failures[kind] ?? 0) + 1;
      lastWords = outcome.message ?? kind;
    }
    if (kind === "rate-limited" || kind === "overloaded") slowDown(outcome, passage, now);
    if (kind === "bad-key" || kind === "no-model") stop(kind, outcome);
    const wasDeadSince = outage.since;
    const change = outage.outcome(kind, { priority, sentAt: passage.sentAt, now });
    // A server that speaks, and never once as a model does, is the wrong address: waiting will not mend it.
    if (change === "began" && answered === 0 && Object.keys(failures).every((each) => each === "garbled"))
      stop("no-model", { ...outcome, message: `It never answered as a model does: ${lastWords}` });
    else if (change === "began")
      notice(`Model "${model}": no answer comes (${lastWords}). The run waits, and asks again every 1 to 60 seconds.`);
    else if (change === "ended")
      notice(`Model "${model}" answers again, after ${Math.round((now - (wasDeadSince as number)) / 1000)} s.`);
    else if (outage.since !== null && answered === 0 && rateLimited === 0 && now - outage.since > NEVER_ANSWERED_MS)
      stop("no-model", { ...outcome, message: `It never answered: ${lastWords}` });
  }

  function slowDown(outcome: TicketOutcome, passage: Passage, now: number): void {
    rateLimited++;
    const { limits } = outcome;
    const isOut = limits?.requests?.remaining === 0 || limits?.tokens?.remaining === 0;
    if (isOut) {
      // The headers say that it is the minute's share that is used up, not how many are in flight.
      if (passage.sentAt >= pausedUntil) pause(outcome.retryAfterMs ?? null, now);
      return;
    }
    const verdict = window.refused(passage, inFlight, now);
    if (verdict === "again" || (verdict === "cut" && learned !== null)) {
      learnRate(now);
      pause(outcome.retryAfterMs ?? null, now);
    }
  }

  function pause(askedMs: number | null, now: number): void {
    // A server that asks for years is asked again after an hour; a call's own patience then ends it.
    const ms = Math.min(LONGEST_ASKED_MS, askedMs ?? Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** pausesInARow));
    pausesInARow++;
    pausedUntil = Math.max(pausedUntil, now + ms);
    if (ms >= WORTH_A_WORD_MS)
      notice(`Model "${model}": the server takes no more requests for ${Math.round(ms / 1000)} s (${lastWords}).`);
  }

  function learnRate(now: number): void {
    if (lastPauseAt !== null && goneSincePause > 0 && now - lastPauseAt < 300_000) {
      learnedRate = (0.95 * goneSincePause * 60_000) / Math.max(1, now - lastPauseAt);
      learned ??= createBucket({ perMinute: learnedRate, burst: 1 });
      learned.setRate(learnedRate, now);
    }
    lastPauseAt = now;
    goneSincePause = 0;
  }

  function stop(kind: "bad-key" | "no-model", { status, message }: TicketOutcome): void {
    if (stopped) return;
    stopped = { kind, status: status ?? null, message: message ?? kind, retryAfterMs: null };
    forgetWake();
    for (const waiter of queue.drain()) {
      if (waiter.isGone) continue;
      waiter.forget();
      waiter.isGone = true;
      waiting--;
      waiter.resolve({ failure: stopped });
    }
  }

  /** Where nobody waits, no timer may keep the process alive: a pause can be hours. */
  function forgetWake(): void {
    cancelWake();
    cancelWake = () => {};
    wakeAt = Number.POSITIVE_INFINITY;
  }

  function wake(at: number, now: number): void {
    if (at >= wakeAt || at === Number.POSITIVE_INFINITY) return;
    cancelWake();
    wakeAt = at;
    cancelWake = timer(
      () => {
        wakeAt = Number.POSITIVE_INFINITY;
        cancelWake = () => {};
        pump();
      },
      Math.max(0, at - now),
    );
  }

  /** Adds up the time in which somebody waited and nobody was let through because of a pause. */
  function countPause(now: number): void {
    const isPaused = waiting > 0 && (outage.since !== null || pausedUntil > now);
    if (isPaused) pausedFrom ??= now;
    else if (pausedFrom !== null) {
      pausedMs += now - pausedFrom;
      pausedFrom = null;
    }
  }

  function summary(): LaneSummary {
    countPause(clock.milliseconds());
    const running = pausedFrom === null ? 0 : clock.milliseconds() - pausedFrom;
    const q = (share: number): number => latencies.quantile(share) ?? 0;
    return {
      model,
      sent,
      answered,
      rateLimited,
      failures: { ...failures },
      mostInFlight: most,
      latencyMs: latencies.count === 0 ? null : [q(0.05), q(0.5), q(0.95), q(0.99), latencies.largest],
      pausedSeconds: (pausedMs + running) / 1000,
    };
  }

  return {
    admit,
    latencyQuantile: (share) => (latencies.count < 20 ? null : latencies.quantile(share)),
    summary,
  };
}

/** At most so many in any minute: a second's worth in hand, and the rest evenly. */
function configured(perMinute: number): Bucket {
  const burst = Math.max(1, perMinute / 60);
  return createBucket({ perMinute: Math.max(perMinute - burst, perMinute / 2), burst });
}

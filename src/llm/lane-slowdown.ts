/** Notices a server that queues what is too much instead of refusing it: more requests at a time then make every answer slower and none more.
 *
 * Slow answers alone prove nothing: longer prompts are slower too, and latencies have heavy tails. So a suspicion (the median of 64 requests, in the order in
 * which they were sent, is 2.5 times the best median seen, twice in a row) only starts an experiment: half as many requests at a time. Where as many answers
 * per second come as before, the rest was queueing, and the lower limit stays; where fewer come, the server is slower for another reason, and the limit is
 * put back. In the spirit of gradient limits (Netflix's concurrency-limits), with throughput as the judge. */
export interface Slowdown {
  /** Requests at a time at most; infinite: no reason for one. */
  readonly limit: number;
  /** @param saturated as many as allowed were in flight and more were waiting: only then throughput says anything */
  answered(what: {
    readonly order: number;
    readonly latencyMs: number;
    readonly inFlight: number;
    readonly saturated: boolean;
    readonly now: number;
  }): void;
}

const WINDOW = 64;
/** So many of a window must have answered before its median is taken; those still out count as slow. */
const ENOUGH = 48;
const SUSPICIOUS = 2.5;
/** Half as many at a time give half as many answers where nothing queues, and as many where all that is left out would have queued. */
const SAME_THROUGHPUT = 0.75;
/** Under so many at a time there is nothing to gain. */
const LEAST = 4;

interface Experiment {
  readonly before: number;
  readonly perMs: number;
  /** Requests sent before this one still queued under the old limit. */
  readonly from: number;
  startedAt: number | null;
  count: number;
}

export function createSlowdown(): Slowdown {
  const windows = new Map<number, number[]>();
  let limit = Number.POSITIVE_INFINITY;
  let best = Number.POSITIVE_INFINITY;
  let suspicions = 0;
  let newest = 0;
  let experiment: Experiment | null = null;
  let held = 0;
  /** Answers since and the time of the first of them: throughput while nothing is changed. */
  let counted = 0;
  let countedFrom = 0;

  function start(inFlight: number, now: number): void {
    const perMs = counted / Math.max(1, now - countedFrom);
    const before = limit;
    limit = Math.max(LEAST, Math.floor(Math.min(limit, inFlight) / 2));
    experiment = { before, perMs, from: newest + inFlight, startedAt: null, count: 0 };
    suspicions = 0;
  }

  function judge(running: Experiment, now: number, median: number): void {
    const perMs = running.count / Math.max(1, now - (running.startedAt as number));
    experiment = null;
    counted = 0;
    if (perMs < SAME_THROUGHPUT * running.perMs) {
      limit = running.before;
      // This is how slow it is now.
      best = median;
    }
    held = 0;
  }

  function close(latencies: readonly number[], inFlight: number, now: number): void {
    const sorted = latencies.toSorted((a, b) => a - b);
    // Of all 64: those that are missing are slower than the median.
    const median = sorted[WINDOW / 2 - 1] as number;
    best = Math.min(best, median);
    if (experiment !== null) return;
    suspicions = median > SUSPICIOUS * best ? suspicions + 1 : 0;
    if (suspicions >= 2 && inFlight > LEAST && counted >= WINDOW) start(inFlight, now);
    // What was found out is not true for ever: after a while a quarter more is allowed, and the next suspicion judges it.
    else if (limit !== Number.POSITIVE_INFINITY && ++held >= 16) {
      held = 0;
      limit = Math.ceil(limit * 1.25);
    }
  }

  return {
    get limit() {
      return limit;
    },
    answered({ order, latencyMs, inFlight, saturated, now }) {
      newest = Math.max(newest, order);
      if (!saturated) {
        if (experiment !== null) limit = experiment.before;
        experiment = null;
        counted = 0;
        suspicions = 0;
        return;
      }
      if (counted++ === 0) countedFrom = now;
      const index = Math.floor(order / WINDOW);
      let window = windows.get(index);
      if (window === undefined) {
        window = [];
        windows.set(index, window);
        if (windows.size > 64) windows.delete(windows.keys().next().value as number);
      }
      window.push(latencyMs);
      if (experiment !== null && order >= experiment.from) {
        experiment.startedAt ??= now;
        if (++experiment.count > WINDOW) judge(experiment, now, latencyMs);
      }
      if (window.length === ENOUGH) close(window, inFlight, now);
    },
  };
}

/** How many requests at a time a server bears, found out from what it refuses. */
export interface Window {
  /** Requests in flight at most, now. */
  readonly limit: number;
  /** Told of each request that is sent. @param inFlight with this one */
  sent(inFlight: number, now: number): Passage;
  answered(passage: Passage, now: number): void;
  /** @param inFlight without this one
   * @returns "probe": more than is known to be borne was tried, and it was too much; "cut": less is borne than before, the limit is lower now; "again": even
   * after two cuts, so how many are in flight may not be what matters; "same": refused together with one that was counted already */
  refused(passage: Passage, inFlight: number, now: number): "probe" | "cut" | "again" | "same";
  /** Raises the limit where all that is allowed is in flight and borne. */
  advance(inFlight: number, now: number): void;
  /** When `advance` may have something to do; infinite: only after an event. */
  readonly nextAt: number;
  /** When the next request may be sent: once a server has refused, they no longer go in bursts. */
  readonly readyAt: number;
}

/** What is remembered of a request in flight. */
export interface Passage {
  readonly order: number;
  readonly sentAt: number;
  /** Others in flight when it was sent. */
  readonly ahead: number;
  readonly refusedBefore: number;
  readonly answeredBefore: number;
}

/** Good requests that pay for a refused probe: with 50, at most 2 % are wasted on probes. */
const PRICE_OF_PROBE = 50;
const MOST_DEBT = 4 * PRICE_OF_PROBE;
/** The first requests go within so long, rather than at once: a server that bears few of them says so to few. */
const FIRST_ROUND_MS = 25;
/** Timers are late by so much; what they lost is made up for. */
const TIMER_MS = 2;

/** Additive and multiplicative steps on what was in flight when the server refused, rather than on a rate of refusals:
 *
 * - `good` requests are known to be borne at a time: so many were in flight, and none of them was refused.
 * - A refusal above `good` is the end of a probe: the limit goes back to what stays in flight, and the next probe waits until it is paid for.
 * - A refusal at or below `good` means that the server bears less than before, we do not know how much: what stays in flight is the new limit, and if that is
 *   refused too, half of it, and so on; once for all requests that were sent before we knew.
 * - A refusal comes within milliseconds, an answer after seconds: what has not been refused three times as long as a refusal takes is borne. So probes that
 *   succeed can follow each other quickly: +1, +2, +4 … */
export function createWindow(options: { readonly most: number; readonly start: number }): Window {
  const { most } = options;
  let limit = Math.min(options.start, most);
  let good = 0;
  let step = limit;
  let debt = 0;
  let order = 0;
  let cutOrder = -1;
  let refusals = 0;
  let answers = 0;
  /** Requests from this one on were sent when the last refusal was known. */
  let heardOrder = Number.POSITIVE_INFINITY;
  let cutsInARow = 0;
  /** The largest number in flight since the last change of the limit, and when it was reached. */
  let peak = 0;
  let peakAt = 0;
  let refusalMs: number | null = null;
  let latencyMs = 0;
  let readyAt = Number.NEGATIVE_INFINITY;

  const confirmMs = (): number => (refusalMs === null ? Number.POSITIVE_INFINITY : Math.max(25, 3 * refusalMs));

  function confirm(level: number): void {
    if (level > good) good = Math.min(level, most);
  }

  return {
    get limit() {
      return limit;
    },
    get readyAt() {
      return readyAt;
    },
    get nextAt() {
      return peak >= limit && limit < most && debt <= 0 ? peakAt + confirmMs() : Number.POSITIVE_INFINITY;
    },
    sent(inFlight, now) {
      if (inFlight > peak) {
        peak = inFlight;
        peakAt = now;
      }
      // Twice as fast as answers come back: fast enough to fill up, slow enough to hear of a refusal before all are sent.
      const spacing = refusals > 0 ? latencyMs / (2 * limit) : order < most ? FIRST_ROUND_MS / most : 0;
      readyAt = Math.max(readyAt, now - TIMER_MS) + spacing;
      return { order: order++, sentAt: now, ahead: inFlight - 1, refusedBefore: refusals, answeredBefore: answers };
    },
    answered(passage, now) {
      answers++;
      const took = now - passage.sentAt;
      latencyMs = latencyMs === 0 ? took : 0.9 * latencyMs + 0.1 * took;
      // Some of those ahead of it may have been refused: they prove nothing.
      confirm(Math.min(limit, passage.ahead + 1 - (refusals - passage.refusedBefore)));
      if (passage.order > cutOrder) cutsInARow = 0;
      if (debt > 0) debt--;
    },
    refused(passage, inFlight, now) {
      refusals++;
      const took = now - passage.sentAt;
      refusalMs = refusalMs === null ? took : Math.max(took, 0.9 * refusalMs);
      const borne = Math.max(1, Math.min(passage.ahead, inFlight));
      const before = limit;
      // Sent when the last refusal was known, and nothing was answered since: that is no probe.
      const isDeaf = passage.order >= heardOrder && passage.answeredBefore === answers;
      heardOrder = order;
      let verdict: "probe" | "cut" | "again" | "same";
      if (passage.ahead === 0) {
        // Not even one at a time: how many are in flight is not what matters.
        cutsInARow++;
        verdict = "again";
        limit = 1;
        good = 1;
        cutOrder = order - 1;
        debt = Math.max(debt, PRICE_OF_PROBE);
      } else if (passage.order <= cutOrder) {
        verdict = "same";
        limit = Math.max(Math.min(limit, borne), Math.min(good, limit));
      } else if (passage.ahead >= good && !isDeaf) {
        verdict = "probe";
        limit = Math.max(1, good, Math.min(limit, borne));
        debt = Math.min(MOST_DEBT, debt + PRICE_OF_PROBE);
      } else {
        cutsInARow++;
        verdict = cutsInARow > 2 ? "again" : "cut";
        // `good` may have been one too high: the first time, what stays in flight is believed.
        limit = Math.max(1, cutsInARow === 1 ? Math.min(limit, borne) : Math.floor(Math.min(limit, borne) / 2));
        good = limit;
        cutOrder = order - 1;
        debt = Math.max(debt, PRICE_OF_PROBE);
      }
      if (limit !== before || verdict === "probe") {
        step = 1;
        peak = Math.min(inFlight, limit);
        peakAt = now;
      }
      return verdict;
    },
    advance(inFlight, now) {
      if (limit >= most || inFlight < limit || peak < limit) return;
      if (now - peakAt >= confirmMs()) {
        confirm(peak);
        if (order > cutOrder + 1) cutsInARow = 0;
      }
      if (good < limit || debt > 0) return;
      limit = Math.min(most, limit + step);
      step *= 2;
      peak = inFlight;
      peakAt = now;
    },
  };
}

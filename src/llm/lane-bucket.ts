/** What may be used per minute: fills evenly up to `burst`, and is taken from. */
export interface Bucket {
  /** Milliseconds until so much can be taken; 0: now. A cost above the burst waits for the whole burst. */
  wait(cost: number, now: number): number;
  /** May go below nothing: what is used is used. */
  take(cost: number, now: number): void;
  /** What the server says remains, of what it gives per minute. */
  sync(said: { readonly limit: number; readonly remaining: number; readonly resetMs: number }, now: number): void;
  setRate(perMinute: number, now: number): void;
}

/** @param options perMinute: null, not known until the server says */
export function createBucket(options: {
  readonly perMinute: number | null;
  /** At most in hand; null: a full minute's, the way servers count. */
  readonly burst: number | null;
}): Bucket {
  let perMinute = options.perMinute;
  let burst = options.burst ?? perMinute ?? Number.POSITIVE_INFINITY;
  let level = burst;
  let filledAt = 0;

  function fill(now: number): void {
    if (perMinute === null) return;
    level = Math.min(burst, level + ((now - filledAt) / 60_000) * perMinute);
    filledAt = now;
  }

  return {
    wait(cost, now) {
      if (perMinute === null) return 0;
      fill(now);
      const missing = Math.min(cost, burst) - level;
      return missing <= 1e-9 ? 0 : (missing / perMinute) * 60_000;
    },
    take(cost, now) {
      if (perMinute === null) return;
      fill(now);
      level -= cost;
    },
    sync({ limit, remaining, resetMs }, now) {
      if (perMinute === null) {
        filledAt = now;
        level = remaining;
      }
      // The time until all is there again tells the rate where the limit is not one of a minute.
      const missing = limit - remaining;
      perMinute =
        missing > 0.02 * limit && resetMs > 0 ? Math.max((missing / resetMs) * 60_000, 1e-3) : (perMinute ?? limit);
      burst = limit;
      fill(now);
      // Others may use the same key: the server knows better, downwards. Upwards what is in flight is not yet in its count.
      level = Math.min(level, remaining);
    },
    setRate(rate, now) {
      fill(now);
      perMinute = rate;
    },
  };
}

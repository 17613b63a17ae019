/** The time of day, as an argument: it enters manifests, statements and the ledger, never a data file. */
export interface Clock {
  /** Now, as ISO 8601 in UTC with milliseconds. */
  now(): string;
  /** Seconds since some fixed instant; only differences mean anything. */
  seconds(): number;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => new Date().toISOString(),
  seconds: () => performance.now() / 1000,
};

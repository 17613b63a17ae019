import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** A fit of one of ours under a budget, by default options. */
export interface FitPrivately {
  readonly synthesizer: "aim" | "mst";
  readonly train: string;
  /** A schema or domain file: what is public. */
  readonly schema: string;
  readonly epsilon: number;
  readonly delta: number;
  /** Of the rows that are drawn; the noise has none. */
  readonly seed: number;
  /** The CSV that the rows go to, as many as the training rows; nothing is written without it. */
  readonly out?: string;
  /** Fit so many rows, drawn from the given ones with replacement. */
  readonly grow?: number;
}

/** CPU seconds of all threads, imports, reading and writing apart; seconds of the clock; peak resident memory; the epsilon of what was spent. */
export interface PrivateCost {
  readonly fit: number;
  readonly sample: number;
  readonly megabytes: number;
  readonly wall: number;
  readonly spent: number;
}

/** Fits in a process of its own.
 * @throws {Error} it failed: the last line of what it said */
export function fitPrivately(request: FitPrivately): PrivateCost {
  const child = spawnSync(
    process.execPath,
    [fileURLToPath(new URL("./fit-own.js", import.meta.url)), JSON.stringify(request)],
    { encoding: "utf8", maxBuffer: 1 << 28 },
  );
  const last = (text: string): string => text.trim().split("\n").at(-1) ?? "";
  if (child.status !== 0) throw new Error(`failed: ${last(child.stderr).slice(0, 200)}`);
  return JSON.parse(last(child.stdout)) as PrivateCost;
}

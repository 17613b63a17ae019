import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { pythonOf } from "../peers/environment.ts";

/** A private synthesizer of `generate_private.py`. */
export interface Peer {
  readonly name: string;
  readonly title: string;
  readonly environment: string;
  readonly peer: string;
  /** Flags of its own. */
  readonly flags: readonly string[];
}

/** CPU seconds, imports, reading and writing apart; seconds of the clock; peak resident memory. */
export interface PeerCost {
  readonly fit: number;
  readonly sample: number;
  readonly wall: number;
  readonly megabytes: number;
}

/** The repository's release on numpy gives better tables at fewer steps than its head on JAX, in less time: it is what ours is held against. */
export const PGM_AIM: Peer = {
  name: "private-pgm-aim",
  title: "private-pgm AIM, 10 MB, 100 steps",
  environment: "private-pgm",
  peer: "pgm-aim",
  flags: ["--megabytes=10", "--steps=100"],
};

export const PGM_MST: Peer = {
  name: "private-pgm-mst",
  title: "private-pgm MST, 300 steps",
  environment: "private-pgm",
  peer: "pgm-mst",
  flags: ["--steps=300"],
};

const JAX = { environment: "private-pgm-jax" };

/** The head of 2025 by the same settings, and by its own where they are affordable. */
export const PGM_ON_JAX: readonly Peer[] = [
  {
    ...{ ...PGM_AIM, ...JAX, name: "private-pgm-jax-aim", title: "private-pgm AIM on JAX, 10 MB, 100 steps" },
    flags: [...PGM_AIM.flags, "--scripts=private-pgm-jax"],
  },
  {
    ...{ ...PGM_MST, ...JAX, name: "private-pgm-jax-mst", title: "private-pgm MST on JAX, 300 steps" },
    flags: [...PGM_MST.flags, "--scripts=private-pgm-jax"],
  },
];

export const DPMM: readonly Peer[] = ["aim", "mst"].map((kind) => ({
  name: `dpmm-${kind}`,
  title: `dpmm ${kind.toUpperCase()}`,
  environment: "dpmm",
  peer: `dpmm-${kind}`,
  flags: [],
}));

export const SMARTNOISE: readonly Peer[] = ["aim", "mst"].map((kind) => ({
  name: `smartnoise-${kind}`,
  title: `smartnoise ${kind.toUpperCase()}`,
  environment: "smartnoise",
  peer: `smartnoise-${kind}`,
  flags: [],
}));

/** Fits a peer to a file of codes and writes as many rows.
 * @throws {Error} it is not installed, failed or took too long: says why */
export function fitPeer(
  { environment, peer, flags }: Peer,
  how: {
    readonly train: string;
    readonly out: string;
    readonly domain: string;
    readonly epsilon: number;
    readonly delta: number;
    readonly seed: number;
    readonly minutes: number;
  },
): PeerCost {
  const found = pythonOf(environment);
  if ("missing" in found) throw new Error(found.missing);
  const child = spawnSync(
    found.python,
    [
      ...[resolve("bench", "peers", "generate_private.py"), peer, how.train, how.out, "--domain", how.domain],
      ...["--epsilon", String(how.epsilon), "--delta", String(how.delta), "--seed", String(how.seed), ...flags],
    ],
    { encoding: "utf8", maxBuffer: 1 << 28, timeout: how.minutes * 60_000, killSignal: "SIGKILL" },
  );
  if (child.error && "code" in child.error && child.error.code === "ETIMEDOUT")
    throw new Error(`stopped after ${how.minutes} minutes`);
  if (child.status !== 0) throw new Error(`failed: ${child.signal ?? lastOf(child.stderr).slice(0, 160)}`);
  return JSON.parse(lastOf(child.stdout)) as PeerCost;
}

function lastOf(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}

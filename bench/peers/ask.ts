import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { pythonOf } from "./environment.ts";

/** What `judge.py` prints: what an evaluator says of a table, and what saying it takes. */
export interface Said {
  readonly version: string;
  readonly scores: Readonly<Record<string, number | string | null>>;
  readonly errors: Readonly<Record<string, string>>;
  /** Of each part, imports apart. */
  readonly cost: Readonly<Record<string, { readonly cpu: number; readonly wall: number }>>;
  /** CPU and wall seconds and peak memory of the whole process, its start and imports included, as ours are measured. */
  readonly cpu: number;
  readonly wall: number;
  readonly megabytes: number;
}

/** Paths of the tables that a judge is given. */
export interface JudgedFiles {
  readonly real: string;
  readonly holdout: string;
  readonly synthetic: string;
  readonly target: string;
  /** Where whatever is written goes. */
  readonly folder: string;
}

/** Asks an evaluator of synthetic tables, in an environment of its own.
 * @param distanceRows synthetic rows that SDMetrics compares with all real ones
 * @returns why there is no answer, where there is none */
export function ask(peer: string, files: JudgedFiles, distanceRows: number): Said | { readonly missing: string } {
  const environment = pythonOf(peer);
  if ("missing" in environment) return environment;
  const { OPENBLAS_CORETYPE: _type, OPENBLAS_L2_SIZE: _size, ...env } = process.env; // numpy knows best what this processor can do
  const started = performance.now();
  const child = spawnSync(
    environment.python,
    [
      ...[resolve("bench", "peers", "judge.py"), peer, files.real, files.synthetic, files.holdout, files.target],
      ...["--distance-rows", String(distanceRows)],
    ],
    { encoding: "utf8", maxBuffer: 1 << 28, cwd: files.folder, env }, // SynthEval leaves a file where it runs
  );
  if (child.status !== 0) return { missing: `crashed: ${child.stderr.trim().split("\n").at(-1)?.slice(0, 120)}` };
  return {
    ...(JSON.parse(child.stdout.trim().split("\n").at(-1) as string) as Omit<Said, "wall">),
    wall: (performance.now() - started) / 1000,
  };
}

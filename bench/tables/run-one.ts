import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { pythonOf } from "../peers/environment.ts";
import type { Contender } from "./contenders.ts";
import type { Cost, FitOwn } from "./fit-own.ts";
import type { LiteratureScores, Run, Scores } from "./run.ts";
import type { SourceTable } from "./sources.ts";

/** Paths of the two parts of a table. */
export interface Parts {
  readonly train: string;
  readonly test: string;
}

/** Writes the training and the test rows of a table into a folder. */
export function partsOf({ name, files }: SourceTable, folder: string): Parts {
  mkdirSync(folder, { recursive: true });
  const parts = { train: resolve(folder, `${name}-train.csv`), test: resolve(folder, `${name}-test.csv`) };
  if ("all" in files) {
    const source = files.all.includes(":") ? files.all : resolve(files.all);
    runPython("score", [
      ...["prepare_tables.py", source, parts.train, parts.test],
      ...(files.drop.length > 0 ? [`--drop=${files.drop.join(",")}`] : []),
    ]);
  } else
    for (const part of ["train", "test"] as const) writeFileSync(parts[part], gunzipSync(readFileSync(files[part])));
  return parts;
}

/** Makes one synthetic table and scores it; what fails is told in the run. */
export function runOne(
  contender: Contender,
  options: {
    readonly table: SourceTable;
    readonly parts: Parts;
    readonly seed: number;
    readonly folder: string;
    /** What a peer may take, by the clock. */
    readonly minutes: number;
    readonly literature: boolean;
  },
): Run {
  const { table, parts, seed, minutes } = options;
  const out = resolve(options.folder, `${table.name}-${contender.name}-${seed}.csv`);
  const run = { table: table.name, contender: contender.name, seed };
  const asked = [
    ...["--target", table.target, "--seed", String(seed)],
    ...(table.above === undefined ? [] : ["--above", String(table.above)]),
    ...(table.leaveOut ? ["--leave-out", table.leaveOut.join(",")] : []),
  ];
  const scored = (synthetic: readonly string[], ...more: readonly string[]): unknown =>
    JSON.parse(runPython("score", ["score_tables.py", parts.train, parts.test, ...synthetic, ...asked, ...more]));
  try {
    const cost = made(contender, { train: parts.train, out, seed, minutes });
    const synthetic = contender.kind === "ceiling" ? [] : [contender.kind === "copy" ? parts.train : out];
    const scores = scored(synthetic) as Scores;
    const done = { ...run, ...(cost ? { cost } : {}), scores };
    if (!options.literature) return done;
    if (contender.kind !== "ceiling")
      return { ...done, literature: scored(synthetic, "--literature") as LiteratureScores };
    // There the real side is the training rows, so the ceiling is all test rows: what models fitted to them say of them means nothing.
    const { mle: _ofItself, ...literature } = scored([parts.test], "--literature") as LiteratureScores;
    return { ...done, literature };
  } catch (error) {
    return { ...run, failed: (error as Error).message };
  } finally {
    rmSync(out, { force: true });
  }
}

/** Fits one of our synthesizers in a process of its own.
 * @throws {Error} it failed: the last line of what it said */
export function fitOwn(request: FitOwn): Cost {
  const child = fileURLToPath(new URL("./fit-own.js", import.meta.url));
  return JSON.parse(lastLine(process.execPath, [child, JSON.stringify(request)])) as Cost;
}

function made(
  contender: Contender,
  files: { readonly train: string; readonly out: string; readonly seed: number; readonly minutes: number },
): Cost | undefined {
  const { train, out, seed, minutes } = files;
  if (contender.kind === "own") return fitOwn({ synthesizer: contender.name, train, seed, out });
  if (contender.kind !== "peer") return undefined;
  const epochs = contender.epochs === undefined ? [] : ["--epochs", String(contender.epochs)];
  return JSON.parse(
    runPython(
      contender.environment,
      ["generate.py", contender.peer, train, out, "--seed", String(seed), ...epochs],
      minutes,
    ),
  ) as Cost;
}

function runPython(
  environment: string,
  [script, ...args]: readonly [string, ...string[]] | string[],
  minutes?: number,
): string {
  const found = pythonOf(environment);
  if ("missing" in found) throw new Error(found.missing);
  return lastLine(found.python, [resolve("bench", "peers", script as string), ...args], minutes);
}

/** Runs a program and returns the last line that it prints. */
function lastLine(program: string, args: readonly string[], minutes?: number): string {
  const child = spawnSync(program, args, {
    ...{ encoding: "utf8", maxBuffer: 1 << 28, cwd: tmpdir() },
    ...(minutes === undefined ? {} : { timeout: minutes * 60_000, killSignal: "SIGKILL" }),
  });
  if (child.error && "code" in child.error && child.error.code === "ETIMEDOUT")
    throw new Error(`stopped after ${minutes} minutes`);
  if (child.status !== 0) throw new Error(`failed: ${child.signal ?? lastOf(child.stderr).slice(0, 160)}`);
  return lastOf(child.stdout);
}

function lastOf(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}

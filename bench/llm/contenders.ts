import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pythonOf } from "../peers/environment.ts";
import type { Command, Measured } from "./process.ts";
import type { Shape } from "./shapes.ts";

/** What a contender is asked to do. */
export interface Job {
  readonly shape: Shape;
  readonly rows: number;
  readonly concurrency: number;
  readonly baseUrl: string;
  /** Kept between a run and its resume. */
  readonly folder: string;
  /** Go on with what stands in the folder, as the documentation says. */
  readonly resume?: boolean;
  /** The row whose topic is another than it was. */
  readonly edit?: number;
  /** Of one request, milliseconds; default: the contender's own. */
  readonly timeoutMs?: number;
  /** Flags of the contender's own runner. */
  readonly flags?: readonly string[];
}

/** What a contender delivered. */
export interface Delivered {
  readonly rows: number;
  readonly unique: number;
  /** Rows with a value. */
  readonly good: number;
}

/** Something that runs a job as a process of its own. */
export interface Contender {
  readonly name: string;
  readonly title: string;
  /** "raw": a client and a bound on concurrency, nothing kept. "pipeline": meant to be what ours is. */
  readonly kind: "ours" | "raw" | "pipeline";
  /** Names of the shapes that its runner has; absent: all. */
  readonly shapes?: readonly string[];
  /** It has another client for addresses of its own machine, which ends a run at the first failure. */
  readonly localClient?: boolean;
  /** Makes what it needs. @returns why it cannot run */
  prepare(): { readonly missing: string } | undefined;
  command(job: Job): Command;
  /** CPU seconds that it tells itself, in place of those of the whole process. */
  cpuSeconds?(measured: Measured): number | undefined;
  /** @returns nothing where it ended without a result */
  delivered(job: Job, measured: Measured): Delivered | undefined;
}

const RUNNERS = resolve("bench", "peers", "llm");
const NODE_PACKAGES = resolve("bench", "peers", ".node-llm");

export const UNDICI = raw("undici", "undici pool (bare)");

/** In the order of the tables. */
export const PEERS: readonly Contender[] = [
  UNDICI,
  raw("fetch", "fetch (bare)"),
  raw("langchain", "LangChain JS batch"),
  raw("ai", "AI SDK generateText"),
  { ...pipeline("datatrove", "datatrove"), localClient: true },
  pipeline("curator", "Curator"),
  pipeline("data-designer", "Data Designer"),
  pipeline("distilabel", "distilabel"),
];

function raw(client: string, title: string): Contender {
  return {
    name: client,
    title,
    kind: "raw",
    prepare: prepareNode,
    command: (job) => ({
      file: process.execPath,
      args: [
        ...[join(RUNNERS, "run_raw.mjs"), "--client", client, "--packages", NODE_PACKAGES],
        ...["--columns", JSON.stringify(job.shape.columns), "--timeout-ms", String(job.timeoutMs ?? 0)],
        ...common(job),
      ],
    }),
    delivered: (_job, { stdout }) => resultLine(stdout),
  };
}

function pipeline(name: string, title: string): Contender {
  const runner = join(RUNNERS, `run_${name.replaceAll("-", "_")}.py`);
  let python = "";
  return {
    name,
    title,
    kind: "pipeline",
    shapes: ["text", "structured", "chain"],
    prepare() {
      const found = pythonOf(name);
      if ("missing" in found) return found;
      python = found.python;
      return undefined;
    },
    command: (job) => ({
      file: python,
      args: [
        runner,
        "--shape",
        job.shape.name,
        ...(job.resume ? ["--resume"] : []),
        ...common(job),
        ...(job.flags ?? []),
      ],
      env: { OPENBLAS_CORETYPE: undefined, OPENBLAS_L2_SIZE: undefined }, // numpy knows best what this processor can do
    }),
    delivered: (_job, { stdout }) => resultLine(stdout),
  };
}

function common({ baseUrl, rows, concurrency, folder, edit }: Job): readonly string[] {
  return [
    ...["--base-url", baseUrl, "--rows", String(rows), "--concurrency", String(concurrency), "--out", folder],
    ...(edit === undefined ? [] : ["--edit", String(edit)]),
  ];
}

function resultLine(stdout: string): Delivered | undefined {
  const line = stdout.split("\n").findLast((each) => each.startsWith("RESULT "));
  return line === undefined ? undefined : (JSON.parse(line.slice("RESULT ".length)) as Delivered);
}

/** The JavaScript clients' packages, pinned in bench/peers/llm/package.json; installed at the first use, and again when the pins change. */
function prepareNode(): { readonly missing: string } | undefined {
  const pins = join(RUNNERS, "package.json");
  const installed = join(NODE_PACKAGES, "package.json");
  const complete = existsSync(join(NODE_PACKAGES, "node_modules", "undici"));
  if (complete && existsSync(installed) && readFileSync(installed, "utf8") === readFileSync(pins, "utf8"))
    return undefined;
  mkdirSync(NODE_PACKAGES, { recursive: true });
  copyFileSync(pins, installed);
  const done = spawnSync("npm", ["install", "--no-audit", "--no-fund"], { cwd: NODE_PACKAGES, encoding: "utf8" });
  return done.status === 0 ? undefined : { missing: `not installed: ${done.stderr.trim().slice(0, 120)}` };
}

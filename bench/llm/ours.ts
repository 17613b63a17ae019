import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { type ModelConfiguration, PERMISSION, type Recipe } from "../../src/text/recipe.ts";
import type { RunSummary, Spending } from "../../src/text/run-summary.ts";
import type { Contender, Delivered, Job } from "./contenders.ts";
import type { LibraryUsage } from "./library-run.ts";
import type { Command, Measured } from "./process.ts";

/** What our job may have besides what any contender has. */
export interface OwnJob extends Job {
  /** Accepted rows that are wanted; absent: one attempt for each row of the source. */
  readonly accepted?: number;
  /** CEL that an accepted row must satisfy. */
  readonly check?: string;
  /** Settings of the model. */
  readonly model?: Partial<ModelConfiguration>;
}

const PRICES = "prices.yaml";
const KEY = "COUNTERFOIL_BENCH_KEY";

/** The command line as users have it. */
const MAIN = resolve("dist", "cli", "main.js");
const LIBRARY_RUN = fileURLToPath(new URL("library-run.js", import.meta.url));

export const OURS: Contender = {
  name: "counterfoil",
  title: "Counterfoil",
  kind: "ours",
  prepare: () => (existsSync(MAIN) ? undefined : { missing: `no ${MAIN}: npm run build` }),
  command: (job) =>
    commandOf(job, [
      ...[MAIN, "run", writeRecipe(job).recipe, "--work", workOf(job.folder), "--out", bundleOf(job.folder)],
      ...["--json", "--quiet", ...(job.flags ?? [])],
    ]),
  delivered,
};

/** The same by the library, which tells what the making of rows took apart from start, scores and report. */
export const OWN_LIBRARY: Contender = {
  name: "counterfoil-library",
  title: "Counterfoil, by the library",
  kind: "ours",
  prepare: () => undefined,
  command: (job) => commandOf(job, [LIBRARY_RUN, writeRecipe(job).recipe, workOf(job.folder), bundleOf(job.folder)]),
  delivered,
  cpuSeconds({ stdout }) {
    const usage = stdout.split("\n").findLast((line) => line.startsWith("USAGE "));
    return usage === undefined ? undefined : (JSON.parse(usage.slice("USAGE ".length)) as LibraryUsage).making;
  },
};

function commandOf(job: Job, args: readonly string[]): Command {
  return {
    file: process.execPath,
    args,
    env: {
      [KEY]: "sk-bench-canary-7f3d",
      ...Object.fromEntries(
        ["CONFIG", "DATA", "STATE", "CACHE"].map((kind) => [
          `XDG_${kind}_HOME`,
          join(job.folder, "user", kind.toLowerCase()),
        ]),
      ),
    },
  };
}

function delivered({ folder }: Job): Delivered | undefined {
  if (!existsSync(dataOf(folder))) return undefined;
  const rows = rowsOf(folder);
  return { rows: rows.length, unique: new Set(rows.map(({ id }) => id)).size, good: rows.length };
}

function workOf(folder: string): string {
  return join(folder, "work");
}

/** Where the bundle of a job stands. */
export function bundleOf(folder: string): string {
  return join(folder, "bundle");
}

/** Takes the bundle away and leaves the journal. */
export function forgetBundle(folder: string): void {
  rmSync(bundleOf(folder), { recursive: true, force: true });
}

export interface OwnRow {
  readonly id: number;
  readonly [column: string]: unknown;
}

export function rowsOf(folder: string): readonly OwnRow[] {
  return readFileSync(dataOf(folder), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as OwnRow);
}

/** SHA-256 of the released rows. */
export function hashOf(folder: string): string {
  return createHash("sha256")
    .update(readFileSync(dataOf(folder)))
    .digest("hex");
}

/** The part of `counterfoil run --json` that is read here. */
export interface OwnResult {
  readonly decision: {
    readonly decision: string;
    readonly rules: readonly { readonly rule: string; readonly outcome: string }[];
  };
  readonly summary: RunSummary;
  readonly rows: number;
}

/** What the command line printed. @throws {Error} it printed no result: what it said instead */
export function resultOf({ stdout }: Measured): OwnResult {
  const start = stdout.indexOf("{");
  try {
    return JSON.parse(stdout.slice(start)) as OwnResult;
  } catch {
    throw new Error(`counterfoil run printed no result: ${stdout.trim().slice(-300)}`);
  }
}

/** US dollars per million tokens at the mock endpoint. */
const INPUT = 1.25;
const OUTPUT = 10;

/** Tokens of answers, and what they cost. */
export interface Cost {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly dollars: number;
}

/** What the result says that its answers cost. @returns NaN dollars where it does not know */
export function costOf({ summary }: OwnResult): Cost {
  const sum = (pick: (each: Spending) => number): number => summary.spending.reduce((all, each) => all + pick(each), 0);
  return {
    promptTokens: sum((each) => each.promptTokens),
    completionTokens: sum((each) => each.completionTokens),
    dollars: sum((each) => each.price ?? Number.NaN),
  };
}

/** What so many tokens cost. */
export function pricedAt(promptTokens: number, completionTokens: number): Cost {
  return { promptTokens, completionTokens, dollars: (promptTokens * INPUT + completionTokens * OUTPUT) / 1e6 };
}

/** The recipe of a job as users would write it, and its source.
 * @returns paths of the files written */
export function writeRecipe(job: OwnJob): { readonly recipe: string; readonly source: string } {
  const source = join(job.folder, "topics.jsonl");
  const recipe = join(job.folder, "recipe.yaml");
  const many = job.accepted === undefined ? job.rows : job.accepted * 2;
  writeFileSync(
    source,
    Array.from({ length: many }, (_, i) => `${JSON.stringify({ id: i, topic: topicOf(i, job) })}\n`).join(""),
  );
  writeFileSync(recipe, stringify(recipeOf(job, source)));
  const price = { provider: "openai", model: "mock", input: INPUT, output: OUTPUT };
  const prices = { format: "counterfoil-prices/1", date: "2026-11-29", source: "bench llm", models: [price] };
  writeFileSync(join(job.folder, PRICES), stringify(prices));
  return { recipe, source };
}

function topicOf(i: number, { edit }: Job): string {
  return `item ${String(i).padStart(6, "0")}${i === edit ? " (edited)" : ""}`;
}

/** @param source path of a table with the columns id and topic */
export function recipeOf(job: OwnJob, source: string): Recipe {
  const { shape } = job;
  return {
    format: "counterfoil-text/1",
    name: `bench-${shape.name}`,
    models: {
      writer: {
        provider: "openai",
        model: "mock",
        baseUrl: job.baseUrl,
        apiKey: { env: KEY },
        concurrency: job.concurrency,
        parameters: { temperature: 0.7, maxTokens: 512 },
        ...(job.timeoutMs && { timeoutSeconds: job.timeoutMs / 1000 }),
        ...job.model,
      },
    },
    source: { from: source, key: "id", permission: PERMISSION },
    rows: job.accepted ?? "all",
    steps: [
      ...shape.columns.map(({ name, prompt, schema }) => ({
        name,
        call: schema ? ("structured" as const) : ("text" as const),
        prompt: prompt.replace(
          /\{([\w.]+)\}/g,
          (_, path: string) => `{{ ${path === "topic" ? "source.topic" : path} }}`,
        ),
        ...(schema && { schema }),
      })),
      ...(job.check === undefined ? [] : [{ name: "accepted", check: job.check }]),
    ],
    prices: PRICES,
    export: [{ id: "source.id" }, ...shape.columns.map(({ name }) => name)],
  };
}

function dataOf(folder: string): string {
  return join(bundleOf(folder), "data", "synthetic.jsonl");
}

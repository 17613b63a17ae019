import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { readTable } from "../src/data/read.ts";
import { cutInParts } from "../src/jobs/killer-fixtures.ts";
import { isMeasured } from "../src/metrics/metric.ts";
import { randomFromSeed } from "../src/random.ts";
import { inferSchema } from "../src/schema/infer.ts";
import { flagsOf, measureCommand, printTable } from "./measure.ts";
import type { JudgedFiles } from "./peers/ask.ts";
import { pythonOf } from "./peers/environment.ts";
import { evaluateFiles, writeCsv } from "./peers/evaluate.ts";

const ROWS = 8000;
const TARGET = "income";

const GENERATORS = [
  { name: "gaussian-copula", environment: "sdv", says: "SDV GaussianCopula" },
  { name: "ctgan", environment: "sdv", says: "SDV CTGAN, 10 epochs" },
  { name: "mostlyai", environment: "mostlyai", says: "MOSTLY AI engine, 2 minutes" },
  { name: "arfpy", environment: "arfpy", says: "arfpy" },
  { name: "datasynthesizer", environment: "datasynthesizer", says: "DataSynthesizer, k = 2, no noise" },
] as const;

/** What `counterfoil evaluate` says, by the default policy, of tables that other synthesizers made of the same rows, and of ours. Flags: --rows=, --only=a,b. */
export async function run(options: {
  readonly quick: boolean;
  readonly json: boolean;
  readonly flags?: readonly string[];
}): Promise<void> {
  const flag = flagsOf(options.flags);
  const rows = Number(flag("rows") ?? (options.quick ? 2000 : ROWS));
  const { table } = await readTable(join("examples", "data", "adult.csv.gz"));
  const parts = cutInParts(table, { most: rows, schema: inferSchema(table), random: randomFromSeed(7).split("parts") });
  const folder = mkdtempSync(join(tmpdir(), "counterfoil-generators-"));
  try {
    const real = await writeCsv(parts.train, folder, "train");
    const holdout = await writeCsv(parts.holdout, folder, "holdout");
    const lines: Record<string, string | number>[] = [];
    const add = (name: string, synthetic: string, cpu: number | string): void => {
      const answer = judged({ real, holdout, synthetic, target: TARGET, folder });
      lines.push({ generator: name, "fit and sample, CPU s": cpu, ...answer });
      console.error(`${name}: done`);
    };
    for (const { name, environment, says } of GENERATORS) {
      if (!(flag("only")?.split(",").includes(name) ?? true)) continue;
      const out = join(folder, `${name}.csv`);
      const made = generate(name, { environment, train: real, out });
      if (typeof made === "string") lines.push({ generator: says, answer: made });
      else add(says, out, made.cpu);
    }
    const own = join(folder, "own");
    const used = measureCommand([
      ...["synthesize", real, "--rows", String(rows), "--holdout-share", "0.01", "--target", TARGET],
      ...["--policy", "internal-test-data", "--out", own, "--quiet"],
    ]);
    add(
      "counterfoil sequential-trees, on 99 % of them",
      join(own, "data", "synthetic.parquet"),
      `${used.cpuSeconds.toFixed(1)} with judging`,
    );
    add("real rows nobody trained on", await writeCsv(parts.fresh, folder, "fresh"), "–");
    if (options.json) console.log(JSON.stringify(lines, null, 2));
    else printTable(lines, false);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function generate(
  peer: string,
  files: { readonly environment: string; readonly train: string; readonly out: string },
): { readonly cpu: number } | string {
  const found = pythonOf(files.environment);
  if ("missing" in found) return found.missing;
  const child = spawnSync(found.python, [resolve("bench", "peers", "generate.py"), peer, files.train, files.out], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    cwd: tmpdir(),
  });
  if (child.status !== 0) return `crashed: ${child.stderr.trim().split("\n").at(-1)?.slice(0, 160)}`;
  return JSON.parse(child.stdout.trim().split("\n").at(-1) as string) as { cpu: number };
}

const SHOWN = [
  ["pair-accuracy", "pairs"],
  ["two-sample", "two-sample"],
  ["train-on-synthetic", "trains"],
  ["near-copies", "near copies, from"],
  ["membership-inference", "membership, from"],
] as const;

function judged(files: JudgedFiles): Record<string, string> {
  const { answer, because, scores } = evaluateFiles(files);
  const shown = SHOWN.map(([metric, title]) => {
    const score = scores.find((item) => item.metric === metric);
    if (!score || !isMeasured(score)) return [title, "–"] as const;
    // Of a leak the rules look at the lower bound.
    return [title, (score.family === "privacy" ? score.low : score.value).toFixed(3)] as const;
  });
  return { answer, because: because.join(", "), ...Object.fromEntries(shown) };
}

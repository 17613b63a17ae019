import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { readTable } from "../src/data/read.ts";
import type { Table } from "../src/data/table.ts";
import { writeTable } from "../src/data/write.ts";
import { cutInParts } from "../src/jobs/killer-fixtures.ts";
import { isMeasured, type Score } from "../src/metrics/metric.ts";
import type { Decision } from "../src/policy/decision.ts";
import { randomFromSeed } from "../src/random.ts";
import { inferSchema } from "../src/schema/infer.ts";
import { measureCommand, printTable } from "./measure.ts";
import { pythonOf } from "./peers/environment.ts";

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
  const flag = (name: string): string | undefined =>
    options.flags?.find((item) => item.startsWith(`--${name}=`))?.slice(name.length + 3);
  const rows = Number(flag("rows") ?? (options.quick ? 2000 : ROWS));
  const { table } = await readTable(join("examples", "data", "adult.csv.gz"));
  const parts = cutInParts(table, { most: rows, schema: inferSchema(table), random: randomFromSeed(7).split("parts") });
  const folder = mkdtempSync(join(tmpdir(), "counterfoil-generators-"));
  try {
    const write = async (name: string, part: Table): Promise<string> => {
      const path = join(folder, name);
      await writeTable(only(part), { parquet: `${path}.parquet`, csv: `${path}.csv`, metadata: {} });
      return `${path}.csv`;
    };
    const train = await write("train", parts.train);
    const holdout = await write("holdout", parts.holdout);
    const lines: Record<string, string | number>[] = [];
    const add = (name: string, synthetic: string, cpu: number | string): void => {
      lines.push({ generator: name, "fit and sample, CPU s": cpu, ...judged(synthetic, { train, holdout, folder }) });
      console.error(`${name}: done`);
    };
    for (const { name, environment, says } of GENERATORS) {
      if (!(flag("only")?.split(",").includes(name) ?? true)) continue;
      const out = join(folder, `${name}.csv`);
      const made = generate(name, { environment, train, out });
      if (typeof made === "string") lines.push({ generator: says, answer: made });
      else add(says, out, made.cpu);
    }
    const own = join(folder, "own");
    const used = measureCommand([
      ...["synthesize", train, "--rows", String(rows), "--holdout-share", "0.01", "--target", TARGET],
      ...["--policy", "internal-test-data", "--out", own, "--quiet"],
    ]);
    add(
      "counterfoil sequential-trees, on 99 % of them",
      join(own, "data", "synthetic.parquet"),
      `${used.cpuSeconds.toFixed(1)} with judging`,
    );
    add("real rows nobody trained on", await write("fresh", parts.fresh), "–");
    if (options.json) console.log(JSON.stringify(lines, null, 2));
    else printTable(lines, false);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function* only(table: Table): AsyncGenerator<Table> {
  yield table;
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

const ANSWERS: Readonly<Record<number, string>> = { 0: "PASSED", 3: "REFUSED", 4: "INDETERMINATE" };

const SHOWN = [
  ["pair-accuracy", "pairs"],
  ["two-sample", "two-sample"],
  ["train-on-synthetic", "trains"],
  ["membership-inference", "membership"],
] as const;

function judged(
  synthetic: string,
  files: { readonly train: string; readonly holdout: string; readonly folder: string },
): Record<string, string> {
  const out = join(files.folder, "bundle");
  rmSync(out, { recursive: true, force: true });
  const used = measureCommand([
    "evaluate",
    files.train,
    synthetic,
    "--holdout",
    files.holdout,
    "--target",
    TARGET,
    "--out",
    out,
    "--quiet",
  ]);
  const { rules } = JSON.parse(readFileSync(join(out, "decision.json"), "utf8")) as Decision;
  const scores = JSON.parse(readFileSync(join(out, "scores.json"), "utf8")) as readonly Score[];
  const hard = rules.filter(({ severity }) => severity === "refuse");
  const failed = hard.filter(({ outcome }) => outcome === "fail");
  const told = failed.length > 0 ? failed : hard.filter(({ outcome }) => outcome === "indeterminate");
  const shown = SHOWN.map(([metric, title]) => {
    const score = scores.find((item) => item.metric === metric);
    return [title, score && isMeasured(score) ? score.value.toFixed(3) : "–"] as const;
  });
  return {
    answer: ANSWERS[used.exitCode] ?? `exit ${used.exitCode}`,
    because: told.map(({ rule }) => rule).join(", "),
    ...Object.fromEntries(shown),
  };
}

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readTable } from "../src/data/read.ts";
import { writeTable } from "../src/data/write.ts";
import { threadExecutor } from "../src/executors/threads.ts";
import { randomFromSeed } from "../src/random.ts";
import { inferSchema } from "../src/schema/infer.ts";
import { reduceTable } from "../src/schema/reduce.ts";
import { sequentialTrees } from "../src/synthesizers/sequential-trees.ts";
import { measureCommand, medianOf, printTable } from "./measure.ts";

const DATA = join("examples", "data");
const SUPPORT2 = ["--target", "death", "--target-leaks", "hospdead", "d.time", "sfdm2"];

/** Time and memory of the main job: the quickstart, Adult, growth with the number of rows, sampling alone, and `--help`. */
export async function run(options: { readonly quick: boolean; readonly json: boolean }): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "counterfoil-speed-"));
  const rows: Record<string, string | number>[] = [];
  const add = (
    what: string,
    size: number,
    target: string,
    usage: { wallSeconds: number; cpuSeconds: number; megabytes: number; exitCode?: number },
  ): void => {
    rows.push({
      what,
      rows: size,
      "wall s": usage.wallSeconds,
      "cpu s": usage.cpuSeconds,
      MB: Math.round(usage.megabytes),
      exit: usage.exitCode ?? 0,
      target,
    });
    if (!options.json) process.stderr.write(`  ${what}: ${usage.wallSeconds.toFixed(2)} s\n`);
  };
  let made = 0;
  const job = (args: readonly string[]) =>
    measureCommand([...args, "--quiet", "--json", "--out", join(folder, `run-${made++}`)]);
  try {
    add(
      "counterfoil --help",
      0,
      "≤ 0.15 s",
      medianOf(options.quick ? 5 : 15, () => measureCommand(["--help"])),
    );
    add(
      "quickstart (SUPPORT2 × 48)",
      9105,
      "≤ 45 s, ≤ 1 GB",
      medianOf(options.quick ? 1 : 3, () => job(["synthesize", join(DATA, "support2.csv.gz"), ...SUPPORT2])),
    );
    const adult = ["synthesize", join(DATA, "adult.csv.gz"), "--target", "income"];
    if (!options.quick)
      add(
        "Adult × 15",
        32_561,
        "≤ 60 s",
        medianOf(3, () => job(adult)),
      );
    await sampling(options.quick ? 200_000 : 1_000_000, folder, add);
    if (!options.quick) {
      // Growth: tables of Adult's shape, made by the synthesizer itself (rows of the real table are only 32,561).
      const big = join(folder, "big");
      measureCommand([...adult, "--rows", "1000000", "--quiet", "--out", big]);
      for (const n of [10_000, 100_000, 1_000_000]) {
        add(
          "synthesize, Adult's shape × 15",
          n,
          n === 1_000_000 ? "≤ 360 s, ≤ 4 GB" : "",
          job([
            "synthesize",
            join(big, "data", "synthetic.parquet"),
            "--query",
            `select * from source limit ${n}`,
            "--target",
            "income",
          ]),
        );
      }
    }
    rows.push({
      what: "npm ci of users' dependencies, MB",
      rows: 0,
      "wall s": 0,
      "cpu s": 0,
      MB: Math.round(dependencyMegabytes()),
      exit: 0,
      target: "≤ 300",
    });
    printTable(rows, options.json);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Sampling alone: a fitted model of Adult into a Parquet file, both cores. */
async function sampling(
  rows: number,
  folder: string,
  add: (
    what: string,
    size: number,
    target: string,
    usage: { wallSeconds: number; cpuSeconds: number; megabytes: number },
  ) => void,
): Promise<void> {
  const { table } = await readTable(join(DATA, "adult.csv.gz"), {});
  const schema = inferSchema(table, {});
  const { modelled } = reduceTable(table, schema);
  const executor = threadExecutor();
  const random = randomFromSeed(0);
  const fitted = await sequentialTrees.fit(modelled, {
    schema,
    options: sequentialTrees.options.parse({}),
    random,
    executor,
  });
  const timed: { wallSeconds: number; cpuSeconds: number; megabytes: number }[] = [];
  for (let i = 0; i < 4; i++) {
    const started = performance.now();
    const cpu = process.cpuUsage();
    await writeTable(fitted.sample(rows, { random: random.split(i), executor }), {
      parquet: join(folder, `sample-${i}.parquet`),
      metadata: {},
    });
    const used = process.cpuUsage(cpu);
    timed.push({
      wallSeconds: (performance.now() - started) / 1000,
      cpuSeconds: (used.user + used.system) / 1e6,
      megabytes: process.resourceUsage().maxRSS / 1024,
    });
  }
  await executor.close();
  const median = timed.sort((a, b) => a.wallSeconds - b.wallSeconds)[2] as (typeof timed)[number];
  add(`sampling into Parquet: ${Math.round(rows / median.wallSeconds / 1000)}k rows/s`, rows, "≥ 500k rows/s", median);
}

/** What a user's install holds: the packages of package.json's dependencies and theirs, by the lockfile. */
function dependencyMegabytes(): number {
  const seen = new Set<string>();
  const queue = Object.keys(packageOf(".").dependencies ?? {});
  let bytes = 0;
  while (queue.length > 0) {
    const name = queue.pop() as string;
    const folder = join("node_modules", name);
    if (seen.has(name) || !statSync(folder, { throwIfNoEntry: false })) continue;
    seen.add(name);
    bytes += sizeOf(folder);
    const { dependencies = {}, optionalDependencies = {} } = packageOf(folder);
    queue.push(...Object.keys(dependencies), ...Object.keys(optionalDependencies));
  }
  return bytes / 2 ** 20;
}

function packageOf(folder: string): {
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
} {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

function sizeOf(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    bytes += entry.isDirectory() ? sizeOf(path) : (statSync(path, { throwIfNoEntry: false })?.size ?? 0);
  }
  return bytes;
}

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JobResult } from "../src/jobs/job.ts";
import { isMeasured } from "../src/metrics/metric.ts";
import { measureCommand, printTable } from "./measure.ts";

const TABLES = [
  { name: "SUPPORT2", file: "support2", args: ["--target", "death", "--target-leaks", "hospdead", "d.time", "sfdm2"] },
  { name: "Adult", file: "adult", args: ["--target", "income"] },
  { name: "AI4I", file: "ai4i2020", args: ["--target", "MachineFailure"] },
  { name: "German credit", file: "german-credit", args: ["--target", "class"] },
] as const;

/** The main job on every table under examples/data, as its own judge scores it: the decision of each run, and its scores. */
export async function run(options: { readonly quick: boolean; readonly json: boolean }): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "counterfoil-quality-"));
  const rows: Record<string, string | number>[] = [];
  try {
    for (const { name, file, args } of TABLES)
      for (let seed = 1; seed <= (options.quick ? 1 : 5); seed++) {
        const source = join("examples", "data", `${file}.csv.gz`);
        const out = join(folder, `${file}-${seed}`);
        const { stdout, cpuSeconds } = measureCommand(
          ["synthesize", source, ...args, "--seed", String(seed), "--quiet", "--json", "--out", out].map(String),
        );
        const { decision, scores } = JSON.parse(stdout) as JobResult;
        const shown = (metric: string, ceiling = false): string => {
          const score = scores.find((item) => item.metric === metric);
          if (!score || !isMeasured(score)) return "";
          return ceiling
            ? `${score.value.toFixed(4)} of ${score.ceiling?.value.toFixed(4) ?? "?"}`
            : `${score.value.toFixed(4)} (${score.low.toFixed(4)} to ${score.high.toFixed(4)})`;
        };
        rows.push({
          table: name,
          seed,
          decision: decision.decision,
          "pairs of ceiling": shown("pair-accuracy", true),
          "two-sample of ceiling": shown("two-sample", true),
          "train on synthetic / on real": shown("train-on-synthetic"),
          "exact copies, excess": shown("exact-copies"),
          "near copies, excess": shown("near-copies"),
          "cpu s": cpuSeconds,
        });
        if (!options.json) process.stderr.write(`  ${name}, seed ${seed}: ${decision.decision}\n`);
      }
    printTable(rows, options.json);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

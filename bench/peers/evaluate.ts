import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Table } from "../../src/data/table.ts";
import { writeTable } from "../../src/data/write.ts";
import type { Score } from "../../src/metrics/metric.ts";
import type { Decision } from "../../src/policy/decision.ts";
import { measureCommand, type Usage } from "../measure.ts";
import type { JudgedFiles } from "./ask.ts";

/** What `counterfoil evaluate` says by the default policy. */
export interface Evaluated {
  readonly answer: string;
  /** Hard rules that failed; where none did, those that could not be decided. */
  readonly because: readonly string[];
  readonly scores: readonly Score[];
  readonly usage: Usage;
}

const ANSWERS: Readonly<Record<number, string>> = { 0: "PASSED", 3: "REFUSED", 4: "INDETERMINATE" };

/** Runs the command line on files, bundle and report included.
 * @param more further flags */
export function evaluateFiles(
  { real, holdout, synthetic, target, folder }: JudgedFiles,
  more: readonly string[] = [],
): Evaluated {
  const place = mkdtempSync(join(folder, "evaluated-"));
  const out = join(place, "bundle");
  const usage = measureCommand([
    ...["evaluate", real, synthetic, "--holdout", holdout, "--target", target],
    ...["--out", out, "--quiet", "--json", ...more],
  ]);
  const { rules } = JSON.parse(readFileSync(join(out, "decision.json"), "utf8")) as Decision;
  const scores = JSON.parse(readFileSync(join(out, "scores.json"), "utf8")) as readonly Score[];
  rmSync(place, { recursive: true, force: true });
  const hard = rules.filter(({ severity }) => severity === "refuse");
  const failed = hard.filter(({ outcome }) => outcome === "fail");
  const told = failed.length > 0 ? failed : hard.filter(({ outcome }) => outcome === "indeterminate");
  return {
    answer: ANSWERS[usage.exitCode] ?? `exit ${usage.exitCode}`,
    because: told.map(({ rule }) => rule),
    scores,
    usage,
  };
}

/** Writes a table as CSV, as every judge reads it.
 * @returns its path */
export async function writeCsv(table: Table, folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  await writeTable(only(table), { parquet: `${path}.parquet`, csv: `${path}.csv`, metadata: {} });
  rmSync(`${path}.parquet`);
  return `${path}.csv`;
}

async function* only(table: Table): AsyncGenerator<Table> {
  yield table;
}

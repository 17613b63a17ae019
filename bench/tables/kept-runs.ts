import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Run } from "./run.ts";

/** Writes a run as a JSON file of its own. */
export function keepRun(folder: string, run: Run): void {
  mkdirSync(join(folder, run.table), { recursive: true });
  writeFileSync(fileOf(folder, run), `${JSON.stringify(run)}\n`);
}

export function isKept(folder: string, run: Pick<Run, "table" | "contender" | "seed">): boolean {
  return existsSync(fileOf(folder, run));
}

/** All runs of a table that were kept. */
export function keptRuns(folder: string, table: string): readonly Run[] {
  const place = join(folder, table);
  if (!existsSync(place)) return [];
  return readdirSync(place)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(place, name), "utf8")) as Run);
}

function fileOf(folder: string, { table, contender, seed }: Pick<Run, "table" | "contender" | "seed">): string {
  return join(folder, table, `${contender}.${seed}.json`);
}

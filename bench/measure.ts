import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** What one run of the command line took. */
export interface Usage {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly megabytes: number;
  readonly exitCode: number;
  readonly stdout: string;
}

/** The command line as it was compiled beside this benchmark. */
const MAIN = fileURLToPath(new URL("../src/cli/main.js", import.meta.url));

/** Runs `counterfoil` as a process of its own and measures the whole of it. */
export function measureCommand(args: readonly string[]): Usage {
  const folder = mkdtempSync(join(tmpdir(), "counterfoil-bench-"));
  const usageFile = join(folder, "usage.json");
  const started = performance.now();
  const child = spawnSync(
    process.execPath,
    ["--import", pathToFileURL(resolve("bench", "preload.mjs")).href, MAIN, ...args],
    {
      encoding: "utf8",
      maxBuffer: 1 << 28,
      env: {
        ...process.env,
        COUNTERFOIL_BENCH_USAGE: usageFile,
        XDG_CONFIG_HOME: join(folder, "config"),
        XDG_DATA_HOME: join(folder, "data"),
        XDG_STATE_HOME: join(folder, "state"),
      },
    },
  );
  const wallSeconds = (performance.now() - started) / 1000;
  const used = JSON.parse(readFileSync(usageFile, "utf8")) as { megabytes: number; cpuSeconds: number };
  rmSync(folder, { recursive: true, force: true });
  if (child.status === 1 || child.status === 2)
    throw new Error(`counterfoil ${args.join(" ")}: exit ${child.status}\n${child.stderr}`);
  return { wallSeconds, ...used, exitCode: child.status ?? -1, stdout: child.stdout };
}

/** CPU seconds of this process so far, of all its threads. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Reads `--name=value` among the flags of a benchmark. */
export function flagsOf(flags: readonly string[] = []): (name: string) => string | undefined {
  return (name) => flags.find((item) => item.startsWith(`--${name}=`))?.slice(name.length + 3);
}

/** Several runs; the median by wall time. */
export function medianOf(runs: number, once: () => Usage): Usage {
  const all = Array.from({ length: runs }, once).sort((a, b) => a.wallSeconds - b.wallSeconds);
  return all[Math.floor(all.length / 2)] as Usage;
}

/** Prints rows as an aligned table, or as JSON. */
export function printTable(rows: readonly Readonly<Record<string, string | number>>[], json: boolean): void {
  if (json) {
    console.log(JSON.stringify(rows, null, 2));
    return;
  }
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const text = (value: string | number | undefined): string =>
    value === undefined
      ? ""
      : typeof value === "number" && !Number.isInteger(value)
        ? String(Number(value.toPrecision(4)))
        : String(value);
  const widths = names.map((name) => Math.max(name.length, ...rows.map((row) => text(row[name]).length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i] as number)).join(" | ")} |`;
  console.log(line(names));
  console.log(line(widths.map((width) => "-".repeat(width))));
  for (const row of rows) console.log(line(names.map((name) => text(row[name]))));
}

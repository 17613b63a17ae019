import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** What a run of the command line left. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command line as a user would, with key store and ledger in a scratch folder. */
export function counterfoil(
  args: readonly string[],
  options: { readonly cwd: string; readonly timeoutMs?: number; readonly env?: Record<string, string> },
): Promise<Ran> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [resolve("dist", "cli", "main.js"), ...args], {
      cwd: options.cwd,
      env: {
        ...process.env,
        XDG_CONFIG_HOME: join(options.cwd, ".xdg", "config"),
        XDG_DATA_HOME: join(options.cwd, ".xdg", "data"),
        XDG_STATE_HOME: join(options.cwd, ".xdg", "state"),
        XDG_CACHE_HOME: join(options.cwd, ".xdg", "cache"),
        ...options.env,
      },
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), options.timeoutMs ?? 120_000);
    child.on("close", (code) => {
      clearTimeout(timer);
      done({ code, stdout, stderr });
    });
  });
}

/** A folder for one test, gone afterwards. */
export async function inScratch<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "counterfoil-test-"));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

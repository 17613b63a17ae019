import { spawn } from "node:child_process";

/** What a program left: its exit code (null: it could not be started, or was killed) and the end of what it said. */
export interface ProgramRan {
  readonly code: number | null;
  /** It is not there at all. */
  readonly missing: boolean;
  /** It was ended because its time was up. */
  readonly timedOut: boolean;
  /** Standard output and standard error, as they came. */
  readonly said: string;
  /** Standard output alone. */
  readonly printed: string;
}

export interface RunProgramOptions {
  readonly signal?: AbortSignal | undefined;
  readonly cwd?: string | undefined;
  /** Default: this process's. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** After this it is ended, with all that it started; default: never. What it leaves running when it ends by itself is ended soon after. */
  readonly timeoutMs?: number | undefined;
}

/** Runs a program with its arguments, through no shell, and waits for it. */
export function runProgram(
  [program, ...args]: readonly [string, ...string[]],
  { signal, cwd, environment, timeoutMs }: RunProgramOptions = {},
): Promise<ProgramRan> {
  return new Promise((done) => {
    let said = "";
    let printed = "";
    let timedOut = false;
    // A group of its own: what the program started ends with it.
    const grouped = timeoutMs !== undefined && process.platform !== "win32";
    const child = spawn(program, args, {
      cwd,
      ...(grouped ? {} : { signal }),
      ...(environment ? { env: environment } : {}),
      detached: grouped,
      stdio: ["ignore", "pipe", "pipe"],
      windowsHide: true,
    });
    const end = (): void => {
      try {
        if (grouped && child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
        else child.kill("SIGKILL");
      } catch {
        // It has ended by itself.
      }
    };
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            end();
          }, timeoutMs);
    if (grouped) signal?.addEventListener("abort", end, { once: true });
    // Whatever still holds the pipes of a program that has ended would be waited for without an end.
    let patience: NodeJS.Timeout | undefined;
    if (grouped)
      child.on("exit", () => {
        patience = setTimeout(() => {
          end();
          child.stdout.destroy();
          child.stderr.destroy();
        }, PATIENCE_MS);
      });
    const finish = (ran: Pick<ProgramRan, "code" | "missing" | "said">): void => {
      clearTimeout(timer);
      clearTimeout(patience);
      signal?.removeEventListener("abort", end);
      done({ ...ran, timedOut, printed });
    };
    child.stdout.on("data", (part: Buffer) => {
      said = (said + part.toString()).slice(-MOST_KEPT);
      printed = (printed + part.toString()).slice(-MOST_KEPT);
    });
    child.stderr.on("data", (part: Buffer) => {
      said = (said + part.toString()).slice(-MOST_KEPT);
    });
    child.on("error", (error: NodeJS.ErrnoException) =>
      finish({ code: null, missing: error.code === "ENOENT", said: said || error.message }),
    );
    child.on("close", (code) => finish({ code, missing: false, said }));
  });
}

const MOST_KEPT = 2000;
const PATIENCE_MS = 1000;

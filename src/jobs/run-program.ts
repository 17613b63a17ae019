import { spawn } from "node:child_process";

/** What a program left: its exit code (null: it could not be started, or was killed) and the end of what it said. */
export interface ProgramRan {
  readonly code: number | null;
  /** It is not there at all. */
  readonly missing: boolean;
  readonly said: string;
}

/** Runs a program with its arguments, through no shell, and waits for it. */
export function runProgram(
  [program, ...args]: readonly [string, ...string[]],
  { signal, cwd }: { readonly signal?: AbortSignal | undefined; readonly cwd?: string | undefined } = {},
): Promise<ProgramRan> {
  return new Promise((done) => {
    let said = "";
    const child = spawn(program, args, { cwd, signal, stdio: ["ignore", "pipe", "pipe"] });
    const hear = (part: Buffer): void => {
      said = (said + part.toString()).slice(-MOST_KEPT);
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.on("error", (error: NodeJS.ErrnoException) =>
      done({ code: null, missing: error.code === "ENOENT", said: said || error.message }),
    );
    child.on("close", (code) => done({ code, missing: false, said }));
  });
}

const MOST_KEPT = 2000;

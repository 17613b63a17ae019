import { readdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { ResourceError } from "../../errors.ts";
import { diskError } from "./disk-error.ts";

/** Held by one process at a time; gone with it, whatever way it ended. */
export interface FolderLock {
  release(): void;
}

interface Owner {
  readonly pid: number;
  readonly host: string;
  /** Names the machine's start (Linux); null elsewhere. */
  readonly boot: string | null;
  /** Names the process's start, since numbers of processes come again (Linux); null elsewhere. */
  readonly start: string | null;
}

/** Takes the lock of a folder: `lock-N`, created by one process only, N one more than of any lock there. Locks whose owner is dead are removed. Whoever
 * made a lock looks once more for others that live, so that of two who take over a dead owner's lock at the same time not both go on.
 * @throws {ResourceError} "run-in-use": another process has it */
export async function lockFolder(folder: string): Promise<FolderLock> {
  try {
    const mine = owner();
    for (let attempt = 0; ; attempt++) {
      const number = Math.max(0, ...(await refuseLiving(folder, undefined))) + 1;
      const name = `lock-${number}`;
      const path = join(folder, name);
      try {
        writeFileSync(path, JSON.stringify(mine), { flag: "wx", mode: 0o600 });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EEXIST" && attempt < 20) continue;
        throw error;
      }
      try {
        for (const dead of await refuseLiving(folder, name)) unlinkQuietly(join(folder, `lock-${dead}`));
      } catch (error) {
        unlinkQuietly(path);
        throw error;
      }
      return { release: () => unlinkQuietly(path) };
    }
  } catch (error) {
    throw diskError(error, { doing: "taking the run's folder for this process", path: folder });
  }
}

/** @returns numbers of the locks whose owners are dead
 * @throws {ResourceError} one lives */
async function refuseLiving(folder: string, except: string | undefined): Promise<number[]> {
  const dead: number[] = [];
  for (const name of readdirSync(folder)) {
    const number = /^lock-(\d+)$/.exec(name)?.[1];
    if (number === undefined || name === except) continue;
    const path = join(folder, name);
    const other = await readOwner(path);
    if (other === undefined) continue;
    if (other === "unreadable" || isDead(other)) {
      dead.push(Number(number));
      continue;
    }
    const here = other.host === hostname();
    throw new ResourceError(
      "run-in-use",
      `The run's folder is in use by process ${other.pid}${here ? "" : ` on ${other.host}`} (${folder}).`,
      {
        advice: here
          ? "Wait until it has ended, stop it, or run in another folder."
          : `Wait until it has ended. If nothing runs on ${other.host} any more, remove ${path}.`,
      },
    );
  }
  return dead;
}

/** @returns undefined: it was given back meanwhile; "unreadable": its owner died between making and filling it */
async function readOwner(path: string): Promise<Owner | "unreadable" | undefined> {
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      const value = JSON.parse(readFileSync(path, "utf8")) as Partial<Owner> | null;
      if (typeof value?.pid === "number" && typeof value.host === "string")
        return { pid: value.pid, host: value.host, boot: value.boot ?? null, start: value.start ?? null };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      if (!(error instanceof SyntaxError)) throw error;
    }
    await new Promise((done) => setTimeout(done, 40));
  }
  return "unreadable";
}

function owner(): Owner {
  return { pid: process.pid, host: hostname(), boot: bootOf(), start: startOf(process.pid) };
}

/** Of a process on another machine nobody can tell: it counts as alive. */
function isDead(other: Owner): boolean {
  if (other.host !== hostname()) return false;
  if (other.boot !== null && other.boot !== bootOf()) return true;
  try {
    process.kill(other.pid, 0);
  } catch (error) {
    // EPERM: it lives and is another user's.
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return true;
  }
  const start = startOf(other.pid);
  return other.start !== null && start !== null && other.start !== start;
}

function bootOf(): string | null {
  return readQuietly("/proc/sys/kernel/random/boot_id")?.trim() ?? null;
}

/** Field 22 of /proc/<pid>/stat, ticks since the machine's start; the name before may hold anything, brackets too. */
function startOf(pid: number): string | null {
  const stat = readQuietly(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
}

function readQuietly(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function unlinkQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Gone already, or on a disk that refuses: a lock of a dead process holds nobody up.
  }
}

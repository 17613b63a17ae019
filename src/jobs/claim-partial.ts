import { readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Where this process writes a file that is fetched: what an earlier process left of it is taken over, what a living one is writing is left alone. */
export async function claimPartial(path: string): Promise<string> {
  const prefix = `${basename(path)}.partial-`;
  const own = `${path}.partial-${process.pid}`;
  for (const entry of await readdir(dirname(path))) {
    const owner = entry.startsWith(prefix) ? Number(entry.slice(prefix.length)) : Number.NaN;
    if (!Number.isInteger(owner) || owner === process.pid || isAlive(owner)) continue;
    // Another process may be quicker.
    await rename(join(dirname(path), entry), own).catch(() => rm(join(dirname(path), entry), { force: true }));
  }
  return own;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

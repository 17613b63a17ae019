import { createHash, randomBytes } from "node:crypto";
import { mkdir, readdir, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { partialPrefix } from "./layout.ts";

/** Makes the hidden folder beside an output in which it is written before it gets its name; removes those that killed runs left behind.
 * @param final the output; the folder above it exists */
export async function makePartialFolder(final: string): Promise<string> {
  const parent = dirname(final);
  await removeAbandoned(parent, basename(final));
  const folder = join(parent, `${partialPrefix(basename(final))}${writerTag()}-${randomBytes(6).toString("hex")}`);
  await mkdir(folder);
  return folder;
}

/** Machine and process, so that a later run can tell whether the writer still lives. */
function writerTag(): string {
  return `${createHash("sha256").update(hostname()).digest("hex").slice(0, 8)}-${process.pid}`;
}

/** Only folders with our own kind of name, of this machine, whose process is gone. */
async function removeAbandoned(parent: string, name: string): Promise<void> {
  const prefix = partialPrefix(name);
  const [host] = writerTag().split("-");
  for (const entry of await readdir(parent, { withFileTypes: true })) {
    if (!entry.isDirectory() || !entry.name.startsWith(prefix)) continue;
    const tag = /^([0-9a-f]{8})-(\d+)-[0-9a-f]{12}$/.exec(entry.name.slice(prefix.length));
    if (!tag || tag[1] !== host || isAlive(Number(tag[2]))) continue;
    await rm(join(parent, entry.name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { lstat, mkdir, open, readdir, rename, rm, rmdir } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { InvalidArgument, throwIfCancelled } from "../errors.ts";
import { fileError } from "./file-error.ts";
import { partialPrefix } from "./layout.ts";
import { makeFolder } from "./make-folder.ts";

/** Writes a folder that is complete or absent, whatever happens in between.
 *
 * `write` fills a hidden sibling of the final folder; then every file and folder is flushed to the disk and the sibling is renamed. An error
 * or a cancellation removes it. A process killed half-way leaves it, under a name that is not the bundle's; the next run into the same place
 * removes it, once the process that wrote it is gone.
 * @param finalPath must not exist; folders above it are made
 * @returns what `write` returned
 * @throws {InvalidArgument} the folder exists
 * @throws {ResourceError} disk full, read-only, no permission
 * @throws {Cancelled} the signal fired before the rename */
export async function writeFolder<T>(
  finalPath: string,
  write: (folder: string) => Promise<T>,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<T> {
  const final = resolve(finalPath);
  const parent = dirname(final);
  const place = { doing: "writing the output folder", path: final };
  throwIfCancelled(options.signal);
  await refuseExisting(final);
  let made: string | undefined;
  let partial: string | undefined;
  try {
    made = await makeFolder(parent, { mode: 0o777 });
    await removeAbandoned(parent, basename(final));
    const folder = join(parent, `${partialPrefix(basename(final))}${writerTag()}-${randomBytes(6).toString("hex")}`);
    await mkdir(folder);
    partial = folder;
    const result = await write(folder);
    throwIfCancelled(options.signal);
    await flushTree(folder);
    await refuseExisting(final);
    throwIfCancelled(options.signal);
    await rename(folder, final);
    partial = undefined;
    await flush(parent);
    return result;
  } catch (error) {
    if (partial) await rm(partial, { recursive: true, force: true }).catch(() => undefined);
    if (made && !existsSync(final)) await removeEmpty(parent, made);
    throw fileError(error, place);
  }
}

async function refuseExisting(final: string): Promise<void> {
  let found: Awaited<ReturnType<typeof lstat>>;
  try {
    found = await lstat(final);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw fileError(error, { doing: "looking at the output folder", path: final });
  }
  const what = found.isDirectory() ? "The output folder" : "The output path";
  throw new InvalidArgument("output-exists", `${what} exists already: ${final}.`, {
    advice: "Choose another with --out, or move it away; nothing is ever overwritten.",
  });
}

/** Machine and process, so that a later run can tell whether the writer still lives. */
function writerTag(): string {
  return `${createHash("sha256").update(hostname()).digest("hex").slice(0, 8)}-${process.pid}`;
}

/** Removes what killed runs into the same place left behind: only folders with our own kind of name, of this machine, whose process is gone. */
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

/** Flushes every file, then every folder, innermost first. */
async function flushTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    await (entry.isDirectory() ? flushTree(path) : flush(path));
  }
  await flush(folder);
}

async function flush(path: string): Promise<void> {
  const file = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    // Windows cannot open a folder to flush it, and does not need it.
    if (process.platform === "win32" && (error.code === "EPERM" || error.code === "EISDIR")) return undefined;
    throw error;
  });
  try {
    await file?.sync();
  } catch (error) {
    // Some network and overlay file systems cannot flush a folder; a read-only handle cannot flush a file on Windows.
    if (!["EINVAL", "ENOTSUP", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  } finally {
    await file?.close();
  }
}

/** Removes the folders that were made above the output, as far as they are empty. */
async function removeEmpty(from: string, top: string): Promise<void> {
  for (let at = from; ; at = dirname(at)) {
    try {
      await rmdir(at);
    } catch {
      return;
    }
    if (at === top || at === dirname(at)) return;
  }
}

import { existsSync } from "node:fs";
import { rename, rm, rmdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { throwIfCancelled } from "../errors.ts";
import { fileError } from "./file-error.ts";
import { flush, flushTree } from "./flush.ts";
import { makeFolder } from "./make-folder.ts";
import { makePartialFolder } from "./partial-folder.ts";
import { refuseExisting } from "./refuse-existing.ts";

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
  await refuseExisting(final, "folder");
  let made: string | undefined;
  let partial: string | undefined;
  try {
    made = await makeFolder(parent, { mode: 0o777 });
    const folder = await makePartialFolder(final);
    partial = folder;
    const result = await write(folder);
    throwIfCancelled(options.signal);
    await flushTree(folder);
    await refuseExisting(final, "folder");
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

/** Removes the folders that were made above the output, as far as they are empty. */
export async function removeEmpty(from: string, top: string): Promise<void> {
  for (let at = from; ; at = dirname(at)) {
    try {
      await rmdir(at);
    } catch {
      return;
    }
    if (at === top || at === dirname(at)) return;
  }
}

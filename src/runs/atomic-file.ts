import { existsSync } from "node:fs";
import { link, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { throwIfCancelled } from "../errors.ts";
import { removeEmpty } from "./atomic-folder.ts";
import { fileError } from "./file-error.ts";
import { flush } from "./flush.ts";
import { makeFolder } from "./make-folder.ts";
import { makePartialFolder } from "./partial-folder.ts";
import { refuseExisting } from "./refuse-existing.ts";

/** Writes a file that is complete or absent, whatever happens in between: in a hidden folder beside its place, flushed to the disk, then given
 * its name. An error or a cancellation removes what there is; what a killed process leaves is removed by the next run into the same place.
 * @param finalPath must not exist; folders above it are made
 * @param write makes the file of the path it is told, which has the final name
 * @returns what `write` returned
 * @throws {InvalidArgument} a file of that name exists
 * @throws {ResourceError} disk full, read-only, no permission
 * @throws {Cancelled} the signal fired before the file had its name */
export async function writeWholeFile<T>(
  finalPath: string,
  write: (path: string) => Promise<T>,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<T> {
  const final = resolve(finalPath);
  throwIfCancelled(options.signal);
  await refuseExisting(final, "file");
  let made: string | undefined;
  let partial: string | undefined;
  try {
    made = await makeFolder(dirname(final), { mode: 0o777 });
    partial = await makePartialFolder(final);
    const path = join(partial, basename(final));
    const result = await write(path);
    throwIfCancelled(options.signal);
    await flush(path);
    throwIfCancelled(options.signal);
    await nameFile(path, final);
    await flush(dirname(final));
    return result;
  } catch (error) {
    throw fileError(error, { doing: "writing the output file", path: final });
  } finally {
    if (partial) await rm(partial, { recursive: true, force: true }).catch(() => undefined);
    if (made && !existsSync(final)) await removeEmpty(dirname(final), made);
  }
}

/** A link fails where a file of that name has come up in the meantime; renaming would put ours in its place. */
async function nameFile(path: string, final: string): Promise<void> {
  try {
    await link(path, final);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    await refuseExisting(final, "file");
    // File systems without hard links.
    if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EINVAL"].includes(code ?? "")) throw error;
    await rename(path, final);
  }
}

import { constants } from "node:fs";
import { access, mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/** Makes a folder and those above it that are missing; one that exists is left as it is.
 *
 * Step by step and not by Node's own `recursive`, which never returns where the file system says that a folder is not there although the one above it is
 * (`/proc`).
 * @returns the highest folder that was made; undefined where none had to be
 * @throws {NodeJS.ErrnoException} in the words of the folder that stood in the way: Node says that a folder is not there when it could not be
 * made on a read-only disk */
export async function makeFolder(path: string, options: { readonly mode: number }): Promise<string | undefined> {
  try {
    return await make(path, options.mode);
  } catch (error) {
    for (let above = path; above !== dirname(above); ) {
      above = dirname(above);
      try {
        await access(above, constants.W_OK);
        break;
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
      }
    }
    throw error;
  }
}

async function make(path: string, mode: number): Promise<string | undefined> {
  try {
    await mkdir(path, { mode });
    return path;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && (await stat(path)).isDirectory()) return undefined;
    if (code !== "ENOENT" || dirname(path) === path) throw error;
  }
  const made = await make(dirname(path), mode);
  try {
    await mkdir(path, { mode });
    return made ?? path;
  } catch (error) {
    // Somebody else made it in the meantime.
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return made;
    throw error;
  }
}

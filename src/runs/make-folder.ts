import { constants } from "node:fs";
import { access, mkdir } from "node:fs/promises";
import { dirname } from "node:path";

/** Makes a folder and those above it that are missing; one that exists is left as it is.
 * @throws {NodeJS.ErrnoException} in the words of the folder that stood in the way: Node says that a folder is not there when it could not be
 * made on a read-only disk */
export async function makeFolder(path: string, options: { readonly mode: number }): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: options.mode });
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

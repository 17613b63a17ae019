import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { InvalidArgument } from "../errors.ts";
import { writeFolder } from "../runs/atomic-folder.ts";

/** Writes what a policy keeps out of a bundle beside it: `<bundle>-evaluation`, for the operator's eyes alone (mode 0700), unsigned, complete or
 * absent. Nothing is overwritten: where that name is taken, "-2" and so on follows it, for a budget that was spent is not wasted for a name.
 * @param files texts by their names
 * @returns the folder's path
 * @throws {ResourceError} disk full, read-only, no permission
 * @throws {Cancelled} the signal fired; nothing was written */
export async function writeEvaluation(
  bundle: string,
  files: ReadonlyMap<string, string>,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<string> {
  for (let n = 1; ; n++) {
    const place = `${bundle}-evaluation${n === 1 ? "" : `-${n}`}`;
    try {
      await writeFolder(
        place,
        async (folder) => {
          await chmod(folder, 0o700);
          for (const [name, text] of files) await writeFile(join(folder, name), text, { flag: "wx", mode: 0o600 });
        },
        options,
      );
      return place;
    } catch (error) {
      if (!(error instanceof InvalidArgument && error.code === "output-exists")) throw error;
    }
  }
}

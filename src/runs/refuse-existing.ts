import { lstat } from "node:fs/promises";
import { InvalidArgument } from "../errors.ts";
import { fileError } from "./file-error.ts";

/** Nothing that is there is overwritten.
 * @throws {InvalidArgument} something has the name of the output already */
export async function refuseExisting(final: string, kind: "folder" | "file"): Promise<void> {
  let found: Awaited<ReturnType<typeof lstat>>;
  try {
    found = await lstat(final);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw fileError(error, { doing: `looking at the output ${kind}`, path: final });
  }
  const what = found.isDirectory() === (kind === "folder") ? `The output ${kind}` : "The output path";
  throw new InvalidArgument("output-exists", `${what} exists already: ${final}.`, {
    advice: "Choose another with --out, or move it away; nothing is ever overwritten.",
  });
}

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { InvalidArgument } from "../errors.ts";
import { BUNDLE } from "../runs/layout.ts";

/** The file of a table that was given: of a bundle's folder its synthetic data.
 * @throws {InvalidArgument} a folder without any */
export async function tableFileOf(path: string): Promise<string> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) return path;
  const file = join(path, BUNDLE.synthetic);
  const isThere = await stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
  if (isThere) return file;
  throw new InvalidArgument(
    "no-data",
    `${path} is a folder without ${BUNDLE.synthetic}: no bundle, or one without its data.`,
    {
      advice: "Give a table, or the folder that `counterfoil synthesize` left; an evaluation's bundle holds no table.",
    },
  );
}

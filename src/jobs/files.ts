import { existsSync } from "node:fs";
import { mkdtemp, readFile, rmdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { InvalidArgument } from "../errors.ts";
import { loadSigner, ownKey } from "../evidence/keys.ts";
import type { Signer } from "../evidence/sign.ts";
import { fileError } from "../runs/file-error.ts";
import { userFolders } from "../runs/user-folders.ts";
import { parseSchema, type SchemaOverride } from "../schema/file.ts";

/** The absolute path of a bundle to be written; refused early, before hours of work, when it exists or cannot be made. */
export async function freshFolder(path: string): Promise<string> {
  return freshPath(path, {
    taken: `The output folder exists: ${path}.`,
    advice: "Choose another with --out, or remove it first; a bundle is never overwritten.",
  });
}

/** The absolute path of a file to be written; refused early, when there is one or its folder cannot be made.
 * @param option the flag that names it */
export async function freshFile(path: string, option: string): Promise<string> {
  return freshPath(path, {
    taken: `There is a file already: ${path}.`,
    advice: `Choose another name with ${option}, or remove it first; nothing is ever overwritten.`,
  });
}

async function freshPath(path: string, words: { readonly taken: string; readonly advice: string }): Promise<string> {
  const full = resolve(path);
  if (existsSync(full)) throw new InvalidArgument("output-exists", words.taken, { advice: words.advice });
  for (let above = dirname(full); ; above = dirname(above)) {
    const found = await stat(above).catch(() => undefined);
    if (found && !found.isDirectory())
      throw new InvalidArgument("not-a-folder", `Cannot write ${path}: ${above} is a file, not a folder.`, {
        advice: "Choose another place.",
      });
    if (found) await tryWriting(above);
    if (found || above === dirname(above)) return full;
  }
}

/** Makes a folder and removes it: permissions alone do not tell whether one can be made, and Node never returns from making folders, with those
 * above them, where the system takes none (/proc).
 * @throws {ResourceError} none can be made */
async function tryWriting(folder: string): Promise<void> {
  try {
    await rmdir(await mkdtemp(join(folder, ".counterfoil-")));
  } catch (error) {
    throw fileError(error, { doing: "making the output folder", path: folder });
  }
}

/** What the output of a source is called when nobody says: its name without extensions, and what it is. */
export function defaultFolder(source: string, what = "synthetic"): string {
  const name = basename(source).replace(
    /(\.(csv|tsv|txt|json|jsonl|ndjson|parquet|duckdb|db|sqlite|sqlite3))?(\.gz)?$/i,
    "",
  );
  return `${name || "table"}-${what}`;
}

/** Reads a schema file.
 * @throws {InvalidArgument} no such file, or it is not a schema */
export async function loadSchema(path: string): Promise<SchemaOverride> {
  const text = await readNamed(path, {
    what: "schema file",
    doing: "reading the schema",
    advice: "Write one with `counterfoil schema <file> --out schema.yaml`, edit it, and give it with --schema.",
  });
  return parseSchema(text, path);
}

/** The text of a file that somebody named.
 * @param words what it is and what was being done, for messages; and what to do where there is none
 * @throws {InvalidArgument} "no-such-file"
 * @throws {ResourceError} it cannot be read */
export async function readNamed(
  path: string,
  words: { readonly what: string; readonly doing: string; readonly advice: string },
): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT")
      throw new InvalidArgument("no-such-file", `There is no ${words.what} ${path}.`, { advice: words.advice });
    throw fileError(error, { doing: words.doing, path });
  }
}

/** The key that will sign: the file given, or this user's own, made on first use. Its notices name paths of this machine: they are for the
 * person at the terminal and never go into a bundle. */
export async function openSigner(path: string | undefined, notice: (message: string) => void): Promise<Signer> {
  if (path !== undefined) {
    const { signer, notices } = await loadSigner(path);
    notices.forEach(notice);
    return signer;
  }
  const own = await ownKey(userFolders());
  own.notices.forEach(notice);
  return own.signer;
}

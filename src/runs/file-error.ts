import { CounterfoilError, ResourceError } from "../errors.ts";

/** An error of the file system in clear words; errors that are not of the file system come back as they are.
 * @param doing what was being done, as in "writing the bundle"
 * @param path where */
export function fileError(error: unknown, { doing, path }: { readonly doing: string; readonly path: string }): unknown {
  if (error instanceof CounterfoilError || !(error instanceof Error)) return error;
  const { code, path: at } = error as NodeJS.ErrnoException;
  if (typeof code !== "string" || !(code in WORDS)) return error;
  const [name, text, advice] = WORDS[code] as readonly [string, string, string];
  return new ResourceError(name, `While ${doing}: ${text} (${at ?? path}, ${code}).`, { advice, cause: error });
}

const WORDS: Readonly<Record<string, readonly [code: string, text: string, advice: string]>> = {
  ENOSPC: ["disk-full", "the disk is full", "Free some space or choose another folder with --out."],
  EDQUOT: ["disk-full", "your quota on this disk is used up", "Free some space or choose another folder with --out."],
  EFBIG: ["file-too-big", "the file is larger than this file system allows", "Choose a folder on another disk."],
  EROFS: ["read-only", "the file system is read-only", "Choose another folder with --out."],
  EACCES: [
    "no-permission",
    "you have no permission to write there",
    "Choose another folder or change its permissions.",
  ],
  EPERM: ["no-permission", "the system does not permit it", "Choose another folder or change its permissions."],
  EIO: ["disk-error", "the disk reports an error", "Check the disk; choose another folder."],
  ENOENT: [
    "vanished",
    "a file or folder is not there (any more)",
    "Check the path, and that nothing else removes files there.",
  ],
  EISDIR: ["not-a-file", "a folder is where a file should be", "Move the folder away, or check the path."],
  ENOTDIR: ["not-a-folder", "a part of the path is a file, not a folder", "Check the path."],
  ENAMETOOLONG: ["name-too-long", "the name is too long for this file system", "Choose a shorter name."],
  EMFILE: ["too-many-files", "too many files are open", "Raise the limit (ulimit -n) or close other programs."],
  EBUSY: ["busy", "something else is using it", "Close the other program and run again."],
};

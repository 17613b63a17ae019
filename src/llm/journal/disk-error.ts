import { CounterfoilError, ResourceError } from "../../errors.ts";

/** An error of the file system under a journal in clear words; errors that are not of the file system come back as they are.
 * @param doing as in "writing the journal" */
export function diskError(error: unknown, { doing, path }: { readonly doing: string; readonly path: string }): unknown {
  if (error instanceof CounterfoilError || !(error instanceof Error)) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (typeof code !== "string" || !(code in WORDS)) return error;
  const [name, text, advice] = WORDS[code] as readonly [string, string, string];
  return new ResourceError(name, `While ${doing}: ${text} (${path}, ${code}). Every answer that counted is kept.`, {
    advice,
    cause: error,
  });
}

const AGAIN = "then run again: it goes on where it stopped.";

const WORDS: Readonly<Record<string, readonly [code: string, text: string, advice: string]>> = {
  ENOSPC: ["disk-full", "the disk is full", `Free some space, ${AGAIN}`],
  EDQUOT: ["disk-full", "your quota on this disk is used up", `Free some space, ${AGAIN}`],
  EFBIG: [
    "file-too-big",
    "the file is larger than this file system or a limit (ulimit -f) allows",
    `Raise the limit, ${AGAIN}`,
  ],
  EROFS: [
    "read-only",
    "the file system is read-only",
    `Mount it for writing or copy the folder to another disk, ${AGAIN}`,
  ],
  EACCES: ["no-permission", "you have no permission to write there", `Change the folder's permissions, ${AGAIN}`],
  EPERM: ["no-permission", "the system does not permit it", `Change the folder's permissions, ${AGAIN}`],
  EIO: ["disk-error", "the disk reports an error", `Check the disk, or copy the folder to another one, ${AGAIN}`],
  ESTALE: ["disk-error", "the network disk was lost", `Mount it again, ${AGAIN}`],
  ENOENT: ["vanished", "a file or folder is not there (any more)", "See that nothing else removes files there."],
  ENOTDIR: ["not-a-folder", "a part of the path is a file, not a folder", "Check the path."],
  EISDIR: ["not-a-file", "a folder is where a file should be", "Move the folder away, or check the path."],
  EMFILE: ["too-many-files", "too many files are open", "Raise the limit (ulimit -n) or close other programs."],
  ENFILE: ["too-many-files", "too many files are open", "Close other programs."],
};

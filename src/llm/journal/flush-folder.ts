import { fsync } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";

/** What file systems without a flush say; nothing can be done about it. */
export const CANNOT_FLUSH: ReadonlySet<string> = new Set(["EINVAL", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"]);

/** So that the names of its files are on the disk. Windows cannot, and need not. */
export async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EPERM" || error.code === "EISDIR" || error.code === "EACCES") return undefined;
    throw error;
  });
  if (handle === undefined) return;
  try {
    await new Promise<void>((done, failed) => {
      fsync(handle.fd, (error) =>
        error && !CANNOT_FLUSH.has(error.code ?? "") && error.code !== "EPERM" ? failed(error) : done(),
      );
    });
  } finally {
    await handle.close();
  }
}

/** Makes a folder and those above it that are missing, each on the disk by name when this returns. Step by step: Node's own `recursive` never returns where a file
 * system says that a folder is not there although the one above it is (`/proc`). */
export async function makeFlushedFolder(path: string): Promise<void> {
  const above = dirname(path);
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return;
    if (code !== "ENOENT" || above === path) throw error;
    await makeFlushedFolder(above);
    await mkdir(path, { mode: 0o700 }).catch((again: NodeJS.ErrnoException) => {
      if (again.code !== "EEXIST") throw again;
    });
  }
  await flushFolder(above);
}

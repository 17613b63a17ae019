import { open, readdir } from "node:fs/promises";
import { join } from "node:path";

/** Flushes every file below a folder, then every folder, innermost first. */
export async function flushTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    await (entry.isDirectory() ? flushTree(path) : flush(path));
  }
  await flush(folder);
}

/** Flushes a file or a folder to the disk. */
export async function flush(path: string): Promise<void> {
  const file = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    // Windows cannot open a folder to flush it, and does not need it.
    if (process.platform === "win32" && (error.code === "EPERM" || error.code === "EISDIR")) return undefined;
    throw error;
  });
  try {
    await file?.sync();
  } catch (error) {
    // Some network and overlay file systems cannot flush a folder; a read-only handle cannot flush a file on Windows.
    if (!["EINVAL", "ENOTSUP", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  } finally {
    await file?.close();
  }
}

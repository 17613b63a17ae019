import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { ResourceError } from "../errors.ts";
import type { BatchRecord, BatchStore } from "./batch-store.ts";

/** Records of batches as files in a folder, one each; the folder is made when there is something to keep. */
export function createBatchStore(folder: string): BatchStore {
  return {
    async list() {
      const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return [];
        throw unusable(folder, error);
      });
      const records: BatchRecord[] = [];
      for (const name of names.filter((each) => each.endsWith(".json")).sort()) {
        const path = join(folder, name);
        try {
          records.push(JSON.parse(await readFile(path, "utf8")) as BatchRecord);
        } catch (error) {
          throw unusable(path, error as Error);
        }
      }
      return records;
    },
    async put(record) {
      const path = join(folder, `${record.token}.json`);
      try {
        await mkdir(folder, { recursive: true });
        const file = await open(`${path}.partial`, "w");
        try {
          await file.writeFile(JSON.stringify(record));
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(`${path}.partial`, path);
      } catch (error) {
        throw unusable(path, error as Error);
      }
    },
    async remove(token) {
      await rm(join(folder, `${token}.json`), { force: true });
    },
  };
}

function unusable(path: string, cause: Error): ResourceError {
  return new ResourceError("batch-store", `The record of a batch cannot be kept or read: ${path} (${cause.message}).`, {
    advice: "Make room or mend the permissions, and run again: batches that were submitted go on.",
    cause,
  });
}

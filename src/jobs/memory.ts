import { totalmem } from "node:os";
import type { Table } from "../data/table.ts";
import { ResourceError } from "../errors.ts";

/** Bytes that judging takes for each cell at its height: the tables, their codes, and the samples of the metrics; measured, and rounded up. */
const BYTES_PER_CELL = 60;
const SHARE_OF_MEMORY = 0.9;

/** Says before the work when the tables cannot be judged in the memory there is: this machine's, or what a container allows of it.
 * @param there bytes, for a test
 * @throws {ResourceError} with the gigabytes needed and there */
export function checkMemory(tables: readonly (Table | undefined)[], there: number = memoryThere()): void {
  const cells = tables.reduce((sum, table) => sum + (table ? table.rows * table.columns.length : 0), 0);
  const needed = cells * BYTES_PER_CELL;
  if (needed <= SHARE_OF_MEMORY * there) return;
  const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(1);
  throw new ResourceError(
    "not-enough-memory",
    `Judging ${cells.toLocaleString("en-US")} cells takes about ${gigabytes(needed)} GB, and there are ${gigabytes(there)} GB.`,
    { advice: "Judge a random part of the rows, or fewer columns." },
  );
}

/** A container's limit is far below the machine's memory, or beyond it where there is none. */
function memoryThere(): number {
  const limit = process.constrainedMemory() ?? 0;
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

import { rmSync } from "node:fs";
import type { Table } from "../src/data/table.ts";
import { writeTable } from "../src/data/write.ts";

/** Writes a table as CSV and nothing else. */
export async function writeCsv(table: Table, path: string): Promise<void> {
  async function* chunks(): AsyncGenerator<Table> {
    yield table;
  }
  await writeTable(chunks(), { parquet: `${path}.parquet`, csv: path, metadata: {} });
  rmSync(`${path}.parquet`);
}

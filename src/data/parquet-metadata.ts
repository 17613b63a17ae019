import { literal, openDatabase } from "./duckdb.ts";

/** The key-value metadata of a Parquet file.
 * @returns empty where the file is no Parquet file, or has none */
export async function parquetMetadata(
  path: string,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Readonly<Record<string, string>>> {
  const db = await openDatabase({ threads: 1, memoryMegabytes: 200, signal: options.signal });
  try {
    const rows = await db.rows(
      `SELECT key::VARCHAR, value::VARCHAR FROM parquet_kv_metadata(${literal(path)}) WHERE starts_with(key::VARCHAR, 'counterfoil:')`,
    );
    return Object.fromEntries(rows.map(([key, value]) => [String(key), String(value)]));
  } catch (error) {
    if (options.signal?.aborted) throw error;
    return {};
  } finally {
    await db.close();
  }
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { concatRows, sliceRows, type Table, takeRows } from "../../src/data/table.ts";
import { randomFromSeed } from "../../src/random.ts";
import { type PoolRow, SEEN } from "./banking-pools.ts";
import { textTable } from "./lessons.ts";
import { drawnRows, STUDY_DATA, type TextRows } from "./study-rows.ts";

/** What the model wrote, kept: it took an hour of a processor. */
export const POOLS_FILE = join(STUDY_DATA, "banking77-pools.jsonl.gz");

/** One draw of real rows with the rows that were written from its first {@link SEEN}. */
export interface ModelDraw {
  readonly seed: number;
  /** All training rows in their order; the first {@link SEEN} are those that the writer saw. */
  readonly real: Table;
  readonly synthetic: Table;
}

/** Every pool with several orders of the real rows that its writer did not see, and of the synthetic ones. */
export function modelDraws(of: TextRows, { orders }: { readonly orders: number }): readonly ModelDraw[] {
  const rows = readPools();
  const pools = [...new Set(rows.map(({ draw }) => draw))].sort((a, b) => a - b);
  return pools.flatMap((pool) => {
    const drawn = drawnRows(of.train, pool);
    const written = textTable(
      of,
      rows.filter(({ draw }) => draw === pool).map(({ text, category }) => ({ text, label: category })),
    );
    return Array.from({ length: orders }, (_, order) => {
      const random = randomFromSeed(pool).split("order").split(order);
      const shuffled = (table: Table, name: string): Table =>
        takeRows(table, random.split(name).shuffle(Uint32Array.from({ length: table.rows }, (_, row) => row)));
      return {
        seed: pool * orders + order,
        real: concatRows([sliceRows(drawn, 0, SEEN), shuffled(sliceRows(drawn, SEEN, drawn.rows), "real rows")]),
        synthetic: shuffled(written, "synthetic rows"),
      };
    });
  });
}

/** All pools. */
export function readPools(): readonly PoolRow[] {
  return gunzipSync(readFileSync(POOLS_FILE))
    .toString("utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as PoolRow);
}

import { concatRows, type Table, takeRows } from "../../data/table.ts";
import type { Random } from "../../random.ts";
import { type Codec, encode, fitCodec } from "../../schema/encode.ts";
import type { TableSchema } from "../../schema/schema.ts";

/** Rows of the old table and of the new one, one below the other, as the tests see them. */
export interface Sides {
  readonly rows: number;
  /** 1: the row is of the new table. */
  readonly isNew: Uint8Array;
  /** Whose row it is, 0 … units − 1; without groups every row is its own. Labels are exchanged between units, never between rows of one. */
  readonly unit: Int32Array;
  readonly units: number;
  /** 1: the unit is learnt from, 0: tested on. */
  readonly learns: Uint8Array;
  readonly codec: Codec;
  /** Per column, per row. */
  readonly codes: readonly Uint8Array[];
}

/** Most rows of a side that the tests look at: beyond it they would only see smaller differences than anybody minds. */
export const MAX_ROWS = 10_000;

/** Draws at most {@link MAX_ROWS} rows of each side (whole units), encodes them by bins of both sides together, and halves the units.
 * @param entities whose row it is, per row of each table, in one numbering; absent: each row its own */
export function drawSides(
  tables: { readonly old: Table; readonly new: Table },
  options: {
    readonly schema: TableSchema;
    readonly names: readonly string[];
    readonly entities?: { readonly old: Int32Array; readonly new: Int32Array } | undefined;
    readonly random: Random;
  },
): Sides {
  const { random, entities } = options;
  const entityOf = (side: "old" | "new", row: number): number => (entities ? (entities[side][row] as number) : row);
  const pick = (side: "old" | "new"): Uint32Array => {
    const { rows } = tables[side];
    if (rows <= MAX_ROWS) return Uint32Array.from({ length: rows }, (_, i) => i);
    if (!entities) return random.split("rows").split(side).sample(rows, MAX_ROWS);
    // Whole units, until the rows are enough; the same units on both sides where they are in both.
    const order = random.split("entities").shuffle(Uint32Array.from(new Set(entities[side])).sort());
    const counts = new Map<number, number>();
    for (const entity of entities[side]) counts.set(entity, (counts.get(entity) ?? 0) + 1);
    const chosen = new Set<number>();
    let drawn = 0;
    for (const entity of order) {
      if (drawn >= MAX_ROWS) break;
      chosen.add(entity);
      drawn += counts.get(entity) as number;
    }
    return Uint32Array.from({ length: rows }, (_, i) => i).filter((row) => chosen.has(entityOf(side, row)));
  };
  const [oldRows, newRows] = [pick("old"), pick("new")];
  const both = concatRows([takeRows(tables.old, oldRows), takeRows(tables.new, newRows)]);
  const codec = fitCodec(both, options.schema, { names: options.names, bins: 64 });
  const ids = new Map<string, number>();
  const unit = new Int32Array(both.rows);
  const idOf = (key: string): number => {
    const known = ids.get(key) ?? ids.size;
    ids.set(key, known);
    return known;
  };
  oldRows.forEach((row, i) => {
    unit[i] = idOf(entities ? `${entityOf("old", row)}` : `old ${row}`);
  });
  newRows.forEach((row, i) => {
    unit[oldRows.length + i] = idOf(entities ? `${entityOf("new", row)}` : `new ${row}`);
  });
  const isNew = new Uint8Array(both.rows).fill(1, oldRows.length);
  return {
    rows: both.rows,
    isNew,
    unit,
    units: ids.size,
    learns: halve({ unit, isNew, units: ids.size }, random.split("halves")),
    codec,
    codes: encode(both, codec).codes,
  };
}

/** Half of the units of the old side, of the new, and of those in both. */
function halve(of: Pick<Sides, "unit" | "isNew" | "units">, random: Random): Uint8Array {
  const kinds = kindsOf(of);
  const out = new Uint8Array(of.units);
  for (const kind of [1, 2, 3]) {
    const own = random
      .split(kind)
      .shuffle(Uint32Array.from({ length: of.units }, (_, u) => u).filter((u) => kinds[u] === kind));
    for (let i = 0; i < own.length >> 1; i++) out[own[i] as number] = 1;
  }
  return out;
}

/** Per unit: 1 only in the old table, 2 only in the new, 3 in both. */
export function kindsOf({ unit, isNew, units }: Pick<Sides, "unit" | "isNew" | "units">): Uint8Array {
  const out = new Uint8Array(units);
  for (let i = 0; i < unit.length; i++)
    out[unit[i] as number] = (out[unit[i] as number] as number) | (isNew[i] ? 2 : 1);
  return out;
}

/** Relabels units at random as they may fall where nothing changed: units of one table change places with each other, units in both turn their
 * two halves round.
 * @returns per unit: 1 where its label is the other one */
export function exchange(kinds: Uint8Array, random: Random): Uint8Array {
  const single = Uint32Array.from({ length: kinds.length }, (_, u) => u).filter((u) => kinds[u] !== 3);
  const dealt = random.split("single").shuffle(single.slice());
  const out = new Uint8Array(kinds.length);
  single.forEach((u, i) => {
    out[u] = kinds[u] === kinds[dealt[i] as number] ? 0 : 1;
  });
  const coin = random.split("both");
  for (let u = 0; u < kinds.length; u++) if (kinds[u] === 3) out[u] = coin.uniform() < 0.5 ? 1 : 0;
  return out;
}

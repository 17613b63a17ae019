import type { Random } from "../random.ts";
import { type Column, lengthOf } from "./table.ts";

/** Row numbers of two parts, each ascending. Their union is every row. */
export interface Split {
  readonly train: Uint32Array;
  readonly holdout: Uint32Array;
}

/** Draws a holdout by entity: all rows of one entity fall on one side. Without entities every row is its own.
 * @param share wanted share of the rows in the holdout, in (0, 1); met to within one entity
 * @returns an empty holdout when there are fewer than two entities */
export function splitRows(
  rows: number,
  options: { readonly share: number; readonly entities?: Int32Array; readonly random: Random },
): Split {
  const { share, random } = options;
  const entities = options.entities ?? Int32Array.from({ length: rows }, (_, i) => i);
  let count = 0;
  for (const entity of entities) count = Math.max(count, entity + 1);
  const size = new Uint32Array(count);
  for (const entity of entities) size[entity] = (size[entity] as number) + 1;
  const order = random.shuffle(Uint32Array.from({ length: count }, (_, i) => i));
  const held = new Uint8Array(count);
  let taken = 0;
  let left = count;
  for (const entity of order) {
    if (left <= 1 || taken >= Math.round(share * rows)) break;
    held[entity] = 1;
    taken += size[entity] as number;
    left--;
  }
  const holdout = new Uint32Array(taken);
  const train = new Uint32Array(rows - taken);
  let h = 0;
  let t = 0;
  for (let i = 0; i < rows; i++) {
    if (held[entities[i] as number]) holdout[h++] = i;
    else train[t++] = i;
  }
  return { train, holdout };
}

/** Cuts the rows into folds of entities, each the holdout of one split; every row is held out once.
 * @param options folds: at least 2; fewer are made when there are fewer entities */
export function foldRows(
  rows: number,
  options: { readonly folds: number; readonly entities?: Int32Array; readonly random: Random },
): readonly Split[] {
  const entities = options.entities ?? Int32Array.from({ length: rows }, (_, i) => i);
  let count = 0;
  for (const entity of entities) count = Math.max(count, entity + 1);
  const folds = Math.min(options.folds, count);
  const order = options.random.shuffle(Uint32Array.from({ length: count }, (_, i) => i));
  const foldOf = new Int32Array(count);
  order.forEach((entity, i) => {
    foldOf[entity] = i % folds;
  });
  return Array.from({ length: folds }, (_, fold) => {
    const held = (row: number): boolean => foldOf[entities[row] as number] === fold;
    const all = Uint32Array.from({ length: rows }, (_, i) => i);
    return { train: all.filter((row) => !held(row)), holdout: all.filter(held) };
  });
}

/** Numbers the entities of a column 0 … in order of first appearance; a row whose value is missing is an entity of its own. */
export function entitiesOf(column: Column): Int32Array {
  const n = lengthOf(column);
  const out = new Int32Array(n);
  const seen = new Map<number, number>();
  let next = 0;
  for (let i = 0; i < n; i++) {
    const value = column.type === "text" ? (column.codes[i] as number) : (column.values[i] as number);
    const missing = column.type === "text" ? value < 0 : Number.isNaN(value);
    let entity = missing ? undefined : seen.get(value);
    if (entity === undefined) {
      entity = next++;
      if (!missing) seen.set(value, entity);
    }
    out[i] = entity;
  }
  return out;
}

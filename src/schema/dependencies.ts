import type { Column, DateColumn, NumberColumn, Table } from "../data/table.ts";
import { levelsOf, MIN_ROWS } from "./profile.ts";

/** Columns that are exact functions of another one: every level of the parent goes with exactly one value.
 *
 * Claimed only where chance is out: every parent level (missing counts as one) is held by at least 5 rows, there are at most 256 of them and
 * fewer than a tenth of the rows, and the child takes at least 2 values. A parent is itself modelled, never rebuilt; of two columns that
 * determine each other the first is the parent.
 * @param names candidates, in column order
 * @returns child → parent */
export function findDependencies(table: Table, names: readonly string[]): ReadonlyMap<string, string> {
  const most = Math.min(256, Math.ceil(table.rows / 10) - 1);
  const found = new Map<string, string>();
  if (most < 2) return found;
  const wanted = new Set(names);
  const candidates = table.columns.flatMap((column) => {
    const levels = wanted.has(column.name) ? levelsOf(column, most) : undefined;
    return levels && levels.levels >= 2
      ? [{ name: column.name, ...levels, parent: levels.counts.every((count) => count >= MIN_ROWS) }]
      : [];
  });
  // Finer columns first: a child of a child is then a child of the root. Equal numbers of levels keep the column order.
  const order = candidates
    .map((candidate, i) => ({ ...candidate, i }))
    .sort((a, b) => b.levels - a.levels || a.i - b.i);
  order.forEach((child, at) => {
    for (const parent of order.slice(0, at)) {
      if (!parent.parent || found.has(parent.name)) continue;
      if (determines(parent.codes, parent.levels, child.codes)) {
        found.set(child.name, parent.name);
        break;
      }
    }
  });
  return found;
}

/** Columns of numbers or dates that equal another one in every row, however many values they have.
 * @param names candidates, in column order
 * @returns copy → original, the first of its kind */
export function findCopies(table: Table, names: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const wanted = new Set(names);
  const originals = new Map<string, (NumberColumn | DateColumn)[]>();
  for (const column of table.columns) {
    if (column.type === "text" || !wanted.has(column.name) || table.rows < MIN_COPY_ROWS) continue;
    const sample = Array.from({ length: 16 }, (_, i) => column.values[Math.floor((i * table.rows) / 16)]);
    const key = `${column.type} ${sample.join(" ")}`;
    const alike = originals.get(key) ?? [];
    const original = alike.find((other) => isCopy(other, column));
    if (original) found.set(column.name, original.name);
    else originals.set(key, [...alike, column]);
  }
  return found;
}

/** Whether all cells are equal, missing ones too. */
export function isCopy(original: Column, column: Column): boolean {
  if (original.type === "text" || column.type === "text" || original.type !== column.type) return false;
  for (const { missing } of [original, column]) if (missing && missing.tokens.length > 1) return false;
  return column.values.every((value, row) => Object.is(value, original.values[row]) || value === original.values[row]);
}

/** Below it, equal by chance. */
const MIN_COPY_ROWS = 20;

function determines(parent: Int32Array, levels: number, child: Int32Array): boolean {
  const map = new Int32Array(levels).fill(-1);
  for (let row = 0; row < parent.length; row++) {
    const level = parent[row] as number;
    const known = map[level] as number;
    if (known < 0) map[level] = child[row] as number;
    else if (known !== child[row]) return false;
  }
  return true;
}

import type { Column, Table } from "../../data/table.ts";
import type { ColumnSchema, TableSchema } from "../../schema/schema.ts";
import { barsOf } from "./profile-bars.ts";
import { binsOf } from "./profile-bins.ts";
import { pairsOf } from "./profile-pairs.ts";
import { type ColumnProfile, MINIMUM_HOLDERS, type Profiles, rounded, type Shaped } from "./profiles.ts";

export interface ProfileOptions {
  /** Who each real row belongs to, 0 …; counts are then of people, not rows. */
  readonly entities?: Int32Array;
  /** Most columns drawn. */
  readonly maxColumns?: number;
  /** Most columns in the pair matrices. */
  readonly maxPairColumns?: number;
}

/** The aggregates that the plots of a report need. Reads every row of the real table once per column, in typed arrays; identifiers and
 * free text are never drawn.
 * @param real the real rows to show (train and holdout together)
 * @param synthetic columns that it lacks are left out */
export function profileTables(
  real: Table,
  synthetic: Table,
  schema: TableSchema,
  options: ProfileOptions = {},
): Profiles {
  const others = new Map(synthetic.columns.map((column) => [column.name, column]));
  const meanings = new Map(schema.columns.map((column) => [column.name, column]));
  const columns: ColumnProfile[] = [];
  for (const column of real.columns) {
    const other = others.get(column.name);
    const meaning = meanings.get(column.name);
    if (other && meaning && !meaning.drop) columns.push(profileColumn(column, other, meaning, options.entities));
  }
  columns.sort((a, b) => beyondChance(b) - beyondChance(a));
  const most = options.maxColumns ?? 240;
  const compared = columns.filter((column) => column.shape.type !== "hidden").map((column) => column.name);
  const kept = new Set(compared.slice(0, options.maxPairColumns ?? 60));
  return {
    rows: { real: real.rows, synthetic: synthetic.rows },
    columns: columns.slice(0, most),
    undrawn: columns.slice(most).map(({ name, difference }) => ({ name, difference })),
    pairs: pairsOf(real, synthetic, schema, {
      names: real.columns.map((column) => column.name).filter((name) => kept.has(name)),
      leftOut: compared.length - kept.size,
    }),
  };
}

function beyondChance({ difference, chance }: ColumnProfile): number {
  return difference === null ? -2 : difference - (chance ?? 0);
}

function profileColumn(
  real: Column,
  synthetic: Column,
  meaning: ColumnSchema,
  entities: Int32Array | undefined,
): ColumnProfile {
  const sides = { real: cellsOf(real, meaning), synthetic: cellsOf(synthetic, meaning) };
  const n = sides.real.length;
  const missingReal = countMissing(sides.real);
  const missingSynthetic = countMissing(sides.synthetic) / Math.max(1, sides.synthetic.length);
  const rare = (rows: number): boolean => rows > 0 && rows < MINIMUM_HOLDERS;
  const missing = {
    real: rare(missingReal) || rare(n - missingReal) ? null : rounded(missingReal / Math.max(1, n)),
    synthetic: rounded(missingSynthetic),
  };
  const { shape, shares } = shapeOf(real, synthetic, meaning, entities);
  if (shares === null) return { name: meaning.name, kind: meaning.kind, difference: null, missing, shape };
  // Total variation, with "missing" as one more outcome.
  const present = [1 - missingReal / Math.max(1, n), 1 - missingSynthetic] as const;
  const outcomes = shares.map(([left, right]) => [present[0] * left, present[1] * right] as const);
  outcomes.push([1 - present[0], 1 - present[1]]);
  const rows = [n, sides.synthetic.length] as const;
  return {
    name: meaning.name,
    kind: meaning.kind,
    difference: rounded(Math.min(1, outcomes.reduce((sum, [left, right]) => sum + Math.abs(left - right), 0) / 2)),
    chance: rounded(outcomes.reduce((sum, outcome) => sum + chanceGap(outcome, rows), 0) / 2),
    missing,
    shape,
  };
}

/** The mean of |difference| of two shares of one source: √(2/π) standard errors. */
function chanceGap([left, right]: readonly [number, number], [n, m]: readonly [number, number]): number {
  const pooled = (n * left + m * right) / (n + m);
  return Math.sqrt(((2 / Math.PI) * Math.max(0, pooled * (1 - pooled)) * (n + m)) / (n * m));
}

/** Whether each cell is missing: 1 or 0. A declared missing code counts. */
function cellsOf(column: Column, meaning: ColumnSchema): Uint8Array {
  const codes = new Set(meaning.missingCodes ?? []);
  if (column.type === "text") {
    const missing = column.dictionary.map((label) => codes.has(label));
    return Uint8Array.from(column.codes, (code) => (code < 0 || missing[code] ? 1 : 0));
  }
  const numbers = new Set([...codes].filter((code) => code.trim() !== "").map(Number));
  return Uint8Array.from(column.values, (value) => (Number.isNaN(value) || numbers.has(value) ? 1 : 0));
}

function countMissing(cells: Uint8Array): number {
  let sum = 0;
  for (const cell of cells) sum += cell;
  return sum;
}

function shapeOf(real: Column, synthetic: Column, meaning: ColumnSchema, entities: Int32Array | undefined): Shaped {
  const hidden = (reason: string): Shaped => ({ shape: { type: "hidden", reason }, shares: null });
  switch (meaning.kind) {
    case "identifier":
      return hidden("An identifier: made anew, so there is nothing to compare.");
    case "text":
      return hidden("Free text: not shown.");
    case "constant":
      return hidden("One value only.");
    case "continuous":
    case "integer":
    case "date":
    case "datetime":
      if (real.type === "text") return hidden("Stored as text: not drawn as a quantity.");
      if (synthetic.type !== real.type) return hidden("The synthetic column is of another type.");
      return binsOf(real, synthetic, meaning, entities);
    default:
      return barsOf(real, synthetic, meaning, entities);
  }
}

import {
  type Column,
  cellOf,
  columnOf,
  concatRows,
  isMissing,
  sliceRows,
  type Table,
  takeRows,
} from "../../data/table.ts";
import { throwIfCancelled } from "../../errors.ts";
import type { Random } from "../../random.ts";
import type { EqualsConstraint } from "../../schema/constraints.ts";
import { withoutCodes } from "../../schema/reduce/missing-codes.ts";
import { compileRowExpression } from "../../schema/row-expression.ts";
import { schemaOf, type TableSchema } from "../../schema/schema.ts";
import { type CellEdit, type CellValue, withCells } from "./row-edits.ts";
import type { TestRule } from "./rules.ts";
import { holdersOf, type TestColumn } from "./test-columns.ts";

/** Rows that break each rule. */
export const BREAKING_ROWS = 3;
/** Cells of a row that are changed to break a rule, at most. */
const MOST_CHANGED = 3;
/** Times that every valid row is changed somewhere, before more cells of it are. */
const ROUNDS = 4;

export interface BreakingRows {
  readonly table: Table;
  readonly names: readonly string[];
  /** How many rows break each rule, and no other. */
  readonly rules: readonly { readonly name: string; readonly rows: number }[];
}

/** Rows that break one rule each and keep all others, made of valid rows by changing as few cells as a search finds: one, where one will do.
 * @param bases valid rows, none of which is in the table otherwise; each is used once
 * @param real every real row: a value outside a declared range or list is none of theirs */
export function breakingRows(
  rules: readonly TestRule[],
  how: {
    readonly bases: Table;
    readonly ordinary: Table;
    readonly columns: readonly TestColumn[];
    readonly schema: TableSchema;
    readonly real: Table;
    readonly random: Random;
    readonly signal?: AbortSignal | undefined;
  },
): BreakingRows {
  const { bases, random, signal } = how;
  const free = new Set(Array.from({ length: bases.rows }, (_, row) => row));
  const tables: Table[] = [];
  const names: string[] = [];
  const counts = rules.map((rule) => {
    const own = random.split(rule.name);
    const uses = new Map<string, number>();
    const most = Math.min(MOST_CHANGED, rule.constraint?.kind === "unique" ? 2 : rule.columns.length);
    let found = 0;
    for (const attempt of attempts(rule, { rules, most }))
      for (let round = 0; round < ROUNDS && found < BREAKING_ROWS; round++) {
        throwIfCancelled(signal);
        const rows = [...free];
        const changes = changesOf(rule, {
          ...how,
          rows,
          size: attempt.size,
          random: own.split(attempt.size).split(attempt.formulas.length).split(round),
        });
        if (changes.length === 0) break;
        const changed = mended(changedRows(bases, changes), attempt.formulas);
        const broken = onlyBroken(changed, { rule, rules, most: BREAKING_ROWS * 8 });
        // Other columns first, so that the rows do not all break it in one way.
        while (found < BREAKING_ROWS && broken.size > 0) {
          const at = [...broken].sort(
            (a, b) => (uses.get(changes[a]?.way ?? "") ?? 0) - (uses.get(changes[b]?.way ?? "") ?? 0) || a - b,
          )[0] as number;
          const { row, way } = changes[at] as Change;
          broken.delete(at);
          uses.set(way, (uses.get(way) ?? 0) + 1);
          free.delete(row);
          tables.push(sliceRows(changed, at, at + 1));
          names.push(`breaks: ${rule.name}`);
          found++;
        }
      }
    return { name: rule.name, rows: found };
  });
  return { table: tables.length === 0 ? sliceRows(bases, 0, 0) : concatRows(tables), names, rules: counts };
}

interface Attempt {
  /** Cells that are changed to break the rule. */
  readonly size: number;
  /** What else is computed anew, so that it still holds. */
  readonly formulas: readonly EqualsConstraint[];
}

/** Fewest changes first; where another rule computes a cell from those, also with that cell computed anew. */
function attempts(
  rule: TestRule,
  { rules, most }: { readonly rules: readonly TestRule[]; readonly most: number },
): readonly Attempt[] {
  const formulas = rules.flatMap((other) =>
    other !== rule &&
    other.constraint?.kind === "equals" &&
    other.columns.some((name) => name !== other.columns[0] && rule.columns.includes(name))
      ? [other.constraint]
      : [],
  );
  return Array.from({ length: most }, (_, i) => i + 1).flatMap((size): readonly Attempt[] => [
    { size, formulas: [] },
    ...(formulas.length > 0 ? [{ size, formulas }] : []),
  ]);
}

/** The rows with computed cells as their formulas say. */
function mended(table: Table, formulas: readonly EqualsConstraint[]): Table {
  return formulas.reduce((out, { column, formula }) => {
    const expression = compileRowExpression(formula, out, "number");
    if ("wrong" in expression) return out;
    const wanted = expression.over(out);
    const edits = Array.from({ length: out.rows }, (_, row) => ({ row, column, cell: wanted(row) }));
    return withCells(
      out,
      edits.filter((edit): edit is CellEdit => typeof edit.cell === "number"),
    );
  }, table);
}

/** Cells of one valid row to be changed. */
interface Change {
  readonly row: number;
  readonly cells: readonly (readonly [column: string, cell: CellValue])[];
  /** What is changed, so that the ways differ. */
  readonly way: string;
}

interface ChangesOptions {
  readonly bases: Table;
  readonly ordinary: Table;
  readonly columns: readonly TestColumn[];
  readonly schema: TableSchema;
  readonly real: Table;
  readonly rows: readonly number[];
  readonly size: number;
  readonly random: Random;
}

/** One change for each free row. */
function changesOf(rule: TestRule, how: ChangesOptions): readonly Change[] {
  const { rows, size, random } = how;
  const { constraint } = rule;
  if (!constraint) {
    if (size > 1) return [];
    const [column] = rule.columns as readonly [string];
    const cells = outside(column, how);
    if (cells.length === 0) return [];
    return rows.map((row, i) => {
      const cell = cells[(i + random.integer(cells.length)) % cells.length] as string | number;
      return { row, cells: [[column, cell]], way: String(cell) };
    });
  }
  if (constraint.kind === "unique") return twins(constraint.columns, how);

  // Equal numbers, or twice the same label, change nothing: such changes break nothing and are passed over.
  return rows.map((row) => {
    const names = random.shuffle([...rule.columns]).slice(0, size);
    return {
      row,
      cells: names.map((name) => [name, otherCell(name, { ...how, row, among: rule.columns })] as const),
      way: [...names].sort().join(" "),
    };
  });
}

/** Values beyond a declared range, or labels outside a declared list, that no real row holds. */
function outside(name: string, { columns, real, schema }: ChangesOptions): readonly (string | number)[] {
  const column = columns.find(({ meaning }) => meaning.name === name);
  const own = columnOf(real, name);
  const held = holdersOf(own);
  const { range, categories = [], missingCodes = [] } = schemaOf(schema, name);
  const isFree = (cell: string | number): boolean => !held.has(cell) && !missingCodes.includes(String(cell));
  if (range && own.type !== "text" && column?.kind === "quantity") {
    const [low, high] = range;
    const { step } = column;
    const width = Math.max(step, Math.round((high - low) / step) * step);
    const beyond = (from: number, by: number): readonly number[] =>
      [1, 2, 3, 5, 10].map((times) => Number((from + times * by).toPrecision(15)));
    return [
      ...beyond(high, step).filter(isFree).slice(0, 1),
      ...beyond(low, -step).filter(isFree).slice(0, 1),
      ...beyond(high, width).filter(isFree).slice(0, 1),
      ...beyond(low, -width).filter(isFree).slice(0, 1),
    ];
  }
  const allowed = new Set(categories);
  if (own.type === "number") {
    const numbers = categories.map(Number).filter(Number.isFinite);
    const top = Math.max(0, ...numbers);
    return [top + 1, top + 10, top + 100].filter((cell) => isFree(cell) && !allowed.has(String(cell)));
  }
  // Two truth values are all that such a column can hold.
  if (own.type === "text" && own.storage === "boolean") return [];
  const [first = "label"] = categories;
  const otherCase = first === first.toUpperCase() ? first.toLowerCase() : first.toUpperCase();
  return ["no such label", otherCase, `${first} `, `${first}?`].filter((cell) => isFree(cell) && !allowed.has(cell));
}

/** Cells of another row on all key columns: of the ordinary rows looked at, the one that is most alike already. */
function twins(names: readonly string[], how: ChangesOptions): readonly Change[] {
  const { bases, ordinary, rows, size, random, schema } = how;
  if (ordinary.rows === 0) return [];
  // A counter that goes with the key is copied too, where the key alone will not do.
  const counters = (schema.constraints ?? []).flatMap((other) =>
    size > 1 && other.kind === "increments" && [other.of, other.within].some((name) => names.includes(name ?? ""))
      ? [other.column]
      : [],
  );
  if (size > 1 && counters.length === 0) return [];
  const looked = random.sample(ordinary.rows, Math.min(ordinary.rows, 500));
  const theirs = names.map((name) => columnOf(ordinary, name));
  return rows.slice(0, 50).flatMap((row): readonly Change[] => {
    const mine = names.map((name) => cellOf(columnOf(bases, name), row));
    let best: readonly (readonly [string, CellValue])[] | undefined;
    let from = -1;
    for (const other of looked) {
      if (theirs.some((column) => isMissing(column, other))) continue;
      const cells = theirs.flatMap((column, j) => {
        const cell = cellOf(column, other);
        return cell === mine[j] ? [] : [[names[j] as string, cell] as const];
      });
      if (cells.length > 0 && (best === undefined || cells.length < best.length)) [best, from] = [cells, other];
    }
    if (!best) return [];
    const followers = counters.map((name) => [name, cellOf(columnOf(ordinary, name), from)] as const);
    return [{ row, cells: [...best, ...followers], way: best.map(([name]) => name).join(" ") }];
  });
}

/** Another value for a cell: what another row holds, an end of the range, or a number next to its own or to another cell of the rule. */
function otherCell(
  name: string,
  how: ChangesOptions & { readonly row: number; readonly among: readonly string[] },
): CellValue {
  const { bases, ordinary, columns, random, row, among } = how;
  const own = columnOf(bases, name);
  const column = columns.find(({ meaning }) => meaning.name === name);
  if (column?.kind === "labels" && column.labels.length > 0)
    return column.labels[random.integer(column.labels.length)] as string | number;
  if (column?.kind === "quantity" && own.type !== "text" && random.integer(2) === 0) {
    const { range, step } = column;
    const near = among
      .map((other) => columnOf(bases, other))
      .filter((other) => other.type === own.type)
      .map((other) => (other as Column & { readonly values: Float64Array }).values[row] as number)
      .filter(Number.isFinite);
    const steps = [-1, 0, 1].flatMap((k) => near.map((value) => Math.round(value / step + k) * step));
    const inside = [...range, ...steps].filter((value) => value >= range[0] && value <= range[1]);
    const chosen = inside[random.integer(inside.length)] as number;
    return Number(chosen.toPrecision(15));
  }
  const other = random.integer(ordinary.rows);
  const cell = cellOf(withoutCodesAt(ordinary, name, how.schema), other);
  return cell ?? cellOf(own, row);
}

function withoutCodesAt(table: Table, name: string, schema: TableSchema): Column {
  const column = columnOf(table, name);
  return (schemaOf(schema, name).missingCodes ?? []).length === 0
    ? column
    : withoutCodes(column, schemaOf(schema, name));
}

/** The changed rows alone, in the order of the changes. */
function changedRows(bases: Table, changes: readonly Change[]): Table {
  const edits = changes.flatMap(({ cells }, at): readonly CellEdit[] =>
    cells.map(([column, cell]) => ({ row: at, column, cell })),
  );
  return withCells(
    takeRows(
      bases,
      Uint32Array.from(changes, ({ row }) => row),
    ),
    edits,
  );
}

/** The rows that break this rule and no other.
 * @param most of them, at most; what only breaks beside other rows is tried on no more */
function onlyBroken(
  table: Table,
  how: { readonly rule: TestRule; readonly rules: readonly TestRule[]; readonly most: number },
): Set<number> {
  let left = Array.from({ length: table.rows }, (_, row) => row);
  const alone = how.rules.filter(({ isBetweenRows }) => !isBetweenRows);
  const beside = how.rules.filter(({ isBetweenRows }) => isBetweenRows);
  for (const rule of alone) {
    const broken = rule.brokenIn(table);
    left = left.filter((row) => (broken[row] === 1) === (rule === how.rule));
  }
  if (beside.length > 0) left = left.slice(0, how.rule.isBetweenRows ? left.length : how.most);
  for (const rule of beside) {
    const broken = rule.brokenIn(takeRows(table, Uint32Array.from(left)));
    left = left.filter((_, i) => (broken[i] === 1) === (rule === how.rule));
  }
  return new Set(left);
}

import { type Column, columnOf, concatRows, isMissing, type Table, tableOf, takeRows } from "../../data/table.ts";
import { brokenRowsOf } from "../../schema/broken-rows.ts";
import { type Constraint, columnsOfConstraint, nameOfConstraint } from "../../schema/constraints.ts";
import { withoutCodes } from "../../schema/reduce/missing-codes.ts";
import { compileRowExpression } from "../../schema/row-expression.ts";
import { schemaOf, type TableSchema } from "../../schema/schema.ts";

/** Something declared that a row can break. */
export interface TestRule {
  /** "order: a ≤ b", "range of age", "categories of sex". */
  readonly name: string;
  readonly columns: readonly string[];
  /** Absent: a declared range or list of categories. */
  readonly constraint?: Constraint;
  /** Whether a row breaks it only beside others. */
  readonly isBetweenRows: boolean;
  /** 1 where a row breaks it: by itself, or beside the ordinary rows, never beside the others of this table. */
  readonly brokenIn: (table: Table) => Uint8Array;
  /** Between rows: 1 where a row breaks it beside some others, or they do beside it. */
  readonly brokenBeside?: (others: Table, table: Table) => Uint8Array;
}

/** Ordinary rows that a row is set against where nothing says which: the first of them. */
const MOST_BESIDE = 20_000;

/** Every declared rule that can be judged without a parent table.
 * @param declared columns whose range or categories somebody declared */
export function testRules(
  ordinary: Table,
  how: {
    readonly schema: TableSchema;
    /** Every real row: whose combinations are allowed. */
    readonly real: Table;
    readonly declared: { readonly ranges: readonly string[]; readonly categories: readonly string[] };
  },
): readonly TestRule[] {
  const { schema, real, declared } = how;
  const has = (name: string): boolean => ordinary.columns.some((column) => column.name === name);
  const constraints = (schema.constraints ?? []).flatMap((constraint): readonly TestRule[] => {
    if (constraint.kind === "references") return [];
    const columns = columnsNamed(constraint, real);
    if (!columns.every(has)) return [];
    const find = brokenRowsOf(constraint, { schema, real });
    const isBetweenRows = constraint.kind === "unique" || constraint.kind === "increments";
    const base = { name: nameOfConstraint(constraint), columns, constraint, isBetweenRows };
    if (!isBetweenRows) return [{ ...base, brokenIn: (table) => find(table).broken }];
    const brokenBeside = (others: Table, table: Table): Uint8Array =>
      eachBeside(table, others, { find, names: columns, key: keyOf(constraint) });
    return [{ ...base, brokenBeside, brokenIn: (table) => brokenBeside(ordinary, table) }];
  });
  const ranges = declared.ranges.filter(has).flatMap((name): readonly TestRule[] => {
    const meaning = schemaOf(schema, name);
    const { range } = meaning;
    if (!range || columnOf(ordinary, name).type === "text") return [];
    return [
      alone(`range of ${name}`, name, (table) => {
        const column = withoutCodes(columnOf(table, name), meaning);
        return Uint8Array.from({ length: table.rows }, (_, row) => {
          const value = column.type === "text" ? Number.NaN : (column.values[row] as number);
          return value < range[0] || value > range[1] ? 1 : 0;
        });
      }),
    ];
  });
  const categories = declared.categories.filter(has).flatMap((name): readonly TestRule[] => {
    const meaning = schemaOf(schema, name);
    if (!meaning.categories) return [];
    const allowed = new Set(meaning.categories);
    return [
      alone(`categories of ${name}`, name, (table) => {
        const column = withoutCodes(columnOf(table, name), meaning);
        return Uint8Array.from({ length: table.rows }, (_, row) =>
          isMissing(column, row) || allowed.has(textAt(column, row)) ? 0 : 1,
        );
      }),
    ];
  });
  return [...constraints, ...ranges, ...categories];
}

/** Every column that a constraint looks at. */
export function columnsNamed(constraint: Constraint, like: Table): readonly string[] {
  const expression =
    constraint.kind === "check"
      ? compileRowExpression(constraint.condition, like, "condition")
      : constraint.kind === "equals"
        ? compileRowExpression(constraint.formula, like, "number")
        : undefined;
  const named = expression && !("wrong" in expression) ? expression.columns : [];
  return [...new Set([...columnsOfConstraint(constraint), ...named])];
}

/** For each row, the rules that it breaks.
 * @returns one bit array per rule */
export function brokenBy(rules: readonly TestRule[], table: Table): readonly Uint8Array[] {
  return rules.map((rule) => rule.brokenIn(table));
}

function alone(name: string, column: string, brokenIn: TestRule["brokenIn"]): TestRule {
  return { name, columns: [column], isBetweenRows: false, brokenIn };
}

/** The column whose value two rows must share for one to break the constraint beside the other. */
function keyOf(constraint: Constraint): string | undefined {
  if (constraint.kind === "unique") return constraint.columns[0];
  return constraint.kind === "increments" ? constraint.within : undefined;
}

/** Sets each row beside those of the others that it could break the constraint with, and beside none of its own table. */
function eachBeside(
  table: Table,
  others: Table,
  how: {
    readonly find: ReturnType<typeof brokenRowsOf>;
    readonly names: readonly string[];
    readonly key: string | undefined;
  },
): Uint8Array {
  const { find, names, key } = how;
  const columns = (from: Table): Table =>
    tableOf(
      names.map((name) => columnOf(from, name)),
      from.rows,
    );
  // One dictionary for both, so that equal labels have equal codes.
  const both = concatRows([columns(others), columns(table)]);
  const n = others.rows;
  const wanted = new Map<number, number[]>();
  const cells = key === undefined ? undefined : columnOf(both, key);
  const cellAt = (row: number): number =>
    cells === undefined ? 0 : ((cells.type === "text" ? cells.codes[row] : cells.values[row]) as number);
  for (let row = n; row < both.rows; row++) wanted.set(cellAt(row), []);
  for (let row = 0; row < n; row++) {
    const rows = wanted.get(cellAt(row));
    if (rows && rows.length < MOST_BESIDE) rows.push(row);
  }
  return Uint8Array.from({ length: table.rows }, (_, i) => {
    const rows = wanted.get(cellAt(n + i)) as readonly number[];
    const { broken } = find(takeRows(both, Uint32Array.from([...rows, n + i])));
    return broken.includes(1) ? 1 : 0;
  });
}

function textAt(column: Column, row: number): string {
  return column.type === "text"
    ? (column.dictionary[column.codes[row] as number] as string)
    : String(column.values[row]);
}

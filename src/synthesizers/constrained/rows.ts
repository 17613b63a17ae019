import { type Column, columnOf, isMissing, type Table, tableOf, takeRows } from "../../data/table.ts";
import { InvalidArgument, InvalidData } from "../../errors.ts";
import { nearest } from "../../math/nearest-name.ts";
import { brokenRowsOf, type KnownRows } from "../../schema/broken-rows.ts";
import { type CombinationsConstraint, type Constraint, nameOfConstraint } from "../../schema/constraints.ts";
import { compileRowExpression, type RowExpression } from "../../schema/row-expression.ts";
import { schemaOf, type TableSchema } from "../../schema/schema.ts";
import { MIN_HOLDERS } from "../cells/columns.ts";

/** A rule that each row keeps or not. */
export interface RowRule {
  readonly name: string;
  /** 1 where a row breaks it. */
  readonly brokenIn: (table: Table) => Uint8Array;
}

/** Constraints that say of a row by itself, or of its likes, whether it may stand. Those between rows of a group (`increments`) and with other tables
 * (`references`) are not among them. */
export type RowConstraint = Exclude<Constraint, { readonly kind: "increments" | "references" | "unique" }>;

export function isRowConstraint(constraint: Constraint): constraint is RowConstraint {
  return constraint.kind !== "increments" && constraint.kind !== "references" && constraint.kind !== "unique";
}

/** Constraints as rules for drawn rows.
 * @param known what they are judged by, of the rows that were learned from */
export function rowRulesOf(constraints: readonly Constraint[], known: KnownRows): readonly RowRule[] {
  return constraints.filter(isRowConstraint).map((constraint) => {
    const find = brokenRowsOf(constraint, known);
    return { name: nameOfConstraint(constraint), brokenIn: (table) => find(table).broken };
  });
}

/** A condition as a rule: a row that lacks a cell which it names does not meet it. */
export function conditionRule(text: string, expression: RowExpression, schema: TableSchema): RowRule {
  return {
    name: text,
    brokenIn(table) {
      const holds = expression.over(table);
      const named = expression.columns.map((name) => {
        const column = columnOf(table, name);
        const codes = new Set(schemaOf(schema, name).missingCodes);
        return (row: number): boolean =>
          isMissing(column, row) ||
          (codes.size > 0 &&
            codes.has(
              column.type === "text"
                ? (column.dictionary[column.codes[row] as number] as string)
                : String(column.values[row]),
            ));
      });
      return Uint8Array.from({ length: table.rows }, (_, row) =>
        named.some((isAbsent) => isAbsent(row)) || holds(row) !== true ? 1 : 0,
      );
    },
  };
}

/** Reads a condition on rows.
 * @throws {InvalidArgument} it is none, or names a column that is not there */
export function readCondition(text: string, like: Table): RowExpression {
  const expression = compileRowExpression(text, like, "condition");
  if (!("wrong" in expression)) return expression;
  const close =
    expression.name === undefined
      ? undefined
      : nearest(
          expression.name,
          like.columns.map(({ name }) => name),
        );
  const hint = close === undefined ? "" : ` Did you mean "${close}"?`;
  throw new InvalidArgument("bad-condition", `The condition "${text}" ${expression.wrong}.${hint}`, {
    advice: `Write it in CEL over the columns, for example "age >= 65 && sex == 'F'"; lists of numbers as [20.0, 30.0], days as timestamp('2024-01-31T00:00:00Z'), words of CEL that are columns in backquotes. The columns are: ${like.columns
      .slice(0, 60)
      .map(({ name }) => name)
      .join(", ")}${like.columns.length > 60 ? ", …" : ""}.`,
  });
}

/** A rule that no two rows of a sample are alike on some columns. It remembers the rows that it has seen. */
export function uniqueRule(columns: readonly string[], schema: TableSchema): RowRule {
  const seen = new Set<string>();
  return {
    name: nameOfConstraint({ kind: "unique", columns }),
    brokenIn(table) {
      const cells = columns.map((name) => {
        const column = columnOf(table, name);
        const codes = new Set(schemaOf(schema, name).missingCodes);
        return (row: number): string | undefined => {
          if (isMissing(column, row)) return undefined;
          const text =
            column.type === "text"
              ? (column.dictionary[column.codes[row] as number] as string)
              : String(column.values[row]);
          return codes.has(text) ? undefined : text;
        };
      });
      return Uint8Array.from({ length: table.rows }, (_, row) => {
        const key = cells.map((cell) => cell(row));
        if (key.includes(undefined)) return 0;
        const text = key.length === 1 ? (key[0] as string) : JSON.stringify(key);
        if (seen.has(text)) return 1;
        seen.add(text);
        return 0;
      });
    },
  };
}

/** The rows that break none of the rules; how many broke each is added to `broken`. Later rules see only rows that kept the earlier ones. */
export function keepRows(table: Table, rules: readonly RowRule[], broken: Map<string, number>): Table {
  let out = table;
  for (const rule of rules) {
    const breaks = rule.brokenIn(out);
    const stay = Uint32Array.from({ length: out.rows }, (_, row) => row).filter((row) => breaks[row] === 0);
    broken.set(rule.name, (broken.get(rule.name) ?? 0) + out.rows - stay.length);
    if (stay.length < out.rows) out = takeRows(out, stay);
  }
  return out;
}

/** The rows that keep every constraint on rows, each judged by itself: one row more or less changes nothing about the others.
 * @param known.like the table's columns without rows */
export function keepsItsRules(
  table: Table,
  { schema, like }: { readonly schema: TableSchema; readonly like: Table },
): Uint32Array {
  return keptBy(table, rowRulesOf(schema.constraints ?? [], { schema, real: like })).rows;
}

/** The rows that break none of the rules, each rule tried on all; how many break each. */
function keptBy(
  table: Table,
  rules: readonly RowRule[],
): { readonly rows: Uint32Array; readonly broken: ReadonlyMap<string, number> } {
  const broken = new Map<string, number>();
  const isBroken = new Uint8Array(table.rows);
  for (const rule of rules) {
    const breaks = rule.brokenIn(table);
    let count = 0;
    for (let row = 0; row < breaks.length; row++)
      if (breaks[row]) {
        isBroken[row] = 1;
        count++;
      }
    broken.set(rule.name, count);
  }
  return {
    rows: Uint32Array.from({ length: table.rows }, (_, row) => row).filter((row) => isBroken[row] === 0),
    broken,
  };
}

/** The training rows that keep every constraint on rows: what breaks one must not be learned.
 * @throws {InvalidData} more than half of the rows break one, or all of them together: it is no rule of this table */
export function keepingRows(
  train: Table,
  schema: TableSchema,
): { readonly rows: Uint32Array; readonly broken: ReadonlyMap<string, number> } {
  const { rows, broken } = keptBy(train, rowRulesOf(schema.constraints ?? [], { schema, real: train }));
  if (rows.length >= train.rows / 2) return { rows, broken };
  const told = [...broken].filter(([, count]) => count > 0).sort((a, b) => b[1] - a[1]);
  throw new InvalidData(
    "constraints-not-kept",
    `Only ${rows.length} of ${train.rows} training rows keep the declared constraints: ${told
      .slice(0, 5)
      .map(([name, count]) => `"${name}" is broken by ${count}`)
      .join(", ")}.`,
    {
      advice: "A rule that most real rows break is no rule of this table: mend it, or take it out of the schema file.",
    },
  );
}

/** The combinations of a constraint that enough training rows have to be made again, one row each, with no label beside.
 * @throws {InvalidData} none is held by so many */
export function allowedCombinations(train: Table, constraint: CombinationsConstraint): Table {
  const columns = tableOf(constraint.columns.map((name) => columnOf(train, name)));
  const first = new Map<string, number>();
  const counts = new Map<string, number>();
  for (let row = 0; row < columns.rows; row++) {
    const key = JSON.stringify(
      columns.columns.map((column) =>
        isMissing(column, row) ? null : column.type === "text" ? column.codes[row] : column.values[row],
      ),
    );
    if (!first.has(key)) first.set(key, row);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const kept = [...first].filter(([key]) => (counts.get(key) as number) >= MIN_HOLDERS);
  if (kept.length === 0 && columns.rows > 0)
    throw new InvalidData(
      "combinations-too-rare",
      `Constraint "${nameOfConstraint(constraint)}": no combination is held by ${MIN_HOLDERS} training rows or more, so none may be made again.`,
      { advice: "Name columns with fewer different values, or take the constraint out of the schema file." },
    );
  const rows = takeRows(
    columns,
    Uint32Array.from(kept, ([, row]) => row),
  );
  return tableOf(rows.columns.map(withUsedLabels), rows.rows);
}

/** The column without labels that no row of it has. */
function withUsedLabels(column: Column): Column {
  if (column.type !== "text") return column;
  const used = [...new Set(column.codes)].filter((code) => code >= 0).sort((a, b) => a - b);
  const place = new Map(used.map((code, i) => [code, i]));
  return {
    ...column,
    dictionary: used.map((code) => column.dictionary[code] as string),
    codes: column.codes.map((code) => place.get(code) ?? -1),
  };
}

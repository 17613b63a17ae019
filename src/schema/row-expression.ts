import { Environment } from "@marcbachmann/cel-js";
import { type Column, columnOf, type Table } from "../data/table.ts";
import { addArithmetic } from "./cel-arithmetic.ts";

/** An expression in CEL over the cells of one row. */
export interface RowExpression {
  /** The columns it names, in the order of the table. */
  readonly columns: readonly string[];
  /** Its syntax tree, and the column that a variable in it stands for. */
  readonly ast: SyntaxNode;
  columnNamed(variable: string): string | undefined;
  /** Makes the expression ready for a table with these columns, of the same physical types.
   * @returns its value for a row none of whose cells it names is missing; undefined where it has none (an index out of bounds, no such day) */
  over(table: Table): (row: number) => unknown;
}

/** A node of a CEL syntax tree: "==", "&&", "id", "value", … with its parts. */
export interface SyntaxNode {
  readonly op: string;
  readonly args: unknown;
}

/** What is wrong with an expression; `name`: the word that is no column. */
export interface WrongExpression {
  readonly wrong: string;
  readonly name?: string;
}

const MAX_CHARACTERS = 2000;
type CelType = "double" | "bool" | "string" | "google.protobuf.Timestamp";

/** Compiles a condition or a formula. Numbers are doubles (a whole number may stand beside one), dates are timestamps, booleans are bool, other
 * text is string. A name that is no word of CEL is written in backquotes. Beside CEL's own functions there are abs, round, floor, ceil, min, max.
 * @param like the columns that may be named, with their types
 * @param wanted what the expression must be */
export function compileRowExpression(
  text: string,
  like: Table,
  wanted: "condition" | "number",
): RowExpression | WrongExpression {
  if (text.length > MAX_CHARACTERS) return { wrong: `is longer than ${MAX_CHARACTERS} characters` };
  const environment = new Environment({ limits: { maxAstNodes: 500, maxDepth: 50 } });
  addArithmetic(environment);
  const aliases = new Map<string, string>();
  const types = new Map<string, CelType>();
  const names = new Set(like.columns.map(({ name }) => name));
  let prefix = "cell_";
  while (like.columns.some(({ name }) => name.startsWith(prefix))) prefix = `_${prefix}`;
  like.columns.forEach((column, j) => {
    const type = celTypeOf(column);
    types.set(column.name, type);
    const variables = [`${prefix}${j}`, ...(/^[A-Za-z_]\w*$/.test(column.name) ? [column.name] : [])];
    for (const variable of variables) {
      try {
        environment.registerVariable(variable, type);
        aliases.set(variable, column.name);
      } catch {
        // A word of CEL: it can be written in backquotes.
      }
    }
  });
  let unknown: string | undefined;
  const plain = text.replace(
    /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`([^`]*)`/g,
    (part, quoted: string | undefined): string => {
      if (quoted === undefined) return part;
      if (!names.has(quoted)) unknown ??= quoted;
      return `${prefix}${like.columns.findIndex(({ name }) => name === quoted)}`;
    },
  );
  if (unknown !== undefined) return { wrong: `names an unknown column "${unknown}"`, name: unknown };
  const checked = environment.check(plain);
  if (!checked.valid) {
    const message = (checked.error?.message ?? "is no expression").split("\n")[0] as string;
    const [, name] = /^Unknown variable: (\w+)$/.exec(message) ?? [];
    return name === undefined
      ? { wrong: `is no CEL expression: ${message}` }
      : { wrong: `names an unknown column "${name}"`, name };
  }
  const type = String(checked.type);
  if (wanted === "condition" ? type !== "bool" : type !== "double" && type !== "int")
    return { wrong: `is ${type}, and must be ${wanted === "condition" ? "true or false" : "a number"}` };
  const run = environment.parse(plain);
  const used = namesIn(run.ast);
  const variables = [...aliases].filter(([variable]) => used.has(variable));
  const needed = new Set(variables.map(([, name]) => name));
  return {
    columns: like.columns.map(({ name }) => name).filter((name) => needed.has(name)),
    ast: run.ast as SyntaxNode,
    columnNamed: (variable) => aliases.get(variable),
    over(table) {
      const readers = variables.map(
        ([variable, name]) => [variable, readerOf(columnOf(table, name), types.get(name) as CelType)] as const,
      );
      const cells: Record<string, unknown> = Object.create(null);
      return (row) => {
        for (const [variable, read] of readers) cells[variable] = read(row);
        try {
          const value: unknown = run(cells);
          return typeof value === "bigint" ? Number(value) : value;
        } catch {
          return undefined;
        }
      };
    },
  };
}

function celTypeOf(column: Column): CelType {
  if (column.type === "number") return "double";
  if (column.type === "date") return "google.protobuf.Timestamp";
  return column.storage === "boolean" ? "bool" : "string";
}

function readerOf(column: Column, type: CelType): (row: number) => unknown {
  if (column.type === "number") return (row) => column.values[row];
  if (column.type === "date") return (row) => new Date(column.values[row] as number);
  const { codes, dictionary } = column;
  const labels: readonly unknown[] = type === "bool" ? dictionary.map((label) => label === "true") : dictionary;
  return (row) => labels[codes[row] as number];
}

/** The variables in a syntax tree; those that a macro declares are among them. */
function namesIn(node: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (Array.isArray(node)) for (const part of node) namesIn(part, found);
  else if (node !== null && typeof node === "object" && "op" in node && "args" in node) {
    if (node.op === "id") found.add(String(node.args));
    else namesIn(node.args, found);
  }
  return found;
}

import { Environment } from "@marcbachmann/cel-js";
import { InvalidData } from "../errors.ts";
import type { Json } from "../llm/model.ts";
import { patternRisk } from "../llm/structured/pattern-risk.ts";
import { nearest } from "../math/nearest-name.ts";
import { addTextFunctions } from "./expression-functions.ts";

/** What an expression sees of a row: its source row, and the cells made so far by the names of their steps. A {@link Row} is one. */
export interface Scope {
  readonly source: Readonly<Record<string, Json>>;
  readonly cells: Readonly<Record<string, Json>>;
}

/** An expression of a recipe, in CEL. */
export interface Expression {
  readonly text: string;
  /** The steps whose cells it reads, in the order of the recipe; "source" first where it reads the source row. */
  readonly reads: readonly string[];
  /** Fields that it takes of each of them: columns of the source, keys of a cell that is a map; "all" where it takes the whole. */
  readonly fields: Fields;
  /** Its type as far as it is known before a row is there: "bool", "string", "double", "int", "list", …; "dyn": any. */
  readonly type: string;
  /** @throws {InvalidData} "no-value": it has none for this row; says which cell is missing, or why */
  evaluate(scope: Scope): Json;
}

export type Fields = Readonly<Record<string, readonly string[] | "all">>;

/** What is wrong with an expression. `name`: the word that is no step, to look for the nearest; `at`: where, in characters from its start. */
export interface WrongExpression {
  readonly wrong: string;
  readonly name?: string | undefined;
  readonly at: number;
}

/** The language of one recipe: CEL in which "source" and the names of the steps are variables. */
export interface Language {
  /** The names that an expression may use: "source", and the steps. */
  readonly names: readonly string[];
  compile(text: string): Expression | WrongExpression;
}

const MAX_CHARACTERS = 5000;

/** The language over these steps. Cells are JSON: their types are known only when a row is there. Numbers are doubles, and a whole number may stand
 * beside one. Beside CEL's own functions there are those of `expression-functions.ts`.
 * @param steps names of the steps, each one that {@link wrongName} has nothing against */
export function languageOf(steps: readonly string[]): Language {
  const environment = new Environment({
    homogeneousAggregateLiterals: false,
    limits: { maxAstNodes: 1000, maxDepth: 50 },
  });
  addTextFunctions(environment);
  const functions = [...new Set(environment.getDefinitions().functions.map(({ name }) => name))];
  const names = ["source", ...steps];
  for (const name of names) environment.registerVariable(name, "dyn");
  return {
    names,
    compile(text) {
      if (text.length > MAX_CHARACTERS)
        return { wrong: `is longer than ${MAX_CHARACTERS} characters`, at: MAX_CHARACTERS };
      if (text.trim() === "") return { wrong: "is empty", at: 0 };
      const checked = environment.check(text);
      if (!checked.valid) {
        const message = (checked.error?.message ?? "is no expression").split("\n")[0] as string;
        const at = checked.error?.range?.start ?? 0;
        const [, name] = /^Unknown variable: (\w+)$/.exec(message) ?? [];
        return name === undefined
          ? { wrong: unknownFunction(message, functions) ?? `is no CEL expression: ${plainly(message)}`, at }
          : { wrong: `names an unknown "${name}"`, name, at };
      }
      const run = environment.parse(text);
      const slow = slowPattern(run.ast);
      if (slow !== undefined) return slow;
      const found: Found = new Map();
      walk(run.ast, new Set(), found);
      const reads = names.filter((name) => found.has(name));
      const cells = reads.filter((name) => name !== "source");
      // One object for all rows: an expression is evaluated in one go.
      const variables: Record<string, Json | undefined> = Object.create(null);
      return {
        text,
        reads,
        fields: Object.fromEntries(
          reads.map((name) => {
            const fields = found.get(name) as Set<string> | "all";
            return [name, fields === "all" ? fields : [...fields]];
          }),
        ),
        type: String(checked.type),
        evaluate(scope) {
          variables.source = scope.source;
          for (const name of cells) variables[name] = scope.cells[name];
          try {
            return jsonOf(run(variables as never));
          } catch (cause) {
            throw noValue(text, cause);
          }
        },
      };
    },
  };
}

/** Why a step cannot have this name; undefined: it can. */
export function wrongName(name: string): string | undefined {
  if (!/^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(name))
    return "want a letter, then letters, digits and underscores, at most 64: expressions name it";
  if (name === "source") return '"source" is the source row';
  if (name in Object.prototype) return "it is a word of JavaScript's own";
  try {
    // Words such as "in" and "null" can be declared, and then never be named.
    const { ast } = new Environment().registerVariable(name, "dyn").parse(name);
    if (ast.op === "id") return undefined;
  } catch {}
  return "it is a word of CEL";
}

/** What several expressions take together. */
export function unionOfFields(all: readonly Fields[]): Fields {
  const out: Record<string, readonly string[] | "all"> = {};
  for (const fields of all)
    for (const [name, taken] of Object.entries(fields)) {
      const before = out[name];
      out[name] = before === "all" || taken === "all" ? "all" : [...new Set([...(before ?? []), ...taken])];
    }
  return out;
}

/** The error of a row in which an expression or a template has no value. */
export function noValue(text: string, cause: unknown): InvalidData {
  if (cause instanceof InvalidData) return cause;
  const message = cause instanceof Error ? (cause.message.split("\n")[0] as string) : String(cause);
  const shown = text.length > 120 ? `${text.slice(0, 119)}…` : text;
  return new InvalidData("no-value", `${shown.trim()} has no value: ${plainly(message)}`, { cause });
}

function unknownFunction(message: string, functions: readonly string[]): string | undefined {
  const [, name] = /^found no matching overload for '(?:.*\.)?(\w+)\(.*\)'$/.exec(message) ?? [];
  if (name === undefined || functions.includes(name)) return undefined;
  const near = nearest(name, functions);
  return `names an unknown function "${name}"${near === undefined ? "" : `; did you mean "${near}"?`}`;
}

/** What the language says, for those who do not know its types. */
function plainly(message: string): string {
  const [, key] = /^No such key: (.*)$/.exec(message) ?? [];
  if (key !== undefined) return /^index out of bounds/.test(key) ? `the ${key}` : `there is no "${key}"`;
  const [, variable] = /^Unknown variable: (.*)$/.exec(message) ?? [];
  if (variable !== undefined) return `the cell "${variable}" is missing`;
  const types = message.replaceAll(/dyn<(\w+)>/g, "$1");
  const [, left, operator, right] = /^no such overload: (\w+) (\S+) (\w+)$/.exec(types) ?? [];
  if (left !== undefined && right !== undefined) {
    const text =
      operator === "+" && (left === "string" || right === "string") ? "; string(…) makes text of a number" : "";
    return `there is no ${KINDS[left] ?? left} ${operator} ${KINDS[right] ?? right}${text}`;
  }
  const [, call] = /^found no matching overload for '(.*)'$/.exec(types) ?? [];
  if (call !== undefined)
    return `there is no ${call.replaceAll(/\b(?:double|int|string|bool)\b/g, (kind) => KINDS[kind] as string)}`;
  return /EOF/.test(message) ? "it ends too early" : types;
}

/** The language's types in plain words. */
export const KINDS: Readonly<Record<string, string>> = {
  double: "number",
  int: "number",
  string: "text",
  bool: "true/false",
};

type Found = Map<string, Set<string> | "all">;

/** A pattern of `matches` that may take exponential time, or that nobody knows before a row is there: the language has no watch for it. */
function slowPattern(node: unknown): WrongExpression | undefined {
  if (Array.isArray(node)) {
    for (const part of node) {
      const slow = slowPattern(part);
      if (slow !== undefined) return slow;
    }
    return undefined;
  }
  if (!isNode(node)) return undefined;
  if (["call", "rcall"].includes(node.op) && Array.isArray(node.args) && node.args[0] === "matches") {
    const pattern = (node.args.at(-1) as readonly (SyntaxNode & { readonly start?: number })[]).at(-1);
    if (pattern?.op !== "value" || typeof pattern.args !== "string")
      return {
        wrong: "matches a pattern that comes from a cell: write the pattern itself, in quotes",
        at: pattern?.start ?? 0,
      };
    const risk = patternRisk(pattern.args);
    if (risk !== undefined)
      return { wrong: `matches a pattern that may take for ever: ${risk}`, at: pattern.start ?? 0 };
  }
  return slowPattern(node.args);
}

interface SyntaxNode {
  readonly op: string;
  readonly args: unknown;
}

/** Functions of CEL whose first argument declares a variable for the arguments after it. */
const LOOPS = new Set(["map", "filter", "all", "exists", "exists_one"]);

/** Notes which variables a syntax tree reads, and which fields of them. */
function walk(node: unknown, declared: ReadonlySet<string>, found: Found): void {
  if (Array.isArray(node)) {
    for (const part of node) walk(part, declared, found);
    return;
  }
  if (!isNode(node)) return;
  const { op, args } = node;
  if (op === "value") return;
  if (op === "id") {
    if (!declared.has(String(args))) found.set(String(args), "all");
    return;
  }
  if ((op === "." || op === "[]") && Array.isArray(args)) {
    const [of, key] = args as [unknown, unknown];
    const field = typeof key === "string" ? key : isNode(key) && key.op === "value" ? key.args : undefined;
    if (isNode(of) && of.op === "id" && !declared.has(String(of.args)) && typeof field === "string") {
      const fields = found.get(String(of.args));
      if (fields === undefined) found.set(String(of.args), new Set([field]));
      else if (fields !== "all") fields.add(field);
      return;
    }
  }
  if (op === "rcall" && Array.isArray(args)) {
    const [name, receiver, given] = args as [string, unknown, readonly unknown[]];
    const [first, ...rest] = given;
    const variable = isNode(first) && first.op === "id" ? String(first.args) : undefined;
    const bind = name === "bind" && isNode(receiver) && receiver.op === "id" && receiver.args === "cel";
    if (variable !== undefined && (bind || (LOOPS.has(name) && rest.length > 0))) {
      const inner = new Set([...declared, variable]);
      if (bind) walk(rest[0], declared, found);
      else walk(receiver, declared, found);
      walk(bind ? rest[1] : rest, inner, found);
      return;
    }
  }
  walk(args, declared, found);
}

function isNode(value: unknown): value is SyntaxNode {
  return value !== null && typeof value === "object" && "op" in value && "args" in value;
}

/** A value of the language as JSON: whole numbers become numbers, moments text in ISO 8601. */
function jsonOf(value: unknown): Json {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      if (!Number.isFinite(value)) throw new Error(`${value} is no number that JSON can hold`);
      return value;
    case "bigint":
      return Number(value);
    case "object":
      if (value === null) return null;
      if (Array.isArray(value)) return value.map(jsonOf);
      if (value instanceof Date) return value.toISOString();
      if (value instanceof Map)
        return Object.fromEntries([...value].map(([key, item]) => [String(jsonOf(key)), jsonOf(item)]));
      if (value.constructor === Object || value.constructor === undefined)
        return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, jsonOf(item)]));
      if ("getSeconds" in value && "seconds" in value) return Number(value.seconds);
  }
  throw new Error("it is neither text, number, truth value, list nor map");
}

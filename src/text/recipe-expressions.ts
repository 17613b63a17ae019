import type { InvalidArgument } from "../errors.ts";
import { suggest } from "../math/nearest-name.ts";
import { type Expression, KINDS, type Language, type WrongExpression } from "./expression.ts";
import type { Recipe } from "./recipe.ts";
import { type Pointer, recipeProblem } from "./recipe-places.ts";
import { kindOf, type StepKind } from "./recipe-shape.ts";
import { compileTemplate, type Template } from "./template.ts";

/** What the parts of a recipe are compiled in. */
export interface RecipeContext {
  readonly recipe: Recipe;
  readonly language: Language;
}

/** Where an expression stands, and what to call it. */
export interface ExpressionPlace extends RecipeContext {
  readonly pointer: Pointer;
  readonly title: string;
}

/** @throws {InvalidArgument} it is none: with the place, and the nearest name */
export function expressionOf(text: string, at: ExpressionPlace): Expression {
  const compiled = at.language.compile(text);
  if ("wrong" in compiled) throw wrongExpression(compiled, at);
  return compiled;
}

/** @throws {InvalidArgument} it is none: with the place, and the nearest name */
export function templateOf(text: string, at: ExpressionPlace): Template {
  const compiled = compileTemplate(text, at.language);
  if ("wrong" in compiled) throw wrongExpression(compiled, at);
  return compiled;
}

/** An expression that may be true or false.
 * @throws {InvalidArgument} it is none, or surely something else */
export function conditionOf(text: string, at: ExpressionPlace): Expression {
  const expression = expressionOf(text, at);
  if (expression.type !== "bool" && expression.type !== "dyn")
    throw recipeProblem(
      { ...at.pointer, at: 0 },
      `${at.title} is a ${KINDS[expression.type] ?? expression.type}: want true or false`,
    );
  return expression;
}

function wrongExpression({ wrong, name, at: offset }: WrongExpression, at: ExpressionPlace): InvalidArgument {
  return recipeProblem(
    { ...at.pointer, at: offset },
    `${at.title} ${wrong}${name === undefined ? "" : unknownName(name, at)}`,
  );
}

/** What to say of a name that no cell has. */
function unknownName(name: string, { recipe, language }: RecipeContext, isExpression = true): string {
  const step = recipe.steps.find((other) => other.name === name);
  if (step !== undefined)
    return `: "${name}" is a ${kindOf(step) === "check" ? "check" : "deduplication"}, which has no cell`;
  const names = isExpression && recipe.source !== undefined ? language.names : language.names.slice(1);
  return names.length === 0 ? ": no step has a cell" : suggest(name, names);
}

/** @throws {InvalidArgument} no step of this name has a cell */
export function mustBeCell(name: string, at: ExpressionPlace): void {
  if (name !== "source" && at.language.names.includes(name)) return;
  throw recipeProblem(at.pointer, `${at.title} names an unknown "${name}"${unknownName(name, at, false)}`);
}

/** Whether a step of this kind has a cell that others may read. */
export function hasCell(kind: StepKind): boolean {
  return kind !== "check" && kind !== "deduplicate";
}

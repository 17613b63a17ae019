import type { InvalidArgument } from "../errors.ts";
import { suggest } from "../math/nearest-name.ts";
import { type Expression, type Fields, type Language, languageOf, unionOfFields, wrongName } from "./expression.ts";
import { orderOf } from "./graph.ts";
import type {
  CallStep,
  CheckStep,
  DeduplicateStep,
  ExpressionStep,
  OwnStep,
  Recipe,
  SamplerStep,
  StepConfiguration,
} from "./recipe.ts";
import {
  conditionOf,
  expressionOf,
  hasCell,
  mustBeCell,
  type RecipeContext,
  templateOf,
} from "./recipe-expressions.ts";
import { checkFields } from "./recipe-fields.ts";
import { type Pointer, recipeProblem } from "./recipe-places.ts";
import { compileSampler, type SamplerCase } from "./recipe-sampler.ts";
import { kindOf, type StepKind } from "./recipe-shape.ts";
import type { Template } from "./template.ts";

/** The templates of a call, compiled. */
export interface CallTemplates {
  readonly system: Template | undefined;
  readonly prompt: Template;
  readonly examples: readonly { readonly user: Template; readonly assistant: Template }[];
}

/** A step with everything in it compiled. */
export interface CompiledStep {
  readonly name: string;
  readonly kind: StepKind;
  readonly configuration: StepConfiguration;
  /** Names of the steps whose cells it reads; "source" for the source row. */
  readonly reads: readonly string[];
  /** Fields that it takes of each. */
  readonly fields: Fields;
  /** Names of the checks that gate it. */
  readonly after: readonly string[];
  /** Its `if`. */
  readonly condition?: Expression | undefined;
  readonly value?: Expression | Template | undefined;
  readonly call?: { readonly templates: CallTemplates; readonly model: string } | undefined;
  readonly checks?: Expression | undefined;
  readonly cases?: readonly SamplerCase[] | undefined;
}

export interface CompiledExport {
  readonly name: string;
  /** Undefined: the cell of this name. */
  readonly expression: Expression | undefined;
  readonly fields: Fields;
}

export interface CompiledRecipe {
  readonly language: Language;
  /** Each after those that it needs; among those that could be next, the one listed first. */
  readonly steps: readonly CompiledStep[];
  readonly exports: readonly CompiledExport[];
  /** Fields of the source and of the cells that anything in the recipe takes. */
  readonly fields: Fields;
}

/** Compiles what is written in a recipe whose shape was checked: names, expressions, templates, parameters of samplers, the graph.
 * @throws {InvalidArgument} an unknown or doubled name, a wrong expression, a cycle: with the place, and the nearest name */
export function compileRecipe(recipe: Recipe): CompiledRecipe {
  checkNames(recipe);
  const cells = recipe.steps.filter((step) => hasCell(kindOf(step))).map(({ name }) => name);
  const language = languageOf(cells);
  const context: RecipeContext = { recipe, language };
  const listed = recipe.steps.map((step, i) => compileStep(step, { ...context, i }));
  for (const { name, fields, configuration } of listed)
    checkFields(fields, { title: `step "${name}"`, holder: configuration, recipe });
  const exports = compileExports(context, listed);
  for (const { name, fields } of exports)
    checkFields(fields, { title: `export: ${name}`, holder: recipe.export ?? [], recipe });
  const ordered = orderOf(listed.map(({ name, reads, after }) => ({ name, before: [...reads, ...after] })));
  if (ordered.cycle !== undefined) throw cycleProblem(ordered.cycle, listed);
  const byName = new Map(listed.map((step) => [step.name, step]));
  return {
    language,
    steps: ordered.order.map((name) => byName.get(name) as CompiledStep),
    exports,
    fields: unionOfFields([...listed, ...exports].map(({ fields }) => fields)),
  };
}

function checkNames(recipe: Recipe): void {
  const seen = new Set<string>();
  recipe.steps.forEach((step, i) => {
    const { name } = step;
    const wrong = wrongName(name);
    if (wrong !== undefined)
      throw recipeProblem({ in: step, key: "name" }, `step ${i + 1} cannot be named "${name}": ${wrong}`);
    if (seen.has(name)) throw recipeProblem({ in: step, key: "name" }, `two steps are named "${name}"`);
    seen.add(name);
  });
}

function compileStep(step: StepConfiguration, context: RecipeContext & { readonly i: number }): CompiledStep {
  const { recipe, i } = context;
  const kind = kindOf(step);
  const title = `step "${step.name}"`;
  const listedBefore = recipe.steps.slice(0, i);
  const checksBefore = listedBefore.filter((other) => kindOf(other) === "check").map(({ name }) => name);
  const head = { name: step.name, kind, configuration: step };
  const condition =
    "if" in step && step.if !== undefined
      ? conditionOf(step.if, { ...context, pointer: { in: step, key: "if" }, title: `${title}: if` })
      : undefined;
  const finish = (parts: readonly { readonly fields: Fields }[], rest: Partial<CompiledStep> = {}): CompiledStep => {
    const fields = unionOfFields([...parts, ...(condition ? [condition] : [])].map((part) => part.fields));
    return {
      ...head,
      fields,
      reads: context.language.names.filter((name) => fields[name] !== undefined),
      after: kind === "call" || kind === "own" ? checksBefore : [],
      condition,
      ...rest,
    };
  };
  switch (kind) {
    case "sampler": {
      const cases = compileSampler(step as SamplerStep, { ...context, title });
      const parts = cases.flatMap(({ condition, parameters }) => [
        ...(condition ? [condition] : []),
        { fields: "of" in parameters ? { [parameters.of]: "all" as const } : {} },
      ]);
      return finish(parts, { cases });
    }
    case "expression": {
      const { expression } = step as ExpressionStep;
      const place = { ...context, pointer: { in: step, key: "expression" }, title };
      const value = expression.includes("{{") ? templateOf(expression, place) : expressionOf(expression, place);
      return finish([value], { value });
    }
    case "call": {
      const call = compileCall(step as CallStep, { ...context, title });
      const { system, prompt, examples } = call.templates;
      const all = [
        ...(system ? [system] : []),
        ...examples.flatMap(({ user, assistant }) => [user, assistant]),
        prompt,
      ];
      return finish(all, { call });
    }
    case "check": {
      const { check } = step as CheckStep;
      const checks = compileCheck(step as CheckStep, { ...context, title });
      const cell = typeof check === "string" ? undefined : check.cell;
      return finish([...(checks ? [checks] : []), { fields: cell === undefined ? {} : { [cell]: "all" } }], { checks });
    }
    case "deduplicate": {
      const { deduplicate } = step as DeduplicateStep;
      for (const [k, name] of deduplicate.entries())
        mustBeCell(name, { ...context, pointer: { in: deduplicate, key: k }, title });
      return finish([{ fields: Object.fromEntries(deduplicate.map((name) => [name, "all" as const])) }]);
    }
    case "own": {
      const { reads } = step as OwnStep;
      for (const [k, name] of (reads ?? []).entries())
        if (name !== "source") mustBeCell(name, { ...context, pointer: { in: reads as object, key: k }, title });
      const before = listedBefore.filter((other) => hasCell(kindOf(other))).map(({ name }) => name);
      const all = reads ?? [...(recipe.source === undefined ? [] : ["source"]), ...before];
      return finish([{ fields: Object.fromEntries(all.map((name) => [name, "all" as const])) }]);
    }
  }
}

function compileCall(
  step: CallStep,
  context: RecipeContext & { readonly title: string },
): NonNullable<CompiledStep["call"]> {
  const { recipe, title } = context;
  const models = Object.keys(recipe.models ?? {});
  if (models.length === 0)
    throw recipeProblem({ in: step, key: "call" }, `${title} calls a model, and the recipe has none: add \`models\``);
  if (step.model === undefined && models.length > 1)
    throw recipeProblem(
      { in: step, key: "call" },
      `${title} does not say which model it calls: want one of ${models.join(", ")}`,
    );
  const model = step.model ?? (models[0] as string);
  if (!models.includes(model))
    throw recipeProblem(
      { in: step, key: "model" },
      `${title} calls an unknown model "${model}"${suggest(model, models)}`,
    );
  checkColumnNames(
    Object.keys(step.rubric ?? {}).map((name) => ({ name })),
    { in: step, key: "rubric" },
  );
  if (step.scale !== undefined && !(step.scale[0] < step.scale[1]))
    throw recipeProblem(
      { in: step, key: "scale" },
      `${title}: scale goes from ${step.scale[0]} to ${step.scale[1]}: want low < high`,
    );
  const compile = (text: string, pointer: Pointer): Template =>
    templateOf(text, { ...context, pointer, title: `${title}: ${String(pointer.key)}` });
  return {
    model,
    templates: {
      system: step.system === undefined ? undefined : compile(step.system, { in: step, key: "system" }),
      prompt: compile(step.prompt, { in: step, key: "prompt" }),
      examples: (step.examples ?? []).map((example) => ({
        user: compile(example.user, { in: example, key: "user" }),
        assistant: compile(example.assistant, { in: example, key: "assistant" }),
      })),
    },
  };
}

function compileCheck(step: CheckStep, context: RecipeContext & { readonly title: string }): Expression | undefined {
  const { title } = context;
  const { check } = step;
  if (typeof check === "string") return conditionOf(check, { ...context, pointer: { in: step, key: "check" } });
  const { expression, cell, matches, words, schema, parses } = check;
  const parts = { matches, words, schema, parses };
  const [part] = Object.entries(parts).find(([, value]) => value !== undefined) ?? [];
  if (part === undefined && expression === undefined)
    throw recipeProblem(
      { in: step, key: "check" },
      `${title} checks nothing: want expression, matches, words, schema or parses`,
    );
  if (part !== undefined && cell === undefined)
    throw recipeProblem({ in: check, key: part }, `${title}: ${part} needs \`cell\`: the cell that it looks at`);
  if (part === undefined && cell !== undefined)
    throw recipeProblem(
      { in: check, key: "cell" },
      `${title} says nothing of the cell "${cell}": want matches, words, schema or parses`,
    );
  if (cell !== undefined) mustBeCell(cell, { ...context, pointer: { in: check, key: "cell" } });
  if (words !== undefined && words[0] > words[1])
    throw recipeProblem(
      { in: check, key: "words" },
      `${title}: words go from ${words[0]} to ${words[1]}: want low ≤ high`,
    );
  if (matches !== undefined) {
    try {
      new RegExp(matches, "u");
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw recipeProblem({ in: check, key: "matches" }, `${title}: matches is no regular expression: ${why}`, cause);
    }
  }
  return expression === undefined
    ? undefined
    : conditionOf(expression, { ...context, pointer: { in: check, key: "expression" } });
}

function compileExports(context: RecipeContext, listed: readonly CompiledStep[]): readonly CompiledExport[] {
  const { recipe } = context;
  const whole = (name: string): CompiledExport => ({ name, expression: undefined, fields: { [name]: "all" } });
  const given = recipe.export;
  if (given === undefined) {
    const all = listed.filter(({ kind }) => hasCell(kind)).map(({ name }) => whole(name));
    checkColumnNames(all, { in: recipe, key: "steps" });
    return all;
  }
  const exports = given.flatMap((item, i): CompiledExport[] => {
    if (typeof item === "string") {
      if (/[^A-Za-z0-9_]/.test(item))
        throw recipeProblem(
          { in: given, key: i },
          `export: ${JSON.stringify(item)} is no step: write "name: ${item}" for an expression`,
        );
      mustBeCell(item, { ...context, pointer: { in: given, key: i }, title: "export" });
      return [whole(item)];
    }
    return Object.entries(item).map(([name, text]) => {
      const expression = expressionOf(text, { ...context, pointer: { in: item, key: name }, title: `export: ${name}` });
      return { name, expression, fields: expression.fields };
    });
  });
  checkColumnNames(exports, { in: recipe, key: "export" });
  return exports;
}

/** Column names of a table differ by more than capital letters, and none is empty: neither Parquet nor CSV is written otherwise, and that would be told when all
 * is paid. */
function checkColumnNames(exports: readonly { readonly name: string }[], pointer: Pointer): void {
  const seen = new Map<string, string>();
  for (const { name } of exports) {
    if (name === "") throw recipeProblem(pointer, "a column has no name");
    const other = seen.get(name.toLowerCase());
    if (other === name) throw recipeProblem(pointer, `export names "${name}" twice`);
    if (other !== undefined)
      throw recipeProblem(
        pointer,
        `"${other}" and "${name}" would be columns, and a table takes them for the same: rename one`,
      );
    seen.set(name.toLowerCase(), name);
  }
}

function cycleProblem(cycle: readonly string[], listed: readonly CompiledStep[]): InvalidArgument {
  const [first] = cycle;
  const step = listed.find(({ name }) => name === first) as CompiledStep;
  // A step that waits for a check only because that is listed before it.
  const gate = cycle.slice(0, -1).flatMap((name, i) => {
    const { reads, after } = listed.find((other) => other.name === name) as CompiledStep;
    const next = cycle[i + 1] as string;
    return after.includes(next) && !reads.includes(next) ? [{ name, check: next }] : [];
  })[0];
  const why =
    gate === undefined
      ? cycle.length === 2
        ? "it reads its own cell"
        : "each of them reads the next"
      : `"${gate.check}" is listed before "${gate.name}", which therefore waits for it, and reads what comes of that: list it later`;
  return recipeProblem({ in: step.configuration }, `the steps go in a circle: ${cycle.join(" -> ")}; ${why}`);
}

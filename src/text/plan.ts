import { InvalidData } from "../errors.ts";
import type { Json } from "../llm/model.ts";
import { suggest } from "../math/nearest-name.ts";
import { type Expression, noValue } from "./expression.ts";
import { anotherSample } from "./identity.ts";
import {
  type CallStep,
  type CheckStep,
  type DeduplicateStep,
  type OwnStep,
  PERMISSION,
  type Recipe,
  type SamplerStep,
} from "./recipe.ts";
import { type CallTemplates, type CompiledStep, compileRecipe } from "./recipe-compile.ts";
import { mentionOf } from "./recipe-fields.ts";
import {
  callerWithoutPermission,
  checkPermission,
  columnsIn,
  type SourceFlow,
  sourceFlow,
} from "./recipe-permission.ts";
import { recipeProblem } from "./recipe-places.ts";
import type { SamplerCase } from "./recipe-sampler.ts";
import type { StepKind } from "./recipe-shape.ts";
import { DEFAULT_LOCALE } from "./samplers/person.ts";
import { loadWordLists, type WordLists } from "./samplers/person-words.ts";
import { type Sampler, samplerOf } from "./samplers/sampler.ts";
import type { CellOutcome, Row, Step, StreamFilter } from "./step.ts";

export type Cell = NonNullable<Step["cell"]>;

/** Makes the cells of the steps that are not the plan's own. What a cell throws as {@link InvalidData} "no-value" (a template or an expression that has
 * no value in a row) becomes a rejection of the row: a maker need not look out for it. */
export interface StepMakers {
  /** @param compiled `model`: the recipe's name for it, also where the step leaves it out */
  readonly call: (step: CallStep, compiled: { readonly model: string; readonly templates: CallTemplates }) => Cell;
  /** @param condition the step's expression over a row; undefined: it has none */
  readonly check: (step: CheckStep, condition: ((row: Row) => boolean) | undefined) => Cell;
  readonly deduplicate: (step: DeduplicateStep) => () => StreamFilter;
  /** @param reads names of the steps that it may see; "source" for the source row */
  readonly own: (step: OwnStep, reads: readonly string[]) => Cell;
}

/** A recipe, ready to run. */
export interface Plan {
  /** Each after those that it needs. */
  readonly steps: readonly Step[];
  readonly kinds: Readonly<Record<string, StepKind>>;
  /** Rows that are wanted, and attempts at most; Infinity for "all". */
  readonly rows: number | "all";
  readonly mostAttempts: number;
  readonly exports: readonly PlannedExport[];
  /** The calls, in the order of `steps`. */
  readonly calls: readonly PlannedCall[];
  /** Columns of the source that the recipe reads, in the order of the source. */
  readonly sourceColumns: readonly string[];
}

export interface PlannedExport {
  readonly name: string;
  /** Null where an expression has no value. */
  readonly value: (row: Row) => Json;
  /** Columns of the source whose real cells may stand in it as they are, because no model stands between. */
  readonly verbatim: readonly string[];
}

export interface PlannedCall {
  readonly step: string;
  readonly call: CallStep["call"];
  /** The recipe's name for the model. */
  readonly model: string;
  /** Columns of the source that what is sent depends on, directly or through other steps. */
  readonly sourceColumns: readonly string[];
}

/** Puts a recipe's steps together.
 * @param recipe that was checked
 * @param options `sourceColumns`: of the table that the recipe's source names, null where it names none; `sourceIsSynthetic`: the source is a bundle of
 *   synthetic data, whose rows may be sent without a permission, but for its `realColumns`: those that hold cells of a real source as they were
 * @throws {InvalidArgument} "invalid-recipe": a column that the source does not have; "permission-needed" */
export async function planRecipe(
  recipe: Recipe,
  options: StepMakers & {
    readonly sourceColumns: readonly string[] | null;
    readonly sourceIsSynthetic: boolean;
    readonly realColumns?: readonly string[] | undefined;
  },
): Promise<Plan> {
  const compiled = compileRecipe(recipe);
  const columns = options.sourceColumns ?? [];
  checkColumns(recipe, { columns, steps: compiled.steps, exports: compiled.exports });
  const flow = sourceFlow(compiled, columns);
  const isReal = (column: string): boolean =>
    !options.sourceIsSynthetic || options.realColumns?.includes(column) === true;
  checkPermission(recipe, { compiled, flow, isReal });
  const isPermitted = recipe.source?.permission === PERMISSION;
  const unpermitted = (name: string): string | undefined =>
    isPermitted ? undefined : flow.reaching.get(name)?.find(isReal);
  const words = await wordListsOf(recipe);
  const twins = new Map<string, number>();
  const steps = compiled.steps.map((step): Step => {
    const { name, reads, after } = step;
    if (step.kind === "deduplicate")
      return { name, reads, after, stream: options.deduplicate(step.configuration as DeduplicateStep) };
    return {
      name,
      reads,
      after,
      cell: guarded(cellOf(step, { makers: options, words, twins, unpermitted }), step.condition),
    };
  });
  const rows = recipe.rows ?? "all";
  return {
    steps,
    kinds: Object.fromEntries(compiled.steps.map(({ name, kind }) => [name, kind])),
    rows,
    mostAttempts: recipe.mostAttempts ?? (rows === "all" ? Number.POSITIVE_INFINITY : Math.max(100, 10 * rows)),
    exports: compiled.exports.map(({ name, expression, fields }) => ({
      name,
      value: exportOf(name, expression),
      verbatim: columnsIn(fields, { columns, flow: flow.verbatim }).filter(isReal),
    })),
    calls: compiled.steps.flatMap((step) => plannedCall(step, flow)),
    sourceColumns: columnsIn(compiled.fields.source === undefined ? {} : { source: compiled.fields.source }, {
      columns,
      flow: flow.reaching,
    }),
  };
}

function checkColumns(
  recipe: Recipe,
  given: {
    readonly columns: readonly string[];
    readonly steps: readonly CompiledStep[];
    readonly exports: readonly { readonly name: string; readonly fields: CompiledStep["fields"] }[];
  },
): void {
  const { columns, steps, exports } = given;
  const check = (taken: readonly string[] | "all" | undefined, title: string, holder: object): void => {
    const strange = taken === "all" ? undefined : taken?.find((column) => !columns.includes(column));
    if (strange === undefined) return;
    throw recipeProblem(
      mentionOf(strange, holder),
      `${title} reads an unknown column "${strange}" of the source${suggest(strange, columns)}`,
    );
  };
  for (const { name, fields, configuration } of steps) check(fields.source, `step "${name}"`, configuration);
  for (const { name, fields } of exports) check(fields.source, `export: ${name}`, recipe.export ?? []);
  const key = recipe.source?.key;
  if (key !== undefined && !columns.includes(key))
    throw recipeProblem(
      { in: recipe.source as object, key: "key" },
      `source.key names an unknown column "${key}"${suggest(key, columns)}`,
    );
}

async function wordListsOf(recipe: Recipe): Promise<ReadonlyMap<string, WordLists>> {
  const locales = recipe.steps.flatMap((step) =>
    "sampler" in step && step.sampler === "person"
      ? [step.locale, ...(step.when ?? []).map(({ locale }) => locale ?? step.locale)]
      : [],
  );
  const words = new Map<string, WordLists>();
  for (const locale of new Set(locales.map((locale) => locale ?? DEFAULT_LOCALE)))
    words.set(locale, await loadWordLists(locale));
  return words;
}

interface Making {
  readonly makers: StepMakers;
  readonly words: ReadonlyMap<string, WordLists>;
  /** Calls that are asked alike, counted. */
  readonly twins: Map<string, number>;
  /** A column of real cells that a step depends on, and no model may see. */
  readonly unpermitted: (step: string) => string | undefined;
}

function cellOf(step: CompiledStep, making: Making): Cell {
  const { configuration } = step;
  const { makers } = making;
  switch (step.kind) {
    case "sampler":
      return samplerCell(configuration as SamplerStep, {
        cases: step.cases as readonly SamplerCase[],
        words: making.words,
      });
    case "expression": {
      const value = step.value as NonNullable<CompiledStep["value"]>;
      return "render" in value ? (row) => ({ value: value.render(row) }) : (row) => ({ value: value.evaluate(row) });
    }
    case "call":
      return callCell(step, making);
    case "check": {
      const { checks } = step;
      return makers.check(configuration as CheckStep, checks && ((row) => truth(checks, row)));
    }
    case "own": {
      const cell = makers.own(configuration as OwnStep, step.reads);
      const column = making.unpermitted(step.name);
      if (column === undefined) return (row, context) => cell(seenBy(step.reads, row), context);
      const caller = callerWithoutPermission(step.name, column);
      return (row, context) => cell(seenBy(step.reads, row), Object.create(context, { caller: { value: caller } }));
    }
    case "deduplicate":
      throw new TypeError("A deduplication has no cell.");
  }
}

function samplerCell(
  step: SamplerStep,
  { cases, words }: { readonly cases: readonly SamplerCase[]; readonly words: Making["words"] },
): Cell {
  const drawn = cases.map(({ condition, parameters }) => ({
    condition,
    draw: samplerOf(step.sampler, parameters as never, words) as Sampler,
  }));
  return (row, { random }) => {
    for (const { condition, draw } of drawn)
      if (condition === undefined || truth(condition, row)) return { value: draw(random, row) };
    throw new TypeError("The last case of a sampler has no condition.");
  };
}

/** Steps that ask alike would get the same answer: from the second on each has draws of its own. Embeddings are no draws: equal texts share one. */
function callCell(step: CompiledStep, { makers, twins }: Making): Cell {
  const configuration = step.configuration as CallStep;
  const call = step.call as NonNullable<CompiledStep["call"]>;
  const cell = makers.call(configuration, call);
  if (configuration.call === "embedding") return (row, context) => cell({ ...row, sample: 0 }, context);
  const { system, prompt, examples } = configuration;
  const asked = JSON.stringify([call.model, system, prompt, examples]);
  const twin = twins.get(asked) ?? 0;
  twins.set(asked, twin + 1);
  if (twin === 0) return cell;
  return (row, context) => cell({ ...row, sample: anotherSample(row.sample, twin) }, context);
}

/** The row as far as a step says that it reads it: what it could read beside would reach a model unseen, and hang on which answers came first. */
function seenBy(reads: readonly string[], row: Row): Row {
  const cells: Record<string, Json> = {};
  for (const name of reads) if (name !== "source") cells[name] = row.cells[name] ?? null;
  return { ...row, source: reads.includes("source") ? row.source : {}, cells };
}

function plannedCall({ name, call, configuration }: CompiledStep, flow: SourceFlow): readonly PlannedCall[] {
  if (call === undefined) return [];
  const sourceColumns = flow.reaching.get(name) ?? [];
  return [{ step: name, call: (configuration as CallStep).call, model: call.model, sourceColumns }];
}

function exportOf(name: string, expression: Expression | undefined): (row: Row) => Json {
  if (expression === undefined) return ({ cells }) => cells[name] ?? null;
  return (row) => {
    try {
      return expression.evaluate(row);
    } catch (error) {
      if (isNoValue(error)) return null;
      throw error;
    }
  };
}

/** @throws {InvalidData} "no-value": it is neither true nor false */
function truth(condition: Expression, row: Row): boolean {
  const value = condition.evaluate(row);
  if (typeof value === "boolean") return value;
  throw noValue(condition.text, new Error(`it is ${JSON.stringify(value)}, neither true nor false`));
}

/** A cell that runs only where the step's condition holds, and rejects the row where something has no value. */
function guarded(cell: Cell, condition: Expression | undefined): Cell {
  return (row, context) => {
    try {
      if (condition !== undefined && !truth(condition, row)) return { value: null };
      const outcome = cell(row, context);
      return outcome instanceof Promise ? outcome.catch(rejectionOf) : outcome;
    } catch (error) {
      return rejectionOf(error);
    }
  };
}

function rejectionOf(error: unknown): CellOutcome {
  if (!isNoValue(error)) throw error;
  return { reject: { reason: "no-value", detail: error.message } };
}

function isNoValue(error: unknown): error is InvalidData {
  return error instanceof InvalidData && error.code === "no-value";
}

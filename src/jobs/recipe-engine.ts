import { join, resolve } from "node:path";
import { type BudgetedCaller, createCaller } from "../llm/caller.ts";
import { createLane } from "../llm/create-lane.ts";
import { createBatchStore } from "../llm/http-batch-store.ts";
import type { Journal } from "../llm/journal/journal.ts";
import { openJournal } from "../llm/journal/open-journal.ts";
import type { Lane } from "../llm/lane.ts";
import { localModel } from "../llm/local/local-model.ts";
import type { Model } from "../llm/model.ts";
import type { ModelPrice } from "../llm/prices/model-price.ts";
import { findPrice, type PriceList } from "../llm/prices/price-list.ts";
import { MOST_CONCURRENT, openModel } from "../llm/providers/index.ts";
import { jsonSchemaOf } from "../llm/structured/json-schema-of.ts";
import { outputLadder } from "../llm/structured/output-ladder.ts";
import { compileSchema } from "../llm/structured/schema-check.ts";
import { type Random, randomFromSeed } from "../random.ts";
import { systemClock } from "../runs/clock.ts";
import { WORK } from "../runs/layout.ts";
import { userFolders } from "../runs/user-folders.ts";
import { callStep } from "../text/calls/call-step.ts";
import { type Attempt, attemptsOf } from "../text/identity.ts";
import { type Plan, planRecipe, type StepMakers } from "../text/plan.ts";
import type { CallStep, ModelConfiguration, OwnStep, Recipe } from "../text/recipe.ts";
import { checkCell } from "../text/steps/check.ts";
import { deduplicateFilter } from "../text/steps/deduplicate.ts";
import { ownCell, type Program } from "../text/steps/own.ts";
import { matchesWithin, wrongJavaScript } from "./code-checks.ts";
import { readNamed } from "./files.ts";
import type { JobEvents } from "./job.ts";
import { loadRecipe } from "./load-recipe.ts";
import { startProgram } from "./own-program.ts";
import { loadPriceLists } from "./price-lists.ts";
import type { RecipeOptions } from "./run-options.ts";
import { openTextSource, type TextSource } from "./text-source.ts";

/** A recipe with everything it needs opened. */
export interface RecipeEngine {
  readonly recipe: Recipe;
  readonly source: TextSource | null;
  readonly plan: Plan;
  readonly attempt: (index: number) => Attempt | undefined;
  readonly models: Readonly<Record<string, Model>>;
  readonly prices: readonly PriceList[];
  readonly random: Random;
  close(): Promise<void>;
}

/** An engine that can ask. */
export interface AskingEngine extends RecipeEngine {
  readonly journal: Journal;
  readonly caller: BudgetedCaller;
  readonly lanes: readonly Lane[];
  /** Requests at a time that all models together are asked at most. */
  readonly concurrency: number;
  /** The folder of the journal and of the rejected rows. */
  readonly work: string;
  /** Aborts what is in flight; otherwise `options.signal` only stops what is not sent yet. */
  readonly abort: () => void;
}

/** For one pattern on one text. */
const MATCH_MS = 1000;

/** Calls that wait for batches at a time. */
const MOST_BATCHED = 10_000;

/** Monotonic milliseconds. */
export const engineClock = { milliseconds: (): number => systemClock.seconds() * 1000 };

/** Loads the recipe, reads its source, opens its models and plans its steps. Nothing is asked.
 * @throws {InvalidArgument} anything that is wrong in the recipe or in what overrides it */
export async function openRecipe(
  options: RecipeOptions,
  events: Required<Pick<JobEvents, "notice">> & JobEvents,
): Promise<RecipeEngine> {
  const { recipe, beside } = await loadRecipe(options);
  const models: Record<string, Model> = {};
  const programs: Program[] = [];
  const close = async (): Promise<void> => {
    await Promise.all([...Object.values(models), ...programs].map((one) => one.close()));
  };
  try {
    if (recipe.source) events.phase?.("read", recipe.source.from);
    const source = recipe.source
      ? await openTextSource(recipe.source, { beside, notice: events.notice, signal: options.signal })
      : null;
    const cache = userFolders().cache;
    for (const [name, configuration] of Object.entries(recipe.models ?? {}))
      models[name] = await openModel(withPaths(configuration, beside), {
        name,
        effects: {
          environment: process.env,
          readText: (path) =>
            readNamed(path, {
              what: "file",
              doing: "reading a file of the recipe",
              advice: "A path in a recipe is meant from the folder of the recipe.",
            }),
          batchStore: createBatchStore(join(workOf(options, recipe), WORK.batches)),
          openLocal: async (local) => localModel(local.model, { cache, folder: process.cwd() }),
          notice: events.notice,
        },
      });
    const plan = await planRecipe(recipe, {
      ...makersOf(recipe, { models, programs, beside, events }),
      sourceColumns: source?.columns ?? null,
      sourceIsSynthetic: source?.synthetic ?? false,
      realColumns: source?.realColumns,
    });
    const attempt = attemptsOf(recipe, {
      source: source && { count: source.rows, row: source.row },
      columns: identifyingColumns(plan),
    });
    const prices = await loadPriceLists(recipe.prices === undefined ? undefined : resolve(beside, recipe.prices));
    return { recipe, source, plan, attempt, models, prices, random: randomFromSeed(recipe.seed ?? 0), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What a row is known by: what the calls are made of. A cell that is only released may change without its row being asked for anew. */
function identifyingColumns(plan: Plan): readonly string[] {
  const asked = new Set(plan.calls.flatMap(({ sourceColumns }) => sourceColumns));
  return asked.size > 0 ? [...asked] : plan.sourceColumns;
}

/** Opens the journal, and lanes to the models.
 * @throws {ResourceError} another process has the journal; the disk says no */
export async function openAskingEngine(
  options: RecipeOptions,
  events: Required<Pick<JobEvents, "notice">> & JobEvents,
): Promise<AskingEngine> {
  const engine = await openRecipe(options, events);
  const hard = new AbortController();
  let journal: Journal | undefined;
  try {
    const { recipe, models } = engine;
    const work = workOf(options, recipe);
    journal = await openJournal(join(work, WORK.journal), { clock: engineClock, signal: options.signal });
    for (const notice of journal.notices) events.notice(notice);
    const lanes: Lane[] = [];
    let concurrency = 0;
    const callable = Object.fromEntries(
      Object.entries(models).map(([name, model]) => {
        const configuration = recipe.models?.[name] as ModelConfiguration;
        const { batch = false } = configuration;
        const most = Math.min(
          configuration.concurrency ?? (batch ? MOST_BATCHED : MOST_CONCURRENT),
          model.mostConcurrent ?? Number.POSITIVE_INFINITY,
        );
        concurrency += most;
        const lane = createLane({
          model: name,
          mostInFlight: most,
          // A number that somebody wrote down is sent from the first moment; the default one is grown into.
          slowStart: configuration.concurrency === undefined && !batch && model.provider !== "replay",
          // The limits of a minute are those of single requests.
          ...(batch
            ? {}
            : { requestsPerMinute: configuration.requestsPerMinute, tokensPerMinute: configuration.tokensPerMinute }),
          clock: engineClock,
          events: { notice: events.notice },
        });
        lanes.push(lane);
        const { tries = 6, timeoutSeconds = 120, hedge } = configuration;
        const price = priceOfModel(engine, name);
        return [name, { model, lane, tries, timeoutMs: timeoutSeconds * 1000, price, hedge }];
      }),
    );
    const caller = createCaller({
      models: callable,
      journal,
      recipeVersion: recipe.version ?? 1,
      budget: recipe.budget,
      clock: engineClock,
      random: engine.random.split("back-off"),
      signal: hard.signal,
      stopping: options.signal,
      offline: options.offline,
    });
    const opened = journal;
    return {
      ...engine,
      journal,
      caller,
      lanes,
      concurrency: Math.max(1, concurrency),
      work,
      abort: () => hard.abort(),
      async close() {
        await caller.close();
        await opened.close();
        await engine.close();
      },
    };
  } catch (error) {
    await journal?.close();
    await engine.close();
    throw error;
  }
}

/** What a model of the recipe costs; null: not known. */
export function priceOfModel({ recipe, models, prices }: RecipeEngine, name: string): ModelPrice | null {
  const { provider, endpoint, name: model } = models[name] as Model;
  return findPrice(prices, { provider, endpoint, model, batch: recipe.models?.[name]?.batch === true });
}

/** The folder of the journal. */
export function workOf({ work }: RecipeOptions, { name }: Recipe): string {
  return resolve(work ?? `${name}-work`);
}

function withPaths(configuration: ModelConfiguration, beside: string): ModelConfiguration {
  const { apiKey, recording } = configuration;
  return {
    ...configuration,
    ...(recording === undefined ? {} : { recording: resolve(beside, recording) }),
    ...(apiKey && "file" in apiKey ? { apiKey: { file: resolve(beside, apiKey.file) } } : {}),
  };
}

/** Makes the steps that the plan leaves to their owners. */
function makersOf(
  recipe: Recipe,
  world: {
    readonly models: Readonly<Record<string, Model>>;
    readonly programs: Program[];
    readonly beside: string;
    readonly events: Required<Pick<JobEvents, "notice">>;
  },
): StepMakers {
  const { models, programs, beside, events } = world;
  const matches = matchesWithin(MATCH_MS);
  const ladders = new Map<string, ReturnType<typeof outputLadder>>();
  const ladderOf = (alias: string): ReturnType<typeof outputLadder> => {
    const known = ladders.get(alias);
    if (known) return known;
    const ladder = outputLadder((models[alias] as Model).modes, { model: alias, notice: events.notice });
    ladders.set(alias, ladder);
    return ladder;
  };
  return {
    call: (step, { model: alias, templates }) => {
      const parameters = { ...recipe.models?.[alias]?.parameters, ...step.parameters };
      const configuration: CallStep = { ...step, parameters };
      return callStep(configuration, { alias, model: models[alias] as Model, ladder: ladderOf(alias), ...templates });
    },
    check: (step, expression) => {
      const schema = typeof step.check === "string" ? undefined : step.check.schema;
      const where = `step "${step.name}"`;
      const misfits = schema && compileSchema(jsonSchemaOf(schema, { where }), { where });
      return checkCell(step, {
        expression,
        schema: misfits && ((value) => misfits(value)[0]?.message),
        parses: (_, text) => wrongJavaScript(text),
        matches,
      });
    },
    deduplicate: (step) => () => deduplicateFilter(step),
    own: (step, reads) => ownCell({ ...step, reads }, programOf(step, { programs, beside })),
  };
}

function programOf(
  { command }: OwnStep,
  { programs, beside }: { readonly programs: Program[]; readonly beside: string },
): Program | undefined {
  if (!command) return undefined;
  const program = startProgram(command, { environment: process.env, folder: beside });
  programs.push(program);
  return program;
}

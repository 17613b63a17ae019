import { readFile, stat } from "node:fs/promises";
import { dirname, extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { InvalidArgument } from "../errors.ts";
import { nearest } from "../math/nearest-name.ts";
import { fileError } from "../runs/file-error.ts";
import type { ModelConfiguration, Recipe } from "../text/recipe.ts";
import { checkRecipe, parseRecipe } from "../text/recipe-file.ts";
import type { Overrides, RecipeOptions } from "./run-options.ts";

/** Largest recipe, bytes. */
const MOST_BYTES = 4_000_000;
const MODULES: ReadonlySet<string> = new Set([".js", ".mjs", ".ts", ".mts"]);

/** A recipe as it will be run. */
export interface LoadedRecipe {
  readonly recipe: Recipe;
  /** Folder that its relative paths are meant from. */
  readonly beside: string;
}

/** Loads a recipe and puts what the call says in its place.
 * @throws {InvalidArgument} there is none, or it is wrong; an override names a model that the recipe has not */
export async function loadRecipe(options: RecipeOptions): Promise<LoadedRecipe> {
  const { recipe, beside } = await read(options.recipe);
  return { recipe: overridden(recipe, options), beside };
}

async function read(given: string | Recipe): Promise<LoadedRecipe> {
  if (typeof given !== "string") return { recipe: checkRecipe(given), beside: process.cwd() };
  const path = resolve(given);
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile())
    throw new InvalidArgument(
      "no-such-file",
      found ? `${given} is a folder; a recipe is a file.` : `There is no recipe ${given}.`,
      {
        advice: "Give a YAML file (docs/recipes.md), as examples/recipes/reading-questions.yaml.",
      },
    );
  const beside = dirname(path);
  if (MODULES.has(extname(path))) return { recipe: await fromModule(path, given), beside };
  if (found.size > MOST_BYTES)
    throw new InvalidArgument(
      "invalid-recipe",
      `${given} has ${found.size} bytes; a recipe has at most ${MOST_BYTES}.`,
      {
        advice: "Is it the source rather than the recipe? Name the source under `source: from:`.",
      },
    );
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw fileError(error, { doing: "reading the recipe", path: given });
  });
  return { recipe: parseRecipe(text, { file: given }), beside };
}

async function fromModule(path: string, given: string): Promise<Recipe> {
  let module: { readonly recipe?: unknown; readonly default?: unknown };
  try {
    module = await import(pathToFileURL(path).href);
  } catch (error) {
    const old = (error as NodeJS.ErrnoException).code === "ERR_UNKNOWN_FILE_EXTENSION";
    throw new InvalidArgument(
      "invalid-recipe",
      old
        ? `${given} is TypeScript, which Node ${process.versions.node} cannot run by itself.`
        : `${given} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
      {
        advice: old ? "Compile it to .mjs, or use Node 22.18 or later." : "Run it with node by itself to see more.",
        cause: error,
      },
    );
  }
  const recipe = module.recipe ?? module.default;
  if (recipe === undefined)
    throw new InvalidArgument("invalid-recipe", `${given} exports no recipe.`, {
      advice: 'Write: export const recipe = defineRecipe({ … }), with defineRecipe from "counterfoil".',
    });
  return checkRecipe(recipe);
}

function overridden(recipe: Recipe, options: RecipeOptions): Recipe {
  const { rows, seed, budget, prices, concurrency } = options;
  const models: Record<string, ModelConfiguration> = { ...recipe.models };
  const set = <K extends keyof ModelConfiguration>(
    key: K,
    given: ModelConfiguration[K] | Readonly<Record<string, ModelConfiguration[K]>> | undefined,
  ): void => {
    if (given === undefined) return;
    const perModel = typeof given === "object" ? (given as Readonly<Record<string, ModelConfiguration[K]>>) : undefined;
    for (const name of perModel ? Object.keys(perModel) : Object.keys(models)) {
      const model = models[name];
      if (!model) throw noSuchModel(name, Object.keys(models));
      models[name] = { ...model, [key]: perModel ? perModel[name] : given };
    }
  };
  // An endpoint without a provider is meant to be one that speaks as OpenAI does.
  set("provider", (options.provider ?? speaksAsOpenai(recipe, options.baseUrl)) as never);
  set("model", options.model as never);
  set("baseUrl", options.baseUrl as never);
  set("concurrency", concurrency as never);
  return checkRecipe({
    ...recipe,
    ...(recipe.models ? { models } : {}),
    ...(rows === undefined ? {} : { rows }),
    ...(seed === undefined ? {} : { seed }),
    ...(budget === undefined ? {} : { budget: { ...recipe.budget, ...budget } }),
    ...(prices === undefined ? {} : { prices: resolve(prices) }),
  });
}

/** Models that run in this process have no endpoint: whoever gives one means another provider. */
function speaksAsOpenai(recipe: Recipe, baseUrl: Overrides | undefined): Overrides | undefined {
  if (baseUrl === undefined) return undefined;
  const named = typeof baseUrl === "string" ? Object.keys(recipe.models ?? {}) : Object.keys(baseUrl);
  const without = named.filter((name) => ["local", "replay"].includes(recipe.models?.[name]?.provider ?? ""));
  return Object.fromEntries(without.map((name) => [name, "openai"]));
}

function noSuchModel(name: string, known: readonly string[]): InvalidArgument {
  const near = nearest(name, known);
  return new InvalidArgument("unknown-model", `The recipe has no model "${name}".`, {
    advice: `${near ? `Did you mean "${near}"? ` : ""}It has: ${known.join(", ") || "none"}.`,
  });
}

import { type ModelConfiguration, PERMISSION, type Recipe } from "./recipe.ts";
import { compileRecipe } from "./recipe-compile.ts";
import { recipeProblem } from "./recipe-places.ts";
import { checkShape } from "./recipe-shape.ts";

/** Checks a recipe, from a file or written in TypeScript: shape, names, expressions, samplers, the graph.
 * @returns the same object
 * @throws {InvalidArgument} "invalid-recipe": says where, what is wrong, what is wanted, and the nearest name for one that does not exist */
export function checkRecipe(value: unknown): Recipe {
  checkShape(value);
  const recipe = value as Recipe;
  checkRows(recipe);
  checkPermission(recipe);
  for (const [name, model] of Object.entries(recipe.models ?? {}))
    checkModel(name, { model, models: recipe.models as object });
  compileRecipe(recipe);
  return recipe;
}

function checkRows(recipe: Recipe): void {
  const { rows, source, mostAttempts } = recipe;
  if (source === undefined && rows === undefined)
    throw recipeProblem({ in: recipe, key: "name" }, "rows is missing: want how many rows to make, or a `source`");
  if (source === undefined && rows === "all")
    throw recipeProblem({ in: recipe, key: "rows" }, 'rows is "all", and there is no source: want a number');
  if (source?.repeat === true && (rows ?? "all") === "all")
    throw recipeProblem(
      { in: source, key: "repeat" },
      "source.repeat never ends where rows is all: want a number of rows",
    );
  if (typeof rows === "number" && mostAttempts !== undefined && mostAttempts < rows)
    throw recipeProblem(
      { in: recipe, key: "mostAttempts" },
      `mostAttempts is ${mostAttempts}, fewer than the ${rows} rows that are wanted`,
    );
}

function checkPermission({ source }: Recipe): void {
  const given = source?.permission as string | undefined;
  if (source !== undefined && given !== undefined && given !== PERMISSION)
    throw recipeProblem(
      { in: source, key: "permission" },
      `source.permission is in other words: want "${PERMISSION}", or no permission`,
    );
}

function checkModel(
  name: string,
  { model, models }: { readonly model: ModelConfiguration; readonly models: object },
): void {
  const { baseUrl, provider, recording } = model;
  if (name === "") throw recipeProblem({ in: models, key: name }, "a model has an empty name");
  if (baseUrl !== undefined) {
    const problem = wrongUrl(baseUrl);
    if (problem !== undefined)
      throw recipeProblem({ in: model, key: "baseUrl" }, `model "${name}": baseUrl ${problem}`);
    if (provider === "local" || provider === "replay")
      throw recipeProblem(
        { in: model, key: "baseUrl" },
        `model "${name}": baseUrl is of no use to the provider ${provider}`,
      );
  }
  if (provider === "replay" && recording === undefined)
    throw recipeProblem(
      { in: model, key: "provider" },
      `model "${name}": recording is missing: want the file of recorded answers`,
    );
}

/** The address itself is not repeated: it may hold a key. */
function wrongUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return "is no address: want http:// or https://";
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:")
    return `begins with ${url.protocol}: want http:// or https://`;
  if (url.username !== "" || url.password !== "") return "holds a user or a password: give the key by `apiKey`";
  if (url.search !== "" || url.hash !== "") return "has a part after ? or #: want the address up to and with /v1";
  return undefined;
}

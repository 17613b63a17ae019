import { basename, isAbsolute } from "node:path";
import { isZod, jsonSchemaOf } from "../llm/structured/json-schema-of.ts";
import type { Recipe } from "../text/recipe.ts";

/** A recipe as it may leave the house: plain JSON that says what was run. Where keys are kept is left out, paths lose their folders, a function is named as one. */
export function publicRecipe(recipe: Recipe): Readonly<Record<string, unknown>> {
  const { models = {}, source, prices, ...rest } = recipe;
  return plain({
    ...rest,
    ...(prices === undefined ? {} : { prices: basename(prices) }),
    ...(source === undefined ? {} : { source: { ...source, from: basename(source.from) } }),
    models: Object.fromEntries(
      Object.entries(models).map(([name, { apiKey: _, recording, ...model }]) => [
        name,
        recording === undefined ? model : { ...model, recording: basename(recording) },
      ]),
    ),
  }) as Readonly<Record<string, unknown>>;
}

function plain(value: unknown): unknown {
  if (typeof value === "function") return "a function";
  if (typeof value === "string") return isAbsolute(value) ? basename(value) : value;
  if (value === null || typeof value !== "object") return value;
  if (isZod(value)) return jsonSchemaOf(value as never, { where: "a step" });
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => part !== undefined)
      .map(([key, part]) => [key, plain(part)]),
  );
}

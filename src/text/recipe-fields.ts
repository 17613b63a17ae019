import { suggest } from "../math/nearest-name.ts";
import type { Fields } from "./expression.ts";
import type { Recipe, StepConfiguration } from "./recipe.ts";
import { type Pointer, recipeProblem } from "./recipe-places.ts";
import { PERSON_FIELDS } from "./samplers/person.ts";

/** Where the keys of a cell are known, a field must be one of them.
 * @throws {InvalidArgument} it is not, or there is no source */
export function checkFields(
  fields: Fields,
  of: { readonly title: string; readonly holder: object; readonly recipe: Recipe },
): void {
  const { title, holder, recipe } = of;
  if (fields.source !== undefined && recipe.source === undefined)
    throw recipeProblem(mentionOf("source", holder), `${title} reads "source", and the recipe has none`);
  for (const [name, taken] of Object.entries(fields)) {
    const known = keysOfCell(recipe.steps.find((other) => other.name === name));
    const strange = taken === "all" ? undefined : known && taken.find((field) => !known.includes(field));
    if (strange !== undefined)
      throw recipeProblem(
        mentionOf(strange, holder),
        `${title} reads ${name}.${strange}, and "${name}" has no such key${suggest(strange, known as string[])}`,
      );
  }
}

/** Where in a part of a recipe a name is written. */
export function mentionOf(name: string, holder: object): Pointer {
  for (const [key, value] of Object.entries(holder)) {
    if (key === "name") continue;
    if (typeof value === "string") {
      const at = value.search(new RegExp(`(?<!\\w)${name.replaceAll(/[^\w\s]/g, "\\$&")}(?!\\w)`));
      if (at >= 0) return { in: holder, key, at };
    } else if (value !== null && typeof value === "object" && key !== "schema") {
      const inner = mentionOf(name, value);
      if (inner.key !== undefined) return inner;
    }
  }
  return { in: holder };
}

function keysOfCell(step: StepConfiguration | undefined): readonly string[] | undefined {
  if (step === undefined) return undefined;
  if ("sampler" in step) return step.sampler === "person" ? PERSON_FIELDS : undefined;
  if (!("call" in step)) return undefined;
  if (step.call === "judge") return ["reasoning", ...Object.keys(step.rubric ?? {})];
  if (step.call !== "structured" || step.schema === undefined || "_zod" in step.schema) return undefined;
  const { properties, additionalProperties, patternProperties, allOf, anyOf, oneOf } = step.schema as Readonly<
    Record<string, unknown>
  >;
  const isOpen =
    [patternProperties, allOf, anyOf, oneOf].some((part) => part !== undefined) ||
    (additionalProperties ?? false) !== false;
  return isOpen || properties === null || typeof properties !== "object" ? undefined : Object.keys(properties);
}

import { suggest } from "../math/nearest-name.ts";
import type { Expression } from "./expression.ts";
import type { SamplerParameters, SamplerStep } from "./recipe.ts";
import { conditionOf, mustBeCell, type RecipeContext } from "./recipe-expressions.ts";
import { recipeProblem } from "./recipe-places.ts";
import { samplerOf } from "./samplers/sampler.ts";

/** Parameters of a sampler, and when they hold; the last holds always. */
export interface SamplerCase {
  readonly condition: Expression | undefined;
  readonly parameters: SamplerParameters[keyof SamplerParameters];
}

/** The cases of a sampler, their parameters checked.
 * @throws {InvalidArgument} parameters that make no sense, labels that do not fit those of the other step */
export function compileSampler(
  step: SamplerStep,
  context: RecipeContext & { readonly title: string },
): readonly SamplerCase[] {
  const { name: _name, sampler, when, ...base } = step;
  const { title } = context;
  const parametersOf = (given: object, holder: object): SamplerCase["parameters"] => {
    const parameters = given as SamplerParameters[typeof sampler];
    if ("of" in parameters) mustBeCell(parameters.of, { ...context, pointer: { in: holder, key: "of" } });
    const made = samplerOf(sampler, parameters as never);
    if (typeof made !== "function")
      throw recipeProblem({ in: holder, key: made.key }, `${title} (${sampler}) ${made.wrong}`);
    return parameters;
  };
  const cases = (when ?? []).map((item): SamplerCase => {
    const { condition, ...rest } = item;
    const compiled = conditionOf(condition, {
      ...context,
      pointer: { in: item, key: "condition" },
      title: `${title}: condition`,
    });
    return { condition: compiled, parameters: parametersOf({ ...base, ...rest }, item) };
  });
  const otherwise: SamplerCase = { condition: undefined, parameters: parametersOf(base, step) };
  if (sampler === "subcategory") checkLabels(step as SamplerStep & { sampler: "subcategory" }, context);
  return [...cases, otherwise];
}

/** Where the labels of the other step are known, each must have values, and each value a label. */
function checkLabels(
  step: SamplerStep & { readonly sampler: "subcategory" },
  { recipe, title }: RecipeContext & { readonly title: string },
): void {
  const other = recipe.steps.find(({ name }) => name === step.of);
  if (other === undefined || !("sampler" in other) || other.sampler !== "category" || other.when !== undefined) return;
  if (step.when !== undefined) return;
  const labels = Array.isArray(other.values) ? other.values.map(String) : Object.keys(other.values);
  const known = Object.keys(step.values);
  const strange = known.find((label) => !labels.includes(label));
  if (strange !== undefined)
    throw recipeProblem(
      { in: step.values, key: strange },
      `${title} has values for "${strange}", which "${step.of}" never is${suggest(strange, labels)}`,
    );
  const left = labels.find((label) => !known.includes(label));
  if (left !== undefined)
    throw recipeProblem({ in: step, key: "values" }, `${title} has no values for "${left}", which "${step.of}" may be`);
}

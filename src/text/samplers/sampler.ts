import type { Json } from "../../llm/model.ts";
import type { Random } from "../../random.ts";
import type { Scope } from "../expression.ts";
import type { SamplerParameters } from "../recipe.ts";
import { bernoulli } from "./bernoulli.ts";
import { binomial } from "./binomial.ts";
import { category } from "./category.ts";
import { date } from "./date.ts";
import { gaussian } from "./gaussian.ts";
import { integer } from "./integer.ts";
import { person } from "./person.ts";
import type { WordLists } from "./person-words.ts";
import { poisson } from "./poisson.ts";
import { subcategory } from "./subcategory.ts";
import { uniform } from "./uniform.ts";
import { uuid } from "./uuid.ts";

/** Draws the cells of one step.
 * @param random of the row and the step: the same stream gives the same cell
 * @param scope of the row; only "subcategory" looks at it */
export type Sampler = (random: Random, scope: Scope) => Json;

/** What is wrong with the parameters of a sampler, and with which of them. */
export interface WrongParameter {
  readonly wrong: string;
  readonly key: string;
}

/** @param words word lists by locale, for "person"; a locale that is not among them can be checked, not drawn from
 * @returns the sampler, or what is wrong with its parameters */
export function samplerOf<S extends keyof SamplerParameters>(
  name: S,
  parameters: SamplerParameters[S],
  words: ReadonlyMap<string, WordLists> = new Map(),
): Sampler | WrongParameter {
  const makers: { readonly [K in keyof SamplerParameters]: (given: SamplerParameters[K]) => Sampler | WrongParameter } =
    {
      category,
      subcategory,
      uniform,
      integer,
      gaussian,
      poisson,
      binomial,
      bernoulli,
      date,
      person: (given) => person(given, words),
      uuid,
    };
  return makers[name](parameters);
}

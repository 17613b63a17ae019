import type { SamplerParameters } from "../recipe.ts";
import type { Sampler, WrongParameter } from "./sampler.ts";
import { weighted } from "./weighted.ts";

/** One of the values, evenly or by weight. */
export function category({ values }: SamplerParameters["category"]): Sampler | WrongParameter {
  return weighted(values);
}

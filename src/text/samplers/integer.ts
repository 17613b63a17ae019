import type { SamplerParameters } from "../recipe.ts";
import type { Sampler, WrongParameter } from "./sampler.ts";
import { wholeNumber } from "./whole-number.ts";

/** A whole number from bound to bound, both included. */
export function integer({ low, high }: SamplerParameters["integer"]): Sampler | WrongParameter {
  if (!(low <= high)) return { wrong: `goes from ${low} to ${high}: want low ≤ high`, key: "low" };
  const count = high - low + 1;
  if (count > 2 ** 53) return { wrong: "covers more than 2^53 numbers", key: "high" };
  return (random) => low + wholeNumber(random, count);
}

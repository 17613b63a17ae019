import type { SamplerParameters } from "../recipe.ts";
import { rounded } from "./rounded.ts";
import type { Sampler, WrongParameter } from "./sampler.ts";
import { wholeNumber } from "./whole-number.ts";

/** A number between two bounds. With decimals it is one of the rounded numbers from bound to bound, each as likely as the next: rounding a
 * continuous draw would give the two at the ends half of their share. */
export function uniform({ low, high, decimals }: SamplerParameters["uniform"]): Sampler | WrongParameter {
  if (!(low <= high)) return { wrong: `goes from ${low} to ${high}: want low ≤ high`, key: "low" };
  if (decimals === undefined) return (random) => low + (high - low) * random.uniform();
  const scale = 10 ** decimals;
  const first = Math.ceil(rounded(low * scale, 6));
  const count = Math.floor(rounded(high * scale, 6)) - first + 1;
  if (count < 1) return { wrong: `has no number of ${decimals} decimals between ${low} and ${high}`, key: "decimals" };
  if (count > 2 ** 53) return { wrong: `has too many decimals for numbers from ${low} to ${high}`, key: "decimals" };
  return (random) => (first + wholeNumber(random, count)) / scale;
}

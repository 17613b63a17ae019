import type { SamplerParameters } from "../recipe.ts";
import { countLaw } from "./count-law.ts";
import type { Sampler, WrongParameter } from "./sampler.ts";

/** How many of rare things happened, `rate` on average. */
export function poisson({ rate }: SamplerParameters["poisson"]): Sampler | WrongParameter {
  if (!(rate >= 0 && rate <= 1e8)) return { wrong: `has rate ${rate}: want 0 to 100,000,000`, key: "rate" };
  if (rate === 0) return () => 0;
  return countLaw({ mode: Math.floor(rate), ratio: (k) => rate / (k + 1), most: Number.POSITIVE_INFINITY });
}

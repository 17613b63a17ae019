import type { SamplerParameters } from "../recipe.ts";
import type { Sampler, WrongParameter } from "./sampler.ts";

/** True with probability `chance`. */
export function bernoulli({ chance }: SamplerParameters["bernoulli"]): Sampler | WrongParameter {
  if (!(chance >= 0 && chance <= 1)) return { wrong: `has chance ${chance}: want 0 to 1`, key: "chance" };
  return (random) => random.uniform() < chance;
}

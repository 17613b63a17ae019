import type { SamplerParameters } from "../recipe.ts";
import { countLaw } from "./count-law.ts";
import type { Sampler, WrongParameter } from "./sampler.ts";

/** How many of so many trials succeed. */
export function binomial({ trials, chance }: SamplerParameters["binomial"]): Sampler | WrongParameter {
  if (!(trials >= 0 && trials <= 1e9)) return { wrong: `has ${trials} trials: want 0 to 1,000,000,000`, key: "trials" };
  if (!(chance >= 0 && chance <= 1)) return { wrong: `has chance ${chance}: want 0 to 1`, key: "chance" };
  if (chance === 0 || trials === 0) return () => 0;
  if (chance === 1) return () => trials;
  const odds = chance / (1 - chance);
  return countLaw({
    mode: Math.min(trials, Math.floor((trials + 1) * chance)),
    ratio: (k) => ((trials - k) / (k + 1)) * odds,
    most: trials,
  });
}

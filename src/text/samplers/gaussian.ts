import { normalMass, truncatedNormalQuantile } from "../../math/truncated-normal.ts";
import type { SamplerParameters } from "../recipe.ts";
import { rounded } from "./rounded.ts";
import type { Sampler, WrongParameter } from "./sampler.ts";

/** A normal number, or, with bounds, one of the normal law given that it lies between them. */
export function gaussian(parameters: SamplerParameters["gaussian"]): Sampler | WrongParameter {
  const { mean, stddev, decimals } = parameters;
  const low = parameters.low ?? Number.NEGATIVE_INFINITY;
  const high = parameters.high ?? Number.POSITIVE_INFINITY;
  if (!(stddev > 0)) return { wrong: `has stddev ${stddev}: want a number above 0`, key: "stddev" };
  if (!(low < high)) return { wrong: `goes from ${low} to ${high}: want low < high`, key: "low" };
  const a = (low - mean) / stddev;
  const b = (high - mean) / stddev;
  if (!(normalMass(a, b) > 1e-300))
    return { wrong: `has nothing between ${low} and ${high}: that is too far from its mean ${mean}`, key: "low" };
  const isBounded = Number.isFinite(low) || Number.isFinite(high);
  return (random) => {
    const z = isBounded ? truncatedNormalQuantile(random.uniform(), a, b) : random.normal();
    const x = mean + stddev * z;
    return Math.max(low, Math.min(high, decimals === undefined ? x : rounded(x, decimals)));
  };
}

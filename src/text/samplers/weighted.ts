import type { Json } from "../../llm/model.ts";
import type { Random } from "../../random.ts";
import type { WrongParameter } from "./sampler.ts";

/** Values to draw from, evenly or by weight. */
export type Choices = readonly Json[] | Readonly<Record<string, number>>;

/** @returns a draw of one of the values, or what is wrong with them */
export function weighted(choices: Choices): ((random: Random) => Json) | WrongParameter {
  if (isList(choices)) {
    if (choices.length === 0) return { wrong: "has no values to draw from", key: "values" };
    return (random) => choices[random.integer(choices.length)] as Json;
  }
  const labels = Object.keys(choices);
  const odd = labels.find((label) => !(Number.isFinite(choices[label]) && (choices[label] as number) >= 0));
  if (odd !== undefined) return { wrong: `gives "${odd}" the weight ${choices[odd]}: want 0 or more`, key: "values" };
  const cumulative = cumulativeOf(labels.map((label) => choices[label] as number));
  if (!((cumulative.at(-1) ?? 0) > 0)) return { wrong: "has no value with a weight above 0", key: "values" };
  return (random) => labels[drawIndex(cumulative, random)] as string;
}

function isList(choices: Choices): choices is readonly Json[] {
  return Array.isArray(choices);
}

/** Sums of the weights up to and with each. */
export function cumulativeOf(weights: readonly number[]): Float64Array {
  const out = new Float64Array(weights.length);
  let sum = 0;
  for (let i = 0; i < weights.length; i++) {
    sum += weights[i] as number;
    out[i] = sum;
  }
  return out;
}

/** Draws an index with probability proportional to its weight, never one whose weight is 0.
 * @param cumulative sums of the weights, the last one > 0 */
export function drawIndex(cumulative: Float64Array, random: Random): number {
  const total = cumulative[cumulative.length - 1] as number;
  // A product that is rounded up to the total would fall behind the last.
  let x = random.uniform() * total;
  while (x >= total) x = random.uniform() * total;
  let low = 0;
  let high = cumulative.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((cumulative[middle] as number) > x) high = middle;
    else low = middle + 1;
  }
  return low;
}

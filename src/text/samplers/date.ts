import type { SamplerParameters } from "../recipe.ts";
import type { Sampler, WrongParameter } from "./sampler.ts";
import { wholeNumber } from "./whole-number.ts";

const DAY = /^\d{4}-\d\d-\d\d$/;
const SECOND = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** A day from day to day, or a second from second to second (UTC), in ISO 8601; both ends are included. */
export function date({ low, high }: SamplerParameters["date"]): Sampler | WrongParameter {
  const isDay = DAY.test(low);
  const bounds = { low, high };
  for (const key of ["low", "high"] as const) {
    const text = bounds[key];
    if (!(isDay ? DAY : SECOND).test(text))
      return {
        wrong: `has ${key} ${JSON.stringify(text)}: want two days such as 2024-01-31, or two moments such as 2024-01-31T12:00:00Z`,
        key,
      };
    // JavaScript takes the 31st of June for the 1st of July.
    if (!iso(Date.parse(text), isDay).startsWith(text))
      return { wrong: `has ${key} ${text}: there is no such day or time`, key };
  }
  const step = isDay ? 86_400_000 : 1000;
  const from = Date.parse(low);
  const count = (Date.parse(high) - from) / step + 1;
  if (count < 1) return { wrong: `goes from ${low} to ${high}: want low ≤ high`, key: "low" };
  return (random) => iso(from + step * wholeNumber(random, count), isDay);
}

function iso(epochMs: number, isDay: boolean): string {
  if (Number.isNaN(epochMs)) return "none";
  const text = new Date(epochMs).toISOString();
  return isDay ? text.slice(0, 10) : `${text.slice(0, 19)}Z`;
}

import type { HttpHeaders } from "./http.ts";
import type { RateLimits } from "./model.ts";

/** How long a server asks to be left alone, milliseconds, from `Retry-After` (seconds or an HTTP date) or `retry-after-ms`; null: it does not ask.
 * A date is read against the answer's own `Date`, so a clock that is wrong on this side does not matter. */
export function retryAfter(headers: HttpHeaders): number | null {
  const precise = Number(one(headers, "retry-after-ms") ?? Number.NaN);
  if (precise >= 0) return precise;
  const text = one(headers, "retry-after");
  if (text === undefined) return null;
  if (/^\s*\d+(\.\d+)?\s*$/.test(text)) return Number(text) * 1000;
  return untilDate(text, headers);
}

/** What headers of the form `<prefix>limit-requests`, `-remaining-`, `-reset-` say (`infix` style: "limit-requests"; Anthropic's is "requests-limit"). */
export function rateLimits(
  headers: HttpHeaders,
  names: { readonly requests: HeaderNames; readonly tokens: HeaderNames },
): RateLimits | undefined {
  const requests = readLimit(headers, names.requests);
  const tokens = readLimit(headers, names.tokens);
  return requests || tokens ? { requests, tokens } : undefined;
}

export interface HeaderNames {
  readonly limit: string;
  readonly remaining: string;
  readonly reset: string;
}

function readLimit(headers: HttpHeaders, names: HeaderNames): RateLimits["requests"] {
  const limit = Number(one(headers, names.limit) ?? Number.NaN);
  const remaining = Number(one(headers, names.remaining) ?? Number.NaN);
  if (!(limit > 0) || !(remaining >= 0)) return undefined;
  const reset = one(headers, names.reset);
  return { limit, remaining, resetMs: (reset === undefined ? null : duration(reset, headers)) ?? 60_000 };
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** "6m0s", "20ms", "1.5s"; a bare number is seconds; anything else a date. */
function duration(text: string, headers: HttpHeaders): number | null {
  if (/^\d+(\.\d+)?$/.test(text)) {
    const number = Number(text);
    // Some send the instant itself, as seconds or milliseconds of the epoch.
    if (number < 1e9) return number * 1000;
    const now = Date.parse(one(headers, "date") ?? "");
    return Number.isNaN(now) ? null : Math.max(0, (number < 1e12 ? number * 1000 : number) - now);
  }
  let total = 0;
  let matched = 0;
  for (const [part, number, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    total += Number(number) * (UNITS[unit as string] as number);
    matched += part.length;
  }
  return matched === text.length && matched > 0 ? total : untilDate(text, headers);
}

function untilDate(text: string, headers: HttpHeaders): number | null {
  const then = Date.parse(text);
  const now = Date.parse(one(headers, "date") ?? "");
  return Number.isNaN(then) || Number.isNaN(now) ? null : Math.max(0, then - now);
}

function one(headers: HttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" ? value : value?.[0];
}

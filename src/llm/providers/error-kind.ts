import type { FailureKind } from "../model.ts";

/** What a status means where the provider's own words do not say more. */
export function errorKind(
  status: number,
  { code, message }: { readonly code: string; readonly message: string },
): FailureKind {
  const words = `${code} ${message}`;
  // Money that ran out comes as 400, 402, 403 or 429, and no waiting brings it back.
  if (status === 402 || (status >= 400 && status < 500 && NO_MONEY.test(words))) return "bad-key";
  if (status === 401 || status === 403) return "bad-key";
  if (status === 413 || ((status === 400 || status === 422 || status === 500) && TOO_LONG.test(words)))
    return "context";
  if (status === 404 || ((status === 400 || status === 422) && NO_MODEL.test(words))) return "no-model";
  if (status === 408 || status === 504) return "timeout";
  if (status === 429) return "rate-limited";
  if (status === 503 || status === 529) return "overloaded";
  if (status === 409 || status === 425 || status >= 500) return "server";
  // A redirect: the base URL is another one.
  if (status >= 300 && status < 400) return "no-model";
  return status >= 400 ? "bad-request" : "garbled";
}

const NO_MONEY =
  /insufficient_quota|insufficient[ _](credit|balance|funds)|credit[ _]balance|exceeded your current quota|billing_(error|hard_limit|not_active)|spend(ing)?[ _]limit|payment required/i;

const TOO_LONG =
  /context[ _](length|window|size)|maximum context|prompt is too long|too many (input )?tokens|input token count.*exceeds|request_too_large|string_above_max_length|exceeds the (available|maximum).*(context|token)/i;

const NO_MODEL =
  /model_not_found|invalid[ _]model|not a valid model|unknown model|model\b.{0,80}\b(does not exist|not found|is not supported|not available)/i;

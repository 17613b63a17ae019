import type { Usage } from "../model.ts";

/** US dollars per million tokens. */
export interface TokenPrice {
  readonly input: number;
  readonly output: number;
  /** Tokens of the prompt that were read from the provider's cache; absent: as `input`. */
  readonly cachedInput?: number | undefined;
}

/** What a model costs, for a request of a given kind (at once or in a batch). */
export interface ModelPrice extends TokenPrice {
  /** Other prices for requests whose prompt is longer than `promptTokens`. */
  readonly above?: (TokenPrice & { readonly promptTokens: number }) | undefined;
}

const FREE: ModelPrice = { input: 0, output: 0 };

/** What runs on this machine, or was answered before, costs nothing, whatever a price file says. */
export function isFree(provider: string): boolean {
  return provider === "local" || provider === "replay";
}

export const freePrice = (): ModelPrice => FREE;

/** US dollars of one request; null: the price or the number of tokens is not known. */
export function priceOf(usage: Usage | null, price: ModelPrice | null): number | null {
  if (usage === null || price === null) return null;
  const { promptTokens, completionTokens, cachedTokens = 0 } = usage;
  const {
    input,
    output,
    cachedInput = input,
  } = price.above !== undefined && promptTokens > price.above.promptTokens ? price.above : price;
  const cached = Math.min(cachedTokens, promptTokens);
  return ((promptTokens - cached) * input + cached * cachedInput + completionTokens * output) / 1e6;
}

/** US dollars that a request of at most so many tokens can come to: no token from the cache. */
export function mostPriceOf(
  most: { readonly promptTokens: number; readonly completionTokens: number },
  price: ModelPrice | null,
): number | null {
  if (price === null) return null;
  const { above, input, output, cachedInput = input } = price;
  const prices = [{ input: Math.max(input, cachedInput), output }, ...(above === undefined ? [] : [above])];
  const all = prices.map((one) => (most.promptTokens * one.input + most.completionTokens * one.output) / 1e6);
  return Math.max(...all);
}

import { parse } from "yaml";
import { z } from "zod";
import { InvalidData } from "../../errors.ts";
import { freePrice, isFree, type ModelPrice, type TokenPrice } from "./model-price.ts";

const amount = z.number().nonnegative();

const entrySchema = z.strictObject({
  /** "openai" (and what speaks like it), "anthropic", "gemini". */
  provider: z.string().min(1),
  /** As the provider calls it. */
  model: z.string().min(1),
  /** Holds for this address and those below it only. Absent: wherever the model is asked. */
  endpoint: z.string().optional(),
  /** Also for the dated names of the model: "gpt-4o" for "gpt-4o-2024-08-06". Default false. */
  dated: z.boolean().optional(),
  input: amount,
  output: amount,
  cachedInput: amount.optional(),
  /** What a batch costs of it, e.g. 0.5; absent: its price in a batch is not known. */
  batchFactor: amount.optional(),
  /** The same for tokens from the cache; absent: as `batchFactor`. */
  batchCachedFactor: amount.optional(),
  above: z
    .strictObject({ promptTokens: amount, input: amount, output: amount, cachedInput: amount.optional() })
    .optional(),
});

const listSchema = z.strictObject({
  format: z.literal("counterfoil-prices/1"),
  /** Day on which the prices held, ISO 8601. */
  date: z.iso.date(),
  source: z.string().min(1),
  models: z.array(entrySchema),
});

/** One model's line of a price list; US dollars per million tokens. */
export type PriceEntry = Readonly<z.infer<typeof entrySchema>>;

/** A dated price list. */
export interface PriceList {
  readonly format: "counterfoil-prices/1";
  readonly date: string;
  readonly source: string;
  readonly models: readonly PriceEntry[];
}

/** Reads a price list, YAML or JSON.
 * @throws {InvalidData} it is none, with every fault that was found */
export function parsePriceList(text: string, { path }: { readonly path: string }): PriceList {
  let value: unknown;
  try {
    value = parse(text);
  } catch (cause) {
    throw new InvalidData("bad-price-file", `${path} is not YAML or JSON: ${(cause as Error).message}`, { cause });
  }
  const { success, data, error } = listSchema.safeParse(value);
  if (success) return data;
  const faults = error.issues.map(({ path: at, message }) => `${at.join(".") || "the file"}: ${message}`);
  throw new InvalidData("bad-price-file", `${path} is not a price file: ${faults.join("; ")}.`, {
    advice:
      "Write format: counterfoil-prices/1, date, source and models: a list of { provider, model, input, output }, US dollars per million tokens.",
  });
}

/** What a model costs; null: no list has it, or none says what a batch of it costs.
 * @param lists the first that has the model counts; in a list, the longest name */
export function findPrice(
  lists: readonly PriceList[],
  {
    provider,
    endpoint,
    model,
    batch = false,
  }: { readonly provider: string; readonly endpoint: string; readonly model: string; readonly batch?: boolean },
): ModelPrice | null {
  if (isFree(provider)) return freePrice();
  for (const { models } of lists) {
    const entry = models
      .filter(
        (one) =>
          one.provider === provider &&
          (one.endpoint === undefined || isBelow(endpoint, one.endpoint)) &&
          (one.model === model || (one.dated === true && isDated(model, one.model))),
      )
      .sort((a, b) => b.model.length - a.model.length || (b.endpoint?.length ?? 0) - (a.endpoint?.length ?? 0))[0];
    if (entry === undefined) continue;
    if (!batch) return pricesOf(entry, { all: 1, cached: 1 });
    const { batchFactor: all, batchCachedFactor: cached = all } = entry;
    return all === undefined || cached === undefined ? null : pricesOf(entry, { all, cached });
  }
  return null;
}

function pricesOf(
  { input, output, cachedInput, above }: PriceEntry,
  factor: { readonly all: number; readonly cached: number },
): ModelPrice {
  const times = (price: TokenPrice): TokenPrice => ({
    input: price.input * factor.all,
    output: price.output * factor.all,
    ...(price.cachedInput !== undefined && { cachedInput: price.cachedInput * factor.cached }),
  });
  return {
    ...times({ input, output, cachedInput }),
    ...(above && { above: { promptTokens: above.promptTokens, ...times(above) } }),
  };
}

/** The same host, and a path below: "https://api.openai.com/v1" is below "https://api.openai.com", "https://api.openai.com.example" is not. */
function isBelow(endpoint: string, base: string): boolean {
  const root = base.replace(/\/+$/, "");
  return endpoint === root || endpoint.startsWith(`${root}/`);
}

/** "-2024-08-06", "-20240806", "-001", "-preview-05-20" is not: a preview may have a price of its own. */
function isDated(model: string, base: string): boolean {
  return model.startsWith(base) && /^[-@](\d{4}-\d{2}-\d{2}|\d{8}|00\d)$/.test(model.slice(base.length));
}

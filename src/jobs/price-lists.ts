import { LIST_PRICES } from "../llm/prices/list-prices.ts";
import { type PriceList, parsePriceList } from "../llm/prices/price-list.ts";
import { readNamed } from "./files.ts";

/** The user's price list, if there is one, before the product's own.
 * @throws {InvalidArgument} there is no such file
 * @throws {InvalidData} it is no price list */
export async function loadPriceLists(path: string | undefined): Promise<readonly PriceList[]> {
  if (path === undefined) return [LIST_PRICES];
  const text = await readNamed(path, {
    what: "price file",
    doing: "reading the price file",
    advice: "Check `prices:` of the recipe, or --prices.",
  });
  return [parsePriceList(text, { path }), LIST_PRICES];
}

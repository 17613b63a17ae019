import { readFile } from "node:fs/promises";
import { InvalidArgument } from "../errors.ts";
import { LIST_PRICES } from "../llm/prices/list-prices.ts";
import { type PriceList, parsePriceList } from "../llm/prices/price-list.ts";
import { fileError } from "../runs/file-error.ts";

/** The user's price list, if there is one, before the product's own.
 * @throws {InvalidArgument} there is no such file
 * @throws {InvalidData} it is no price list */
export async function loadPriceLists(path: string | undefined): Promise<readonly PriceList[]> {
  if (path === undefined) return [LIST_PRICES];
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT")
      throw new InvalidArgument("no-such-file", `There is no price file ${path}.`, {
        advice: "Check `prices:` of the recipe, or --prices.",
      });
    throw fileError(error, { doing: "reading the price file", path });
  }
  return [parsePriceList(text, { path }), LIST_PRICES];
}

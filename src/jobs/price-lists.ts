import { readFile } from "node:fs/promises";
import { InvalidArgument } from "../errors.ts";
import { type PriceList, parsePriceList } from "../llm/prices/price-list.ts";
import { fileError } from "../runs/file-error.ts";

const OWN = new URL("../llm/prices/prices.yaml", import.meta.url);

/** The user's price list, if there is one, before the product's own.
 * @throws {InvalidArgument} there is no such file
 * @throws {InvalidData} it is no price list */
export async function loadPriceLists(path: string | undefined): Promise<readonly PriceList[]> {
  const own = parsePriceList(await readFile(OWN, "utf8"), { path: "prices.yaml" });
  if (path === undefined) return [own];
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
  return [parsePriceList(text, { path }), own];
}

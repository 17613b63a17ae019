import { InvalidData } from "../../errors.ts";
import type { Json } from "../../llm/model.ts";
import { suggest } from "../../math/nearest-name.ts";
import type { Random } from "../../random.ts";
import type { SamplerParameters } from "../recipe.ts";
import type { Sampler, WrongParameter } from "./sampler.ts";
import { weighted } from "./weighted.ts";

/** One of the values that belong to what another step drew. A row for whose label there are none has no value. */
export function subcategory({ of, values }: SamplerParameters["subcategory"]): Sampler | WrongParameter {
  const draws = new Map<string, (random: Random) => Json>();
  for (const [label, choices] of Object.entries(values)) {
    const draw = weighted(choices);
    if (typeof draw !== "function") return { ...draw, wrong: `"${label}" ${draw.wrong}` };
    draws.set(label, draw);
  }
  if (draws.size === 0) return { wrong: "has no values to draw from", key: "values" };
  return (random, { cells }) => {
    const label = String(cells[of]);
    const draw = draws.get(label);
    if (draw === undefined)
      throw new InvalidData("no-value", `there are no values for ${of} "${label}"${suggest(label, [...draws.keys()])}`);
    return draw(random);
  };
}

import type { Metric } from "../metric.ts";
import { attackScore } from "./attack-score.ts";
import { runRandom, sidesOf, singleOutByOne } from "./singling-out.ts";

/** Whether a question about one column that singles out one synthetic row singles out one real person. */
export const singlingOutUnivariate: Metric = {
  name: "singling-out-univariate",
  title: "Singling out by one column",
  family: "privacy",
  better: "lower",
  range: [0, 1],
  source: "Giomi et al. (2023), PoPETs 2023(2); singling out after Cohen & Nissim (2020), PNAS 117",
  definitionVersion: 1,
  explains:
    "Values that one synthetic row alone has, its extremes and single missing cells are asked of the real rows: how often exactly one training row answers, beyond how often exactly one of as many never seen rows does. It finds memorised values, not what is common to the population.",
  measure: (input) =>
    attackScore(singlingOutUnivariate, input, {
      control: 0.5,
      attack: async (trial, seed) => {
        const random = runRandom(input, seed);
        const columns = sidesOf(trial, random);
        return new Map([["one column", singleOutByOne(columns, random.split("questions"))]]);
      },
    }),
};

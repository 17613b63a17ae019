import { randomFromSeed, secureSource } from "../../src/random.ts";
import { audit } from "./audit.ts";
import { type Line, shortened } from "./show.ts";

/** What an attacker who sees every noisy answer can prove of the budget's counts, of aim and of mst. */
export async function audits(quick: boolean): Promise<readonly Line[]> {
  const lines: Line[] = [];
  for (const path of quick ? (["gaussian"] as const) : (["gaussian", "aim", "mst"] as const))
    for (const epsilon of quick ? [1] : [1, 8, 16]) {
      const random = randomFromSeed(93).split(path).split(epsilon);
      const found = await audit({ path, epsilon, delta: 1e-9, random, source: secureSource() });
      lines.push({
        path,
        "claimed ε": epsilon,
        answers: found.answers,
        "ε ≥ (any mechanism)": shortened(found.bound, 2),
        "ε ≥ (f-DP)": shortened(found.gaussianBound, 2),
        "exact for these answers": shortened(found.exact, 2),
        verdict: found.refuted ? "REFUTED" : found.undercharged ? "UNDERCHARGED" : "not refuted",
      });
    }
  return lines;
}

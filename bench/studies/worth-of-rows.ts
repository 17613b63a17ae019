import { sliceRows, type Table } from "../../src/data/table.ts";
import { backOffGenerator } from "../../src/hybrid/planner/back-off-generator.ts";
import { randomFromSeed } from "../../src/random.ts";
import { SEEN } from "./banking-pools.ts";
import { accuracyOf } from "./lessons.ts";
import { modelDraws } from "./model-pools.ts";
import { drawnRows, type TextRows } from "./study-rows.ts";

/** Real rows that are added to synthetic ones. */
export const ADDED = 125;

/** One student of synthetic rows alone, or with real ones beside them. */
export interface Worth {
  readonly corpus: string;
  readonly generator: "language model" | "back-off n-grams";
  /** Real rows that the generator saw. */
  readonly source: number;
  readonly synthetic: number;
  /** None; those that the generator saw; or others. */
  readonly added: "none" | "the same 125" | "125 others";
  readonly seed: number;
  readonly value: number;
}

/** What real rows are worth to a student of back-off rows, made from {@link ADDED} real ones. */
export async function worthBesideBackOff(
  of: TextRows,
  { seeds, sizes }: { readonly seeds: number; readonly sizes: readonly number[] },
): Promise<readonly Worth[]> {
  const measured: Worth[] = [];
  const generator = backOffGenerator({ text: [of.text], target: of.target });
  for (let seed = 0; seed < seeds; seed++) {
    console.error(`${of.name}, 125 real rows beside back-off: draw ${seed + 1} of ${seeds}`);
    const drawn = drawnRows(of.train, seed);
    const same = sliceRows(drawn, 0, ADDED);
    const rows = await generator.generate(same, Math.max(...sizes), { random: randomFromSeed(seed).split("back-off") });
    for (const synthetic of sizes) {
      const of125 = sliceRows(rows, 0, synthetic);
      const scored = (added: Worth["added"], real: Table | null): Worth => ({
        ...{ corpus: of.name, generator: "back-off n-grams", source: ADDED, synthetic, added, seed },
        value: accuracyOf(of, { real, synthetic: of125 }),
      });
      measured.push(
        scored("none", null),
        scored("the same 125", same),
        scored("125 others", sliceRows(drawn, ADDED, 2 * ADDED)),
      );
    }
  }
  return measured;
}

/** What real rows are worth to a student of the rows that a language model wrote from {@link SEEN} others. */
export function worthBesideModel(
  of: TextRows,
  { orders, sizes }: { readonly orders: number; readonly sizes: readonly number[] },
): readonly Worth[] {
  return modelDraws(of, { orders }).flatMap((draw) =>
    sizes.flatMap((synthetic) =>
      (["none", "125 others"] as const).map((added) => ({
        ...{ corpus: of.name, generator: "language model" as const, source: SEEN, synthetic, added, seed: draw.seed },
        value: accuracyOf(of, {
          real: added === "none" ? null : sliceRows(draw.real, SEEN, SEEN + ADDED),
          synthetic: sliceRows(draw.synthetic, 0, synthetic),
        }),
      })),
    ),
  );
}

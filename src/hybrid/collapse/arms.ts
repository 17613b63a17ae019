import { concatRows, type Table } from "../../data/table.ts";

/** What a generation is learnt from. */
export type Arm = "accumulate" | "replace" | "anchored";

/** The arms, the default one first. */
export const ARMS: readonly Arm[] = ["accumulate", "replace", "anchored"];

/** What each of them does, for people. */
export const ARM_WORDS: Readonly<Record<Arm, string>> = {
  accumulate: "real rows and all generations so far",
  replace: "the last generation alone",
  anchored: "real rows and the last generation",
};

/** The rows that the next generation is learnt from.
 * @param made the generations so far, the first one first */
export function learntBy(arm: Arm, { real, made }: { readonly real: Table; readonly made: readonly Table[] }): Table {
  const last = made.at(-1);
  if (!last) return real;
  if (arm === "replace") return last;
  return concatRows(arm === "accumulate" ? [real, ...made] : [real, last]);
}

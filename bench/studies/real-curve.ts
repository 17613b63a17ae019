import { sliceRows } from "../../src/data/table.ts";
import { accuracyOf } from "./lessons.ts";
import { drawnRows, type TextRows } from "./study-rows.ts";

/** A student of real rows alone. */
export interface RealOnly {
  readonly corpus: string;
  readonly real: number;
  readonly seed: number;
  readonly value: number;
}

/** The curve over real rows; all of them once, for there is one draw of all. */
export function realCurve(
  of: TextRows,
  { sizes, seeds }: { readonly sizes: readonly number[]; readonly seeds: number },
): readonly RealOnly[] {
  return sizes.flatMap((size) =>
    Array.from({ length: size >= of.train.rows ? 1 : seeds }, (_, seed) => {
      console.error(`${of.name}, ${size} real rows: draw ${seed + 1}`);
      const real = Math.min(size, of.train.rows);
      const value = accuracyOf(of, { real: sliceRows(drawnRows(of.train, seed), 0, real), synthetic: null });
      return { corpus: of.name, real, seed, value };
    }),
  );
}

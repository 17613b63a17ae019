import { columnOf, sliceRows, type Table } from "../../src/data/table.ts";
import { SEEN } from "./banking-pools.ts";
import { accuracyOf, textTable, together } from "./lessons.ts";
import { modelDraws } from "./model-pools.ts";
import type { TextRows } from "./study-rows.ts";

/** A student with, or without, the names of the classes among its rows. */
export interface NamesControl {
  readonly corpus: string;
  readonly real: number;
  readonly synthetic: number;
  readonly names: number;
  readonly seed: number;
  readonly value: number;
}

const SIZES = [0, SEEN, 125, 500];

/** A language model is told the names of the classes, which are words that customers use. How far do they get by themselves, each a training row of
 * its class? What the model adds is what is left beyond that. */
export function namesControl(of: TextRows, { orders }: { readonly orders: number }): readonly NamesControl[] {
  const names = namesOf(of);
  const draws = modelDraws(of, { orders });
  const most = Math.min(...draws.map(({ synthetic }) => synthetic.rows));
  const pool = Math.floor(most / 10) * 10;
  return draws.flatMap((draw) =>
    SIZES.flatMap((real) =>
      [0, pool].map((synthetic) => ({
        ...{ corpus: of.name, real, synthetic, names: names.rows, seed: draw.seed },
        value: accuracyOf(of, {
          real: together(names, sliceRows(draw.real, 0, real)),
          synthetic: synthetic > 0 ? sliceRows(draw.synthetic, 0, synthetic) : null,
        }),
      })),
    ),
  );
}

function namesOf(of: TextRows): Table {
  const target = columnOf(of.train, of.target);
  if (target.type !== "text") throw new Error("classes are texts");
  return textTable(
    of,
    [...target.dictionary].sort().map((label) => ({ text: label.replaceAll("_", " "), label })),
  );
}

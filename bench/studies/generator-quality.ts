import { comparableText } from "../../src/data/comparable-text.ts";
import { sliceRows, type Table } from "../../src/data/table.ts";
import { backOffGenerator } from "../../src/hybrid/planner/back-off-generator.ts";
import { textStudent } from "../../src/hybrid/planner/text-student.ts";
import { tokensOf } from "../../src/learners/text/tokens.ts";
import { randomFromSeed } from "../../src/random.ts";
import { modelDraws } from "./model-pools.ts";
import { drawnRows, type TextRows, textsOf } from "./study-rows.ts";

/** What can be said of synthetic rows without training on them. */
export interface Quality {
  readonly corpus: string;
  readonly rows: string;
  readonly count: number;
  /** Share whose label a student of all real training rows gives too: about one minus the label noise, as far as that student is right. */
  readonly agreement: number;
  /** Share that stands word for word among the real training rows, seen by the generator or not. */
  readonly copies: number;
  readonly tokensPerRow: number;
  /** Distinct tokens in the first 500 rows. */
  readonly vocabulary: number;
}

/** Real test rows, for comparison, and the rows of each generator. */
export async function generatorQuality(
  of: TextRows,
  { model }: { readonly model: boolean },
): Promise<readonly Quality[]> {
  const sets: [string, Table][] = [["real, test part", of.test]];
  if (model)
    for (const [pool, draw] of modelDraws(of, { orders: 1 }).entries())
      sets.push([`language model, pool ${pool + 1}`, draw.synthetic]);
  const source = sliceRows(drawnRows(of.train, 0), 0, 125);
  const generator = backOffGenerator({ text: [of.text], target: of.target });
  sets.push([
    "back-off n-grams of 125 real rows",
    await generator.generate(source, 1000, { random: randomFromSeed(0).split("back-off") }),
  ]);
  const student = textStudent({ text: [of.text], target: of.target, features: "n-grams" });
  const agreements = student.score({
    real: of.train,
    synthetic: null,
    arm: "mix",
    tests: sets.map(([, table]) => table),
    random: randomFromSeed(0),
  });
  const known = new Set(textsOf(of.train, of.text).map(comparableText));
  return sets.map(([rows, table], i) => {
    const texts = textsOf(table, of.text);
    const tokens = texts.map((text) => tokensOf(text.toLowerCase()));
    return {
      ...{ corpus: of.name, rows, count: table.rows, agreement: agreements[i] as number },
      copies: texts.filter((text) => known.has(comparableText(text))).length / table.rows,
      tokensPerRow: tokens.reduce((sum, { length }) => sum + length, 0) / table.rows,
      vocabulary: new Set(tokens.slice(0, 500).flat()).size,
    };
  });
}

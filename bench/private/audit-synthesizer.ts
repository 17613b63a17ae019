import type { TextColumn } from "../../src/data/table.ts";
import { tableOf } from "../../src/data/table.ts";
import type { Budget } from "../../src/dp/budget.ts";
import { InvalidArgument } from "../../src/errors.ts";
import { localExecutor } from "../../src/executors/local.ts";
import type { Random } from "../../src/random.ts";
import type { TableSchema } from "../../src/schema/schema.ts";
import { synthesizerNamed } from "../../src/synthesizers/index.ts";
import type { Sighting } from "./audit-guesses.ts";

/** Rows in each cell of the diagonal: two columns so alike that every synthesizer counts them together. */
const ROWS_EACH = 2000;

/** Options under which nothing hides the canaries' cells: the pair may be counted though it is large, no value is merged, and so short an estimation in
 * each round that the pair stays the worst estimated and gets most of the budget. */
const OPTIONS: Readonly<Record<string, object>> = {
  aim: { mostCells: 100_000, modelCells: 1_000_000, roundIterations: 1, finalIterations: 1 },
  mst: { rareSigmas: 0, iterations: 20 },
};

/** Fits a synthesizer to a table of two columns that are all but equal; a canary is the one row of its cell off the diagonal.
 * @returns every noisy count of the pair of columns that the synthesizer got
 * @throws {InvalidArgument} more canaries than there are cells */
export async function watchSynthesizer(
  name: string,
  staged: { readonly budget: Budget; readonly members: Uint8Array; readonly weight: number; readonly random: Random },
): Promise<readonly Sighting[]> {
  const { budget, members, weight, random } = staged;
  const canaries = members.length;
  // Of unequal numbers of labels, so that the pair's cells are known by how many they are.
  const left = Math.ceil(Math.sqrt(canaries));
  const right = left + 1;
  if (right > 250)
    throw new InvalidArgument("too-many-canaries", `Two columns have room for 62,001 canaries, not ${canaries}.`);
  const a: number[] = [];
  const b: number[] = [];
  for (let i = 0; i < left; i++)
    for (let k = 0; k < ROWS_EACH; k++) {
      a.push(i);
      b.push(i);
    }
  const cells = Uint32Array.from({ length: canaries }, (_, canary) => {
    const [i, place] = [Math.floor(canary / left), canary % left];
    const j = place < i ? place : place + 1;
    if (members[canary] === 1) {
      a.push(i);
      b.push(j);
    }
    return i * right + j;
  });
  const sightings: Sighting[] = [];
  const watched: Budget = Object.create(budget, {
    gaussian: {
      value: (counts: ArrayLike<number>, how: Parameters<Budget["gaussian"]>[1]) => {
        if (counts.length !== left * right) return budget.gaussian(counts, how);
        if (counts[right + 1] !== ROWS_EACH)
          throw new Error("The pair's cells are not where the audit looks for them.");
        const counted = Float64Array.from(counts);
        for (const cell of cells) counted[cell] = (counted[cell] as number) * weight;
        const answer = budget.gaussian(counted, how);
        sightings.push({
          excess: Float64Array.from(cells, (cell) => answer.noisy[cell] as number),
          sigma: answer.sigma,
        });
        return answer;
      },
    },
  });
  const synthesizer = synthesizerNamed(name);
  const columns = [labelled("a", a, left), labelled("b", b, right)];
  await synthesizer.fit(tableOf(columns), {
    schema: schemaOfLabels(columns),
    options: synthesizer.options.parse(OPTIONS[name] ?? {}),
    budget: watched,
    random,
    executor: localExecutor(),
  });
  return sightings;
}

function labelled(name: string, codes: readonly number[], labels: number): TextColumn {
  const dictionary = Array.from({ length: labels }, (_, i) => `${name}${String(i).padStart(3, "0")}`);
  return { name, type: "text", storage: "text", dictionary, codes: Int32Array.from(codes) };
}

function schemaOfLabels(columns: readonly TextColumn[]): TableSchema {
  return {
    format: "counterfoil-schema/1",
    notes: [],
    columns: columns.map(({ name, dictionary }) => ({
      name,
      kind: "categorical",
      type: "text",
      evidence: [],
      nullable: false,
      categories: dictionary,
    })),
  };
}

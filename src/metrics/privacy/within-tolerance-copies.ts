import { takeRows } from "../../data/table.ts";
import { hypergeometricUpperTail } from "../../math/distributions.ts";
import { randomFromSeed } from "../../random.ts";
import type { Metric, Score } from "../metric.ts";
import { countFound, excessOverHoldout, plantFound, type RealUnits } from "./found-rows.ts";
import type { CopyTestInput, Ladder } from "./plant.ts";
import { poolTrials } from "./pool-trials.ts";
import { indexWithinTolerance } from "./tolerance-index.ts";

/** Training rows that stand in the synthetic table with small changes everywhere, beyond what chance explains. */
export const withinToleranceCopies: Metric = {
  name: "within-tolerance-copies",
  title: "Excess copies within tolerance",
  family: "privacy",
  better: "lower",
  range: [-1, 1],
  source:
    "Rows that one real row alone agrees with, train against holdout; conditional test of two proportions: Fisher (1935); interval by Clopper & Pearson (1934)",
  definitionVersion: 2,
  explains:
    "Synthetic rows that agree with one real row and no other, every number within 1 % and at most one category different: training rows found so more often than holdout rows are near copies. It sees small changes spread over all numbers, which distances do not; it sees no copy whose numbers moved further.",
  measure: (input) => measureToleranceCopies(withinToleranceCopies, poolTrials(input), toleranceLadder),
};

/** Synthetic rows looked up; among more real rows a look-up costs more, and a share is known well enough from so many. */
const MAX_TARGETS = 50_000;

export const toleranceLadder: Ladder = {
  shares: [0.005, 0.01, 0.02, 0.05, 0.1],
  plantings: 5,
  leaks: ["verbatim", "spread"],
};

/** Measures {@link withinToleranceCopies}, or the same on fewer columns under another name, beside the leaks of a ladder. */
export async function measureToleranceCopies(
  metric: Pick<Metric, "name" | "title" | "family" | "definitionVersion" | "better">,
  input: CopyTestInput,
  ladder: Ladder,
): Promise<Score> {
  const { name, title, family, definitionVersion, better } = metric;
  const base = { metric: name, title, family, definitionVersion, better };
  const { train, holdout, synthetic, alpha } = input;
  if (!holdout || holdout.rows === 0)
    return { ...base, notComputable: "This needs real rows that were not used for fitting (--holdout)." };
  if (synthetic.rows === 0) return { ...base, notComputable: "The synthetic table has no rows." };
  const index = indexWithinTolerance([train, holdout], input.schema);
  const units = unitsOf(input);
  const isTarget = new Uint8Array(synthetic.rows);
  const counter = countFound(units, input.entities !== undefined);
  const targets = chooseTargets(input);
  for (const row of targets) isTarget[row] = 1;
  const copied = lookUpAt(targets, synthetic.rows, index.aloneIn(takeRows(synthetic, targets)));
  for (const realRow of copied) counter.add(realRow, 1);
  const urn = {
    train: units.train,
    holdout: units.holdout,
    released: targets.length,
    alpha,
    rowsPerUnit: units.rows / units.label.length,
  };
  const found = counter.found();
  const p = hypergeometricUpperTail(found.train, {
    drawn: found.train + found.holdout,
    marked: units.train,
    total: units.train + units.holdout,
  });
  return {
    ...base,
    ...excessOverHoldout(found, urn),
    level: 1 - alpha,
    n: targets.length,
    seeds: [input.seed],
    p,
    plantings: plantFound(counter, copied, {
      input,
      ladder,
      lookUp: (rows, positions) => {
        const places = Uint32Array.from(positions.keys()).filter((place) => isTarget[positions[place] as number] === 1);
        return lookUpAt(places, rows.rows, index.aloneIn(takeRows(rows, places)));
      },
      excess: (planted) => excessOverHoldout(planted, urn),
    }),
    details: {
      ...(targets.length < synthetic.rows ? { targets: targets.length } : {}),
      unit: input.entities ? "entity" : "row",
      foundTrain: found.train,
      foundHoldout: found.holdout,
      uniqueTrain: units.train,
      uniqueHoldout: units.holdout,
      expectedTrain: ((found.train + found.holdout) * units.train) / (units.train + units.holdout),
      severalAgree: copied.reduce((sum, row) => sum + (row === -2 ? 1 : 0), 0),
    },
  };
}

/** All synthetic rows, or a random part of them, ascending. */
function chooseTargets({ synthetic, seed }: CopyTestInput): Uint32Array {
  if (synthetic.rows <= MAX_TARGETS) return Uint32Array.from({ length: synthetic.rows }, (_, i) => i);
  return randomFromSeed(seed).split("within-tolerance-copies").split("targets").sample(synthetic.rows, MAX_TARGETS);
}

/** What was found for some rows, as of all `rows`: nothing for the others. */
function lookUpAt(places: Uint32Array, rows: number, found: Int32Array): Int32Array {
  const out = new Int32Array(rows).fill(-1);
  places.forEach((place, i) => {
    out[place] = found[i] as number;
  });
  return out;
}

/** Every real row can be found; it belongs to itself, or to its entity on its side. */
function unitsOf({ train, holdout, entities }: CopyTestInput): RealUnits {
  const rows = train.rows + (holdout?.rows ?? 0);
  if (!entities)
    return {
      train: train.rows,
      holdout: rows - train.rows,
      rows,
      unitOfRow: Int32Array.from({ length: rows }, (_, i) => i),
      label: Uint8Array.from({ length: rows }, (_, i) => (i < train.rows ? 1 : 0)),
    };
  const unitOfRow = new Int32Array(rows);
  const known = new Map<number, number>();
  const labels: number[] = [];
  for (let row = 0; row < rows; row++) {
    const isTrain = row < train.rows;
    const entity = (isTrain ? entities.train[row] : entities.holdout[row - train.rows]) as number;
    const key = 2 * entity + (isTrain ? 1 : 0);
    let unit = known.get(key);
    if (unit === undefined) {
      unit = labels.length;
      known.set(key, unit);
      labels.push(isTrain ? 1 : 0);
    }
    unitOfRow[row] = unit;
  }
  const inTrain = labels.reduce((sum, label) => sum + label, 0);
  return { train: inTrain, holdout: labels.length - inTrain, rows, unitOfRow, label: Uint8Array.from(labels) };
}

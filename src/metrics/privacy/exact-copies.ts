import { chiSquareQuantile, hypergeometricUpperTail, poissonUpperBound } from "../../math/distributions.ts";
import type { Interval, Metric, Score } from "../metric.ts";
import { countFound, excessOverHoldout, type Found, plantFound, type RealUnits, type Urn } from "./found-rows.ts";
import { type CopyTestInput, fullLadder, type Ladder } from "./plant.ts";
import { poolTrials } from "./pool-trials.ts";
import { indexRows, type RowIndex, type RowKeys, rowKeyer } from "./row-keys.ts";

/** Training rows that stand in the synthetic table as they are, beyond what chance explains. */
export const exactCopies: Metric = {
  name: "exact-copies",
  title: "Excess exact copies",
  family: "privacy",
  better: "lower",
  range: [-1, 1],
  source:
    "Conditional test of two proportions: Fisher (1935); interval by Clopper & Pearson (1934); the holdout as non-member baseline; natural twins by Good (1953), Biometrika",
  definitionVersion: 1,
  explains:
    "Real rows that occur once are looked for in the synthetic table: training rows found more often than holdout rows are copies, and so are rows of either found far more often than natural twins explain. It sees no copy that differs in one cell, and none of rows that real people share.",
  measure: (input) => measureExactCopies(poolTrials(input), fullLadder),
};

/** Measures {@link exactCopies} beside the leaks of a ladder. */
export async function measureExactCopies(input: CopyTestInput, ladder: Ladder): Promise<Score> {
  const { name: metric, title, family, definitionVersion, better } = exactCopies;
  const base = { metric, title, family, definitionVersion, better };
  const { train, holdout, synthetic, alpha } = input;
  if (!holdout || holdout.rows === 0)
    return { ...base, notComputable: "This needs real rows that were not used for fitting (--holdout)." };
  if (synthetic.rows === 0) return { ...base, notComputable: "The synthetic table has no rows." };
  const keysOf = rowKeyer([train, holdout, synthetic]);
  const index = indexRows([keysOf(train), keysOf(holdout)]);
  const units = uniqueUnits(index, input);
  if (units.train === 0 || units.holdout === 0)
    return {
      ...base,
      notComputable: `No row occurs once only in the ${units.train === 0 ? "training rows" : "holdout"}, so no row of the synthetic table can be traced to one.`,
      notApplicable: units.train + units.holdout === 0,
    };
  const counter = countFound(units, input.entities !== undefined);
  const copied = copiedRows(keysOf(synthetic), index, units);
  for (const realRow of copied) counter.add(realRow, 1);
  const urn = {
    train: units.train,
    holdout: units.holdout,
    released: synthetic.rows,
    alpha,
    rowsPerUnit: units.rows / units.label.length,
    twins: units.twins,
    realRows: train.rows + holdout.rows,
  };
  const found = counter.found();
  const score = excess(found, urn);
  const marked = found.train + found.holdout;
  return {
    ...base,
    ...score,
    level: 1 - alpha,
    n: synthetic.rows,
    seeds: [input.seed],
    plantings: plantFound(counter, copied, {
      input,
      ladder,
      excess: (planted) => excess(planted, urn),
      lookUp: (rows) => copiedRows(keysOf(rows), index, units),
    }),
    details: {
      unit: input.entities ? "entity" : "row",
      foundTrain: found.train,
      foundHoldout: found.holdout,
      uniqueTrain: units.train,
      uniqueHoldout: units.holdout,
      expectedTrain: (marked * units.train) / (units.train + units.holdout),
      releasedCopies: found.copies,
      copiesByTwins: (2 * urn.twins * urn.released) / urn.realRows,
      fisherP: hypergeometricUpperTail(found.train, {
        drawn: marked,
        marked: units.train,
        total: units.train + units.holdout,
      }),
    },
  };
}

interface Units extends RealUnits {
  /** Distinct rows that exactly two real rows hold. */
  readonly twins: number;
  /** Of a distinct row: the real row, counted over train then holdout, if it occurs once; −1 otherwise. */
  readonly rowOfGroup: Int32Array;
}

function uniqueUnits(index: RowIndex, input: CopyTestInput): Units {
  const { group } = index;
  const trainRows = input.train.rows;
  const rowOfGroup = new Int32Array(index.groups).fill(-1);
  const seen = new Uint8Array(index.groups);
  let twins = 0;
  for (let row = 0; row < group.length; row++) {
    const at = group[row] as number;
    const times = Math.min(3, (seen[at] as number) + 1);
    rowOfGroup[at] = times === 1 ? row : -1;
    // A third holder ends a pair of twins, a fourth changes nothing.
    if (times === 2) twins++;
    else if (times === 3 && seen[at] === 2) twins--;
    seen[at] = times;
  }
  const unitOfRow = new Int32Array(group.length).fill(-1);
  const units = new Map<number, number>();
  const labels: number[] = [];
  const counts = [0, 0] as [number, number];
  let rows = 0;
  for (let row = 0; row < group.length; row++) {
    if (rowOfGroup[group[row] as number] !== row) continue;
    rows++;
    const isTrain = row < trainRows;
    let unit = labels.length;
    if (input.entities) {
      const entity = (isTrain ? input.entities.train[row] : input.entities.holdout[row - trainRows]) as number;
      const key = 2 * entity + (isTrain ? 1 : 0);
      const known = units.get(key);
      if (known !== undefined) unit = known;
      else units.set(key, unit);
    }
    if (unit === labels.length) {
      labels.push(isTrain ? 1 : 0);
      counts[isTrain ? 1 : 0]++;
    }
    unitOfRow[row] = unit;
  }
  return { train: counts[1], holdout: counts[0], rows, twins, rowOfGroup, unitOfRow, label: Uint8Array.from(labels) };
}

interface ExactUrn extends Urn {
  /** Distinct rows that exactly two of the real rows hold. */
  readonly twins: number;
  readonly realRows: number;
}

/** The larger of two excesses: over the holdout, and over natural twins. The second sees what the first cannot: a holdout that was copied too, and
 * one person's row released again and again. */
function excess(found: Found, urn: ExactUrn): Interval {
  const beyond = excessOverHoldout(found, urn);
  const twins = excessOverTwins(found, urn);
  if (twins === undefined || twins.low <= beyond.low) return beyond;
  return { value: Math.max(beyond.value, twins.value), low: twins.low, high: Math.max(beyond.high, twins.value) };
}

/** Natural twins explain so much, and up to three times as much is left to synthesizers that prefer common rows. */
const TWIN_ALLOWANCE = 3;
/** Share of the test's alpha at which each of the two counts is bounded. With the allowance between them the bounds must fail together, and far,
 * for a false alarm: what is added to alpha is negligible. */
const TWIN_ALPHA = 0.1;

/** Synthetic rows that equal a unique real row, beyond what natural twins explain; nothing when they are not more than that.
 *
 * Were the N released rows fresh, the number of them that equal a row held once among the R real ones has the mean 2 f₂ N / R, f₂ the
 * distinct rows held exactly twice (N / R · Σ λ² e^−λ over rows with λ expected holders; Good 1953). */
function excessOverTwins({ copies }: Found, urn: ExactUrn): Interval | undefined {
  const perTwin = (2 * urn.released) / urn.realRows;
  if (copies <= TWIN_ALLOWANCE * perTwin * urn.twins) return undefined;
  const alpha = urn.alpha * TWIN_ALPHA;
  const expected = TWIN_ALLOWANCE * perTwin * poissonUpperBound(urn.twins, alpha);
  const fewest = chiSquareQuantile(alpha, 2 * copies) / 2;
  if (fewest <= expected) return undefined;
  const value = Math.min(1, (copies - perTwin * urn.twins) / urn.released);
  return { value, low: Math.min(value, (fewest - expected) / urn.released), high: value };
}

/** For each synthetic row, the unique real row that it equals; −1 for none. */
function copiedRows(keys: RowKeys, index: RowIndex, units: Units): Int32Array {
  return Int32Array.from({ length: keys.rows }, (_, row) => {
    const group = index.find(keys, row);
    return group < 0 ? -1 : (units.rowOfGroup[group] as number);
  });
}

import type { Table } from "../../data/table.ts";
import { throwIfCancelled } from "../../errors.ts";
import { clopperPearson, hypergeometricUpperTail, poissonUpperBound } from "../../math/distributions.ts";
import type { Interval, Metric, Planting, Score } from "../metric.ts";
import { type CopyTestInput, fullLadder, type Ladder, plantedCount, plantLeaks } from "./plant.ts";
import { indexRows, type RowIndex, type RowKeys, rowKeyer } from "./row-keys.ts";

/** Training rows that stand in the synthetic table as they are, beyond what chance explains. */
export const exactCopies: Metric = {
  name: "exact-copies",
  title: "Excess exact copies",
  family: "privacy",
  better: "lower",
  range: [-1, 1],
  source:
    "Conditional test of two proportions: Fisher (1935); interval by Clopper & Pearson (1934); the holdout as non-member baseline",
  definitionVersion: 1,
  explains:
    "Real rows that occur once are looked for in the synthetic table; training rows found more often than holdout rows are copies. It sees no copy that differs in one cell, and none of rows that real people share.",
  measure: (input) => measureExactCopies(input, fullLadder),
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
  const counter = countFound(units);
  const copied = copiedRows(keysOf(synthetic), index, units);
  for (const realRow of copied) counter.add(realRow, 1);
  const urn = {
    train: units.train,
    holdout: units.holdout,
    released: synthetic.rows,
    alpha,
    rowsPerUnit: units.rows / units.label.length,
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
    plantings: plantInto(counter, copied, {
      input,
      ladder,
      urn,
      lookUp: (rows) => copiedRows(keysOf(rows), index, units),
    }),
    details: {
      unit: input.entities ? "entity" : "row",
      foundTrain: found.train,
      foundHoldout: found.holdout,
      uniqueTrain: units.train,
      uniqueHoldout: units.holdout,
      expectedTrain: (marked * units.train) / (units.train + units.holdout),
      fisherP: hypergeometricUpperTail(found.train, {
        drawn: marked,
        marked: units.train,
        total: units.train + units.holdout,
      }),
    },
  };
}

/** Whom a unique real row belongs to: itself, or its entity where rows are grouped, for then labels exchange over entities. */
interface Units {
  /** Units of each part that own a unique row. */
  readonly train: number;
  readonly holdout: number;
  /** Unique real rows. */
  readonly rows: number;
  /** Of a distinct row: the real row, counted over train then holdout, if it occurs once; −1 otherwise. */
  readonly rowOfGroup: Int32Array;
  /** Of a real row: its unit. */
  readonly unitOfRow: Int32Array;
  /** Of a unit: 1 when it was trained on. */
  readonly label: Uint8Array;
}

function uniqueUnits(index: RowIndex, input: CopyTestInput): Units {
  const { group } = index;
  const trainRows = input.train.rows;
  const rowOfGroup = new Int32Array(index.groups).fill(-1);
  const seen = new Uint8Array(index.groups);
  for (let row = 0; row < group.length; row++) {
    const at = group[row] as number;
    rowOfGroup[at] = seen[at] === 0 ? row : -1;
    seen[at] = 1;
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
  return { train: counts[1], holdout: counts[0], rows, rowOfGroup, unitOfRow, label: Uint8Array.from(labels) };
}

interface Found {
  /** Units found again in the synthetic table. */
  readonly train: number;
  readonly holdout: number;
  /** Unique real rows found again. */
  readonly rows: number;
}

interface Counter {
  /** A synthetic row that equals this unique real row comes (1) or goes (−1); −1 for a synthetic row that equals none. */
  add(realRow: number, change: 1 | -1): void;
  found(): Found;
}

function countFound(units: Units): Counter {
  const ofRow = new Uint32Array(units.unitOfRow.length);
  const ofUnit = new Uint32Array(units.label.length);
  const found = [0, 0] as [number, number];
  let rows = 0;
  return {
    add(realRow, change) {
      if (realRow < 0) return;
      const before = ofRow[realRow] as number;
      ofRow[realRow] = before + change;
      // Only the first copy of a row counts, and the last one that goes.
      if (before !== (change === 1 ? 0 : 1)) return;
      rows += change;
      const unit = units.unitOfRow[realRow] as number;
      const held = ofUnit[unit] as number;
      ofUnit[unit] = held + change;
      if (held === (change === 1 ? 0 : 1)) found[units.label[unit] as 0 | 1] += change;
    },
    found: () => ({ train: found[1], holdout: found[0], rows }),
  };
}

interface Urn {
  readonly train: number;
  readonly holdout: number;
  readonly released: number;
  readonly alpha: number;
  /** Unique real rows of a unit, on average. */
  readonly rowsPerUnit: number;
}

/** Found training units beyond those that the holdout leads to expect, in rows per released row. Given how many units were found at all, those from train
 * are hypergeometric when labels exchange; the binomial interval is wider, so it holds too. */
function excess(found: Found, urn: Urn): Interval {
  const share = urn.train / (urn.train + urn.holdout);
  const units = found.train + found.holdout;
  const rowsPerUnit = units > 0 ? found.rows / units : urn.rowsPerUnit;
  const of = (count: number, trainShare: number): number =>
    ((count * (trainShare - share)) / (1 - share)) * (rowsPerUnit / urn.released);
  const clamp = (x: number): number => Math.max(-1, Math.min(1, x));
  const most = poissonUpperBound(units, urn.alpha);
  if (units === 0) return { value: 0, low: 0, high: clamp((most * rowsPerUnit) / urn.released) };
  const { low, high } = clopperPearson(found.train, units, urn.alpha);
  return {
    value: clamp(of(units, found.train / units)),
    low: clamp(of(units, low)),
    high: clamp(Math.max(0, of(most, high))),
  };
}

/** For each synthetic row, the unique real row that it equals; −1 for none. */
function copiedRows(keys: RowKeys, index: RowIndex, units: Units): Int32Array {
  return Int32Array.from({ length: keys.rows }, (_, row) => {
    const group = index.find(keys, row);
    return group < 0 ? -1 : (units.rowOfGroup[group] as number);
  });
}

function plantInto(
  counter: Counter,
  copied: Int32Array,
  options: {
    readonly input: CopyTestInput;
    readonly ladder: Ladder;
    readonly urn: Urn;
    readonly lookUp: (rows: Table) => Int32Array;
  },
): Planting[] {
  const { input, ladder, urn, lookUp } = options;
  const out: Planting[] = [];
  for (const planted of plantLeaks(input, ladder)) {
    throwIfCancelled(input.signal);
    const arriving = lookUp(planted.rows);
    let done = 0;
    for (const share of ladder.shares) {
      for (; done < plantedCount(share, input.synthetic.rows); done++) {
        counter.add(copied[planted.positions[done] as number] as number, -1);
        counter.add(arriving[done] as number, 1);
      }
      out.push({ leak: planted.leak, share, index: planted.index, ...excess(counter.found(), urn) });
    }
    while (done > 0) {
      done--;
      counter.add(arriving[done] as number, -1);
      counter.add(copied[planted.positions[done] as number] as number, 1);
    }
  }
  return out;
}

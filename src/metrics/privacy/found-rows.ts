import type { Table } from "../../data/table.ts";
import { throwIfCancelled } from "../../errors.ts";
import { clopperPearson, poissonUpperBound } from "../../math/distributions.ts";
import type { Interval, Planting } from "../metric.ts";
import { type CopyTestInput, type Ladder, plantedCount, plantLeaks } from "./plant.ts";

/** Whom a real row that can be found belongs to: itself, or its entity where rows are grouped, for then labels exchange over entities. */
export interface RealUnits {
  /** Units of each part that own such a row. */
  readonly train: number;
  readonly holdout: number;
  /** Real rows that can be found. */
  readonly rows: number;
  /** Of a real row: its unit. */
  readonly unitOfRow: Int32Array;
  /** Of a unit: 1 when it was trained on. */
  readonly label: Uint8Array;
}

/** What of the real rows was found again in a synthetic table. */
export interface Found {
  /** Units found again in the synthetic table. */
  readonly train: number;
  readonly holdout: number;
  /** Unique real rows found again. */
  readonly rows: number;
  /** Synthetic rows that equal a real row; with entities, the entities found again. */
  readonly copies: number;
}

/** Counts what is found while rows come and go. */
export interface Counter {
  /** A synthetic row that equals this real row comes (1) or goes (−1); −1 for a synthetic row that equals none. */
  add(realRow: number, change: 1 | -1): void;
  found(): Found;
}

/** Starts at nothing found.
 * @param grouped rows belong to people, who count once */
export function countFound(units: RealUnits, grouped: boolean): Counter {
  const ofRow = new Uint32Array(units.unitOfRow.length);
  const ofUnit = new Uint32Array(units.label.length);
  const found = [0, 0] as [number, number];
  let rows = 0;
  let copies = 0;
  return {
    add(realRow, change) {
      if (realRow < 0) return;
      copies += change;
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
    // Rows of one person who resembles another would be one coincidence, not many.
    found: () => ({ train: found[1], holdout: found[0], rows, copies: grouped ? found[0] + found[1] : copies }),
  };
}

/** From what was drawn. */
export interface Urn {
  readonly train: number;
  readonly holdout: number;
  readonly released: number;
  readonly alpha: number;
  /** Unique real rows of a unit, on average. */
  readonly rowsPerUnit: number;
}

/** Found training units beyond those that the holdout leads to expect, in rows per released row. Given how many units were found at all, those from train
 * are hypergeometric when labels exchange; the binomial interval is wider, so it holds too. */
export function excessOverHoldout(found: Found, urn: Urn): Interval {
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

/** The excess after every planting of a ladder: planted rows come, the rows whose place they take go.
 * @param copied of a synthetic row: the real row it counts for, −1 for none */
export function plantFound(
  counter: Counter,
  copied: Int32Array,
  options: {
    readonly input: CopyTestInput;
    readonly ladder: Ladder;
    /** As `copied`, for rows that take these places of the synthetic table. */
    readonly lookUp: (rows: Table, positions: Uint32Array) => Int32Array;
    readonly excess: (found: Found) => Interval;
  },
): Planting[] {
  const { input, ladder, lookUp, excess } = options;
  const out: Planting[] = [];
  for (const planted of plantLeaks(input, ladder)) {
    throwIfCancelled(input.signal);
    const arriving = lookUp(planted.rows, planted.positions);
    let done = 0;
    for (const share of ladder.shares) {
      for (; done < plantedCount(share, input.synthetic.rows); done++) {
        counter.add(copied[planted.positions[done] as number] as number, -1);
        counter.add(arriving[done] as number, 1);
      }
      out.push({ leak: planted.leak, share, index: planted.index, ...excess(counter.found()) });
    }
    while (done > 0) {
      done--;
      counter.add(arriving[done] as number, -1);
      counter.add(copied[planted.positions[done] as number] as number, 1);
    }
  }
  return out;
}

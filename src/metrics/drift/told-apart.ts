import { normalQuantile } from "../../math/distributions.ts";
import { areaInfluence, areaUnderCurve, placements } from "../../math/ranking.ts";
import type { Random } from "../../random.ts";
import type { Interval } from "../metric.ts";
import { exchange, kindsOf, type Sides } from "./sides.ts";

/** How well scores tell rows of the new table from rows of the old: an AUC with its interval, units being what was drawn.
 * @param rows those that were scored, in the order of the scores
 * @source DeLong et al. (1988), Biometrics 44(3); summed over units: Obuchowski (1997), Biometrics 53(2) */
export function areaOf(
  sides: Sides,
  scored: { readonly rows: Uint32Array; readonly scores: Float64Array; readonly level: number },
): Interval {
  const { rows, scores, level } = scored;
  const positive = Uint8Array.from(rows, (row) => sides.isNew[row] as number);
  const value = areaUnderCurve(scores, positive);
  const influence = areaInfluence(placements(scores, positive), positive);
  const sums = new Map<number, number>();
  rows.forEach((row, i) => {
    const unit = sides.unit[row] as number;
    sums.set(unit, (sums.get(unit) ?? 0) + (influence[i] as number));
  });
  const squares = [...sums.values()].reduce((sum, x) => sum + x * x, 0);
  const half = normalQuantile((1 + level) / 2) * (Math.sqrt(squares) / rows.length);
  return { value, low: Math.max(0, value - half), high: Math.min(1, value + half) };
}

/** One-sided p-value of so high an AUC or higher, by exchanging the labels of units. The scores were learnt on other units, so that the labels of
 * these are exchangeable where nothing changed: the test is exact.
 * @source Lopez-Paz & Oquab (2017), ICLR, §3; p with the observed one counted: Phipson & Smyth (2010) */
export function permutationOfArea(
  sides: Sides,
  scored: {
    readonly rows: Uint32Array;
    readonly scores: Float64Array;
    readonly permutations: number;
    readonly random: Random;
  },
): number {
  const { rows, scores, permutations, random } = scored;
  const ranks = midRanks(scores);
  // Per unit and side: the sum of its ranks and its rows.
  const present = [...new Set(Array.from(rows, (row) => sides.unit[row] as number))];
  const place = new Map(present.map((unit, i) => [unit, i]));
  const rankSum = [new Float64Array(present.length), new Float64Array(present.length)] as const;
  const count = [new Float64Array(present.length), new Float64Array(present.length)] as const;
  rows.forEach((row, i) => {
    const at = place.get(sides.unit[row] as number) as number;
    const side = sides.isNew[row] as 0 | 1;
    rankSum[side][at] = (rankSum[side][at] as number) + (ranks[i] as number);
    count[side][at] = (count[side][at] as number) + 1;
  });
  const all = kindsOf(sides);
  const kinds = Uint8Array.from(present, (unit) => all[unit] as number);
  const area = (turned: Uint8Array | undefined): number => {
    let sum = 0;
    let n = 0;
    for (let i = 0; i < present.length; i++) {
      const side = turned?.[i] ? 0 : 1;
      sum += rankSum[side][i] as number;
      n += count[side][i] as number;
    }
    const others = rows.length - n;
    return n === 0 || others === 0 ? 0.5 : (sum - (n * (n + 1)) / 2) / (n * others);
  };
  const observed = area(undefined);
  let asHigh = 0;
  for (let b = 0; b < permutations; b++) if (area(exchange(kinds, random.split(b))) >= observed - 1e-12) asHigh++;
  return (asHigh + 1) / (permutations + 1);
}

function midRanks(scores: Float64Array): Float64Array {
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i).sort(
    (a, b) => (scores[a] as number) - (scores[b] as number),
  );
  const out = new Float64Array(scores.length);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to < order.length && scores[order[to] as number] === scores[order[from] as number]) to++;
    for (let at = from; at < to; at++) out[order[at] as number] = (from + 1 + to) / 2;
    from = to;
  }
  return out;
}

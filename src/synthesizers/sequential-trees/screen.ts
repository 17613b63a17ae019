import type { Random } from "../../random.ts";
import { pause } from "../cells/pause.ts";
import type { Progress } from "../synthesizer.ts";
import type { TrainingStep } from "./steps.ts";

/** Rows on which the association of two steps is looked at. */
const SCREEN_ROWS = 600;
const GROUPS = 8;

/** The steps with at most `most` predictors each: those most associated with it (mutual information of eight groups on a few hundred
 * rows). Wide tables would otherwise take time in the square of their columns. */
export async function screenPredictors(
  steps: readonly TrainingStep[],
  options: {
    readonly most: number;
    readonly random: Random;
    readonly signal: AbortSignal | undefined;
    readonly progress?: Progress | undefined;
  },
): Promise<TrainingStep[]> {
  const { most, random, signal, progress } = options;
  if (steps.every((step) => step.predictors.length <= most)) return [...steps];
  const n = steps[0]?.codes.length ?? 0;
  const rows = random.sample(n, Math.min(n, SCREEN_ROWS));
  const groups = steps.map((step) => groupCodes(step.codes, rows, step.ordered));
  const counts = new Int32Array(GROUPS * GROUPS);
  const out: TrainingStep[] = [];
  for (const [s, step] of steps.entries()) {
    if (step.predictors.length <= most) {
      out.push(step);
      continue;
    }
    await pause(signal);
    const own = groups[s] as Uint8Array;
    const information = new Float64Array(steps.length);
    for (const p of step.predictors) {
      const other = groups[p] as Uint8Array;
      counts.fill(0);
      for (let i = 0; i < own.length; i++) {
        const cell = (own[i] as number) * GROUPS + (other[i] as number);
        counts[cell] = (counts[cell] as number) + 1;
      }
      information[p] = mutualInformation(counts);
    }
    const predictors = [...step.predictors]
      .sort((a, b) => (information[b] as number) - (information[a] as number) || a - b)
      .slice(0, most)
      .sort((a, b) => a - b);
    out.push({ ...step, predictors });
    progress?.(out.length, steps.length, "columns compared");
  }
  return out;
}

/** Eight groups: of about equal count for an order, the seven commonest codes and the rest otherwise. */
function groupCodes(codes: Uint8Array, rows: Uint32Array, ordered: boolean): Uint8Array {
  const counts = new Int32Array(256);
  for (let i = 0; i < rows.length; i++) {
    const x = codes[rows[i] as number] as number;
    counts[x] = (counts[x] as number) + 1;
  }
  const group = new Uint8Array(256).fill(GROUPS - 1);
  if (ordered) {
    let below = 0;
    for (let x = 0; x < 256; x++) {
      group[x] = Math.min(GROUPS - 1, Math.floor(((below + (counts[x] as number) / 2) * GROUPS) / rows.length));
      below += counts[x] as number;
    }
  } else {
    [...counts.keys()]
      .sort((a, b) => (counts[b] as number) - (counts[a] as number) || a - b)
      .slice(0, GROUPS - 1)
      .forEach((x, k) => {
        group[x] = k;
      });
  }
  return Uint8Array.from(rows, (row) => group[codes[row] as number] as number);
}

function mutualInformation(counts: Int32Array): number {
  let total = 0;
  const left = new Float64Array(GROUPS);
  const right = new Float64Array(GROUPS);
  let sum = 0;
  for (let a = 0; a < GROUPS; a++)
    for (let b = 0; b < GROUPS; b++) {
      const count = counts[a * GROUPS + b] as number;
      if (count === 0) continue;
      total += count;
      left[a] = (left[a] as number) + count;
      right[b] = (right[b] as number) + count;
      sum += count * Math.log(count);
    }
  for (let a = 0; a < GROUPS; a++) {
    if (left[a]) sum -= (left[a] as number) * Math.log(left[a] as number);
    if (right[a]) sum -= (right[a] as number) * Math.log(right[a] as number);
  }
  return total === 0 ? 0 : sum / total + Math.log(total);
}

import type { Arm, Pilot, PilotCell } from "../../src/hybrid/planner/pilot.ts";
import { lossAt, type ResponseSurface } from "../../src/hybrid/planner/surface.ts";
import type { Random } from "../../src/random.ts";

/** A pilot whose truth is known. */
export interface InventedPilot {
  readonly truth: ResponseSurface;
  readonly sizes?: readonly number[];
  readonly multiples?: readonly number[];
  readonly seeds?: number;
  /** Relative standard deviations of the loss: of a draw of real rows, which all cells of one seed and size share, and of a cell by itself. */
  readonly drawNoise?: number;
  readonly cellNoise?: number;
  /** "nested": draws of one seed are correlated over sizes by the root of the ratio of the sizes. Default "independent". */
  readonly draws?: Pilot["draws"];
  readonly arm?: Arm;
  readonly test?: PilotCell["test"];
}

export const SIZES = [25, 50, 100, 200, 400, 800];
export const MULTIPLES = [0, 1, 2, 5, 10, 20];

/** Accuracies (1 − loss) around a known surface. */
export function inventedPilot(options: InventedPilot & { readonly random: Random }): Pilot {
  const { truth, sizes = SIZES, multiples = MULTIPLES, seeds = 4, random } = options;
  const { drawNoise = 0.04, cellNoise = 0.02, draws = "independent", arm = "mix", test = "test" } = options;
  const cells: PilotCell[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    let common = 0;
    for (const [i, real] of sizes.entries()) {
      const kept = draws === "nested" && i > 0 ? Math.sqrt((sizes[i - 1] as number) / real) : 0;
      common = kept * common + Math.sqrt(1 - kept * kept) * random.normal();
      for (const multiple of multiples) {
        const synthetic = Math.round(real * multiple);
        const loss = lossAt(truth, { real, synthetic });
        const noisy = loss * (1 + drawNoise * common + cellNoise * random.normal());
        cells.push({ real, synthetic, seed, arm, test, value: 1 - noisy });
      }
    }
  }
  return { metric: { name: "accuracy", better: "higher", perfect: 1 }, cells, draws };
}

/** Synthetic rows that stand for a tenth of a real row at first, and for no more than `ceiling` times the real rows. */
export function helpful(options: { readonly exchange?: number; readonly saturation?: number } = {}): ResponseSurface {
  const { exchange = 0.15, saturation = 5 } = options;
  return { kind: "saturating", floor: 0.08, scale: 1.6, offset: 1, exponent: 0.45, exchange, saturation };
}

/** Synthetic rows change nothing. */
export const USELESS: ResponseSurface = {
  ...helpful(),
  kind: "real-only",
  exchange: 0,
  saturation: Number.POSITIVE_INFINITY,
};

/** Each synthetic row undoes a part of a real one. */
export function harmful(exchange = -0.05): ResponseSurface {
  return { ...USELESS, kind: "exchange", exchange, saturation: -1 / exchange };
}

import { InvalidArgument } from "../errors.ts";
import { designPilot, MULTIPLES, type PilotDesign, sizesUpTo } from "../hybrid/planner/design.ts";
import type { PlanOptions } from "./plan-options.ts";

const SEEDS = 5;
/** Below four sizes nothing can be told of how the metric rises. */
const FEWEST_SIZES = 4;

/** The cells of a pilot on so many training rows.
 * @throws {InvalidArgument} sizes that are no whole numbers or that there are no rows for; too few rows for a default */
export function planDesign(options: PlanOptions, rows: number): PilotDesign {
  const sizes = sorted(options.real ?? sizesUpTo(rows));
  const multiples = sorted(options.synthetic ?? MULTIPLES);
  if (options.real === undefined && sizes.length < FEWEST_SIZES)
    throw new InvalidArgument(
      "too-few-rows",
      `${rows} training rows are left, which make ${sizes.length} real size${sizes.length === 1 ? "" : "s"}; at least 125 rows are needed for ${FEWEST_SIZES} of them.`,
      {
        advice:
          "Give more rows, keep a smaller --test-share apart, or name four smaller sizes yourself (--real 12,25,50,100).",
      },
    );
  const wrong = sizes.find((size) => !(Number.isInteger(size) && size >= 2));
  if (wrong !== undefined || sizes.length === 0)
    throw new InvalidArgument("bad-sizes", `Real sizes are whole numbers from 2; got ${wrong ?? "none"}.`, {
      advice: "Give them as --real 25,50,100,200.",
    });
  const most = sizes.at(-1) as number;
  if (most > rows)
    throw new InvalidArgument(
      "too-few-rows",
      `A pilot of ${most} real rows was asked for; there are ${rows} to train on.`,
      {
        advice: `Ask for sizes up to ${rows} with --real, or give more rows.`,
      },
    );
  const odd = multiples.find((multiple) => !(multiple >= 0 && Number.isFinite(multiple)));
  if (odd !== undefined || multiples.length === 0)
    throw new InvalidArgument("bad-multiples", `Multiples of the real rows are numbers from 0; got ${odd ?? "none"}.`, {
      advice: "Give them as --synthetic 0,1,2,5,10.",
    });
  return designPilot({
    sizes,
    // Without rows that are real alone there is nothing to compare with.
    multiples: multiples.includes(0) ? multiples : [0, ...multiples],
    seeds: options.seeds ?? SEEDS,
    arms: options.arms ?? ["mix", "pretrain"],
  });
}

function sorted(numbers: readonly number[]): readonly number[] {
  return [...new Set(numbers)].sort((a, b) => a - b);
}

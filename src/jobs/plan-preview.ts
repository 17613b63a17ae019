import { InvalidArgument } from "../errors.ts";
import type { PilotDesign } from "../hybrid/planner/design.ts";
import { randomFromSeed } from "../random.ts";
import { collecting } from "./events.ts";
import type { PlanOptions } from "./plan-options.ts";
import { setUpPlan } from "./plan-setup.ts";
import { type PlanWork, workInWords, workOf } from "./plan-work.ts";

/** What `counterfoil plan --dry-run` says. */
export interface PlanPreview extends PlanWork {
  readonly sentence: string;
  readonly sizes: readonly number[];
  readonly multiples: readonly number[];
  readonly arms: PilotDesign["arms"];
  /** Every cell, and how often it is measured. */
  readonly cells: readonly {
    readonly real: number;
    readonly synthetic: number;
    readonly source: number;
    readonly arm: string;
  }[];
  readonly rows: { readonly train: number; readonly test: number; readonly shifted: number | null };
}

/** What a pilot would do: everything is read and checked, and nothing is trained.
 * @throws {InvalidArgument} what `plan` would throw before it begins */
export async function previewPlan(options: PlanOptions): Promise<PlanPreview> {
  const { train } = options;
  if (train === undefined || options.grid !== undefined)
    throw new InvalidArgument("no-source", "A grid that was run needs no dry run.", {
      advice: "Give a table to learn from: counterfoil plan train.csv --target COLUMN --dry-run.",
    });
  const setup = await setUpPlan(
    { ...options, train },
    { events: collecting(options.events, []), random: randomFromSeed(options.seed ?? 0).split("plan") },
  );
  const { design, tables } = setup;
  const cells = design.draws
    .filter(({ seed }) => seed === 0)
    .flatMap((draw) => draw.cells.map((cell) => ({ ...cell, source: draw.size })))
    .sort((a, b) => a.source - b.source || a.synthetic - b.synthetic);
  const rows = { train: tables.train.rows, test: tables.test.rows, shifted: tables.shifted?.rows ?? null };
  return {
    sentence: `Would run ${workInWords(setup)}; ${rows.train} rows to draw from, ${rows.test} to test on${rows.shifted === null ? "" : `, and ${rows.shifted} shifted ones`}.\nReal sizes: ${design.sizes.join(", ")}. Synthetic rows for a real one: ${design.multiples.join(", ")}. Arms: ${design.arms.join(", ")}.`,
    sizes: design.sizes,
    multiples: design.multiples,
    arms: design.arms,
    cells,
    rows,
    ...workOf(design),
  };
}

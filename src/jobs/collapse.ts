import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { InvalidArgument } from "../errors.ts";
import { renderCollapsePage } from "../evidence/report/hybrid/collapse-page.ts";
import { threadExecutor } from "../executors/threads.ts";
import { ARMS, type Arm } from "../hybrid/collapse/arms.ts";
import { simulateLinear } from "../hybrid/collapse/linear.ts";
import type { CollapseResult, LinearCollapse } from "../hybrid/collapse/result.ts";
import { nearest } from "../math/nearest-name.ts";
import { randomFromSeed } from "../random.ts";
import { writeFolder } from "../runs/atomic-folder.ts";
import { productVersion } from "../runs/fingerprint.ts";
import type { CollapseOptions } from "./collapse/options.ts";
import { refitGenerations } from "./collapse/refit-generations.ts";
import { freshFolder } from "./files.ts";

/** Generations that are made when nobody says how many. */
const GENERATIONS = { linear: 8, table: 6 } as const;
const DESIGN = { dimensions: 20, rows: 100, trials: 1000 } as const;
/** Two-sided, of the intervals of means over trials. */
const LEVEL = 0.95;
const NORMAL_QUANTILE = 1.959964;

/** What happens when a model learns from what the model before it made: on the linear model in which it can be reckoned, or with our own synthesizers on a
 * table, generation after generation, watched against frozen real rows.
 * @throws {InvalidArgument} an option that means nothing, or stands beside no table; too few rows
 * @throws {InvalidData} the table cannot be read, or a synthesizer cannot learn it
 * @throws {Cancelled} the signal fired; nothing was written */
export async function collapse(options: CollapseOptions = {}): Promise<CollapseResult> {
  const { events = {}, signal } = options;
  checkOptions(options);
  const out = options.out === undefined ? undefined : await freshFolder(options.out);
  const executor = threadExecutor(options.threads);
  try {
    const result =
      options.table === undefined
        ? await linear(options, executor)
        : await refitGenerations(
            { ...options, table: options.table },
            { arms: armsOf(options), generations: options.generations ?? GENERATIONS.table, executor },
          );
    if (out !== undefined) {
      events.phase?.("report", basename(out));
      const page = await renderCollapsePage(result);
      await writeFolder(
        out,
        async (folder) => {
          await writeFile(join(folder, "collapse.json"), `${JSON.stringify(result, null, 2)}\n`);
          await writeFile(join(folder, "collapse.html"), page);
        },
        { signal },
      );
    }
    return result;
  } finally {
    await executor.close();
  }
}

async function linear(options: CollapseOptions, executor: ReturnType<typeof threadExecutor>): Promise<LinearCollapse> {
  const seed = options.seed ?? 0;
  const design = {
    ...DESIGN,
    generations: options.generations ?? GENERATIONS.linear,
    trials: options.trials ?? DESIGN.trials,
  };
  options.events?.phase?.("simulate", `${design.generations} generations, ${design.trials} trials`);
  const arms = await simulateLinear(design, {
    random: randomFromSeed(seed).split("collapse-linear"),
    executor,
    signal: options.signal,
  });
  return {
    format: "counterfoil-collapse/1",
    study: "linear",
    version: productVersion(),
    ...design,
    level: LEVEL,
    arms: arms.map(({ arm, error, theory }) => ({
      arm,
      points: error.map(({ mean, standardError }, g) => ({
        generation: g + 1,
        value: places(mean),
        low: places(mean - NORMAL_QUANTILE * standardError),
        high: places(mean + NORMAL_QUANTILE * standardError),
        theory: places(theory[g] as number),
      })),
    })),
    seed,
  };
}

function places(value: number): number {
  return Number(value.toPrecision(5));
}

function armsOf({ arms }: CollapseOptions): readonly Arm[] {
  return ARMS.filter((arm) => arms === undefined || arms.includes(arm));
}

function checkOptions(options: CollapseOptions): void {
  const stop = (message: string, advice: string): InvalidArgument =>
    new InvalidArgument("bad-option", message, { advice });
  for (const arm of options.arms ?? []) {
    if (ARMS.includes(arm)) continue;
    const close = nearest(arm, ARMS);
    throw stop(
      `There is no arm "${arm}".${close ? ` Did you mean "${close}"?` : ""}`,
      `There are: ${ARMS.join(", ")}.`,
    );
  }
  if (options.table !== undefined) {
    if (options.trials !== undefined)
      throw stop("--trials counts simulations of the linear model, and a table was given.", "Give --seeds instead.");
    return;
  }
  const stray = (["synthesizer", "synthesizerOptions", "arms", "seeds", "schema", "query"] as const).find(
    (name) => options[name] !== undefined,
  );
  if (stray !== undefined)
    throw stop(
      `"${stray}" was given without a table.`,
      "Name the table whose generations are to be made, or leave it out: the linear model has no such choice.",
    );
}

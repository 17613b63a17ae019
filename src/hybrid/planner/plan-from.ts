import { InvalidArgument, InvalidData } from "../../errors.ts";
import type { Random } from "../../random.ts";
import type { Mix, PlanAnswers, PlanQuestion, Rows } from "./answers.ts";
import { compareArms } from "./compare-arms.ts";
import { ANCHOR, cheapestMix, costFrontier, keepsAnchor } from "./mixes.ts";
import { neededRows } from "./needed-rows.ts";
import { isValue, lossOf, type Pilot, type PilotCell } from "./pilot.ts";
import { measuredCell, pilotGrid } from "./pilot-grid.ts";
import { planSentences } from "./plan-sentences.ts";
import { answer, expected, geometric, type Planning, planningOf } from "./planning.ts";
import { shareCurve } from "./share-curve.ts";
import { standIn } from "./surface.ts";
import { surfacesOf } from "./surfaces-of.ts";
import { whereItMisses } from "./where-it-misses.ts";
import { whereItTurns } from "./where-it-turns.ts";
import { worthOfRows } from "./worth-of-rows.ts";

/** Everything that a pilot says of real and synthetic rows together; the same on the shifted test set, where it has values at enough sizes.
 *
 * @param options.draws redrawn pilots behind each interval, default 200
 * @returns answers whose "helps" is false in at most (1 − level) / 2 of pilots with useless synthetic rows, and in at most twice as many where both
 * arms were tried
 * @throws {InvalidData} fewer than four real sizes without synthetic rows have a value
 * @throws {InvalidArgument} a target, cost, level or number of rows that cannot be */
export function planFrom(
  pilot: Pilot,
  question: PlanQuestion,
  options: { readonly random: Random; readonly draws?: number | undefined },
): PlanAnswers {
  checkQuestion(pilot, question);
  const { random, draws = 200 } = options;
  const on = (test: PilotCell["test"]): PilotCell[] => pilot.cells.filter((cell) => cell.test === test);
  const shiftedCells = on("shifted");
  const sizes = new Set(
    shiftedCells.flatMap(({ real, synthetic, value }) => (real > 0 && synthetic === 0 && value !== null ? [real] : [])),
  );
  const shifted =
    sizes.size >= FEWEST_SIZES
      ? planOn(pilot, question, { cells: shiftedCells, random: random.split("shifted"), draws, shifted: null })
      : shiftedCells.length > 0
        ? "too-few"
        : null;
  return planOn(pilot, question, { cells: on("test"), random: random.split("test"), draws, shifted });
}

/** Fewer sizes than this are no curve. */
const FEWEST_SIZES = 4;
/** Rows whose worth is asked for. */
const EXTRAS = [125, 200] as const;

function planOn(
  pilot: Pilot,
  question: PlanQuestion,
  options: {
    readonly cells: readonly PilotCell[];
    readonly random: Random;
    readonly draws: number;
    readonly shifted: PlanAnswers | "too-few" | null;
  },
): PlanAnswers {
  const { metric } = pilot;
  const { level, target, cost, realAvailable } = question;
  const { cells, random, draws } = options;
  const arm = compareArms(cells, { metric, level });
  const grid = pilotGrid(cells, { metric, arm: arm.recommended });
  if (grid.realAlone.length < FEWEST_SIZES)
    throw new InvalidData(
      "too-few-sizes",
      `The pilot has values without synthetic rows at ${grid.realAlone.length} numbers of real rows (${grid.realAlone.join(", ") || "none"}); a curve needs ${FEWEST_SIZES}.`,
      { advice: "Add sizes, each about twice the one before, and read six or more of them with three seeds or more." },
    );
  const surfaces = surfacesOf(grid, { drawsOfReal: pilot.draws, level, draws, random });
  const planning = planningOf(grid, { surfaces, metric, level });
  const { verdict } = surfaces;
  const helps = verdict === "helps";
  const loss = target === null ? null : lossOf(metric, target);
  const [realRowsAlone, fewestRealRows] = [0, helps ? planning.largestMultiple : 0].map((multiple) =>
    loss === null ? null : neededRows(planning, { loss, multiple }),
  ) as [PlanAnswers["realRowsAlone"], PlanAnswers["fewestRealRows"]];
  const { cheapest, free, anchored } = recommendedMix(planning, { question, loss });
  const at = restingPlace(planning, { cheapest, realAvailable });
  const holes = cells.flatMap(({ real, synthetic, seed, arm: of, value, failure }) =>
    value === null ? [{ real, synthetic, seed, arm: of, failure: failure ?? "no value" }] : [],
  );
  const turns =
    verdict === "not-enough" ? [] : whereItTurns(grid, { level, verdict: verdict === "depends" ? "helps" : verdict });
  const answers: Omit<PlanAnswers, "sentences"> = {
    metric,
    question,
    surface: surfaces.plan.point,
    compared: surfaces.compared,
    synthetic: verdict,
    turnsAt: turns.flatMap((turn) => ("real" in turn.at ? [turn.at.real] : [])),
    exchangeRate: surfaces.rate && (helps ? answer(planning, ({ exchange }) => exchange) : surfaces.rate),
    averageExchange:
      surfaces.mixed === null
        ? []
        : grid.multiples.map((multiple) => ({
            multiple,
            rate: answer(planning, (surface) => standIn(surface, multiple) / multiple, surfaces.mixed ?? undefined),
          })),
    realRowsAlone,
    fewestRealRows,
    cheapest,
    stopsHelping: helps ? stopsHelping(planning, realAvailable) : null,
    worth: at.flatMap((rows) => EXTRAS.flatMap((extra) => worthOfRows(planning, { extra, at: rows }) ?? [])),
    arm,
    shareCurve: shareCurve(planning),
    frontier: costFrontier(planning, { cost, limits: { real: realAvailable, anchored } }),
    lines: linesOf(planning, { realAvailable, target: realRowsAlone?.value ?? null }),
    measured: [...grid.cells, ...grid.syntheticOnly].map((cell) =>
      measuredCell(cell, { arm: cell.synthetic > 0 ? grid.arm : "mix", metric, level }),
    ),
    shifted: options.shifted === "too-few" ? null : options.shifted,
    holes,
    basis: {
      seeds: grid.seeds.length,
      draws,
      values: grid.cells.reduce((sum, { losses }) => sum + losses.length, 0),
      smallestReal: planning.smallestReal,
      largestReal: planning.largestReal,
      largestMultiple: planning.largestMultiple,
      reach: planning.reach,
    },
  };
  const misses = whereItMisses(planning);
  return {
    ...answers,
    sentences: planSentences(answers, {
      turns,
      misses,
      freeMix: free,
      anchored,
      shiftedTooFew: options.shifted === "too-few",
    }),
  };
}

/** The cheapest mix that keeps the rule of the anchor, or the cheapest of all where the pilot has measured that it reaches the target. */
function recommendedMix(
  planning: Planning,
  of: { readonly question: PlanQuestion; readonly loss: number | null },
): { readonly cheapest: Mix | null; readonly free: Mix | null; readonly anchored: boolean } {
  const { question, loss } = of;
  if (loss === null) return { cheapest: null, free: null, anchored: true };
  const { cost, realAvailable } = question;
  const search = (anchored: boolean): Mix | null =>
    cheapestMix(planning, { loss, cost, limits: { real: realAvailable, anchored } });
  const free = search(false);
  if (free === null || keepsAnchor(free, realAvailable)) return { cheapest: free, free, anchored: true };
  if (isMeasured(planning, { mix: free, loss })) return { cheapest: free, free, anchored: false };
  return { cheapest: search(true), free, anchored: true };
}

/** Whether a cell at hardly more rows reaches the loss by the worse end of its interval. */
function isMeasured(planning: Planning, of: { readonly mix: Rows; readonly loss: number }): boolean {
  const { grid, metric, level } = planning;
  return grid.cells.some((cell) => {
    if (
      cell.synthetic === 0 ||
      cell.real > 1.25 * of.mix.real ||
      cell.real + cell.synthetic > 1.5 * (of.mix.real + of.mix.synthetic)
    )
      return false;
    const { low, high } = measuredCell(cell, { arm: grid.arm, metric, level }).value;
    return lossOf(metric, metric.better === "higher" ? low : high) <= of.loss;
  });
}

/** Where the worth of more real rows is asked: at all real rows at hand, or the most that were tried if that is less than half of them; without
 * synthetic ones and with as many as are recommended. */
function restingPlace(
  planning: Planning,
  of: { readonly cheapest: Mix | null; readonly realAvailable: number },
): readonly Rows[] {
  const { cheapest, realAvailable } = of;
  const real = realAvailable > 2 * planning.largestReal ? planning.largestReal : realAvailable;
  const alone = { real, synthetic: 0 };
  if (planning.surfaces.verdict !== "helps") return [alone];
  const anchored = Math.min(planning.largestMultiple, 1 / ANCHOR.share - 1);
  const multiple = cheapest && cheapest.synthetic > 0 ? cheapest.synthetic / cheapest.real : anchored;
  return [alone, { real, synthetic: Math.round(real * multiple) }];
}

/** Nine tenths of the ceiling are reached at 9 · saturation synthetic rows for a real one. An end far beyond what was tried is not in sight. */
function stopsHelping(planning: Planning, real: number): PlanAnswers["stopsHelping"] {
  const synthetic = answer(planning, ({ saturation }) => 9 * saturation * real);
  return synthetic.value <= 4 * planning.largestMultiple * real ? { real, synthetic } : null;
}

/** One line for real rows alone, and one for each multiple that was tried (five at most), as far as was measured, is at hand or is needed. */
function linesOf(
  planning: Planning,
  of: { readonly realAvailable: number; readonly target: number | null },
): PlanAnswers["lines"] {
  const { smallestReal, largestReal, reach, grid, surfaces } = planning;
  const wanted = Math.max(
    largestReal,
    of.realAvailable,
    of.target !== null && Number.isFinite(of.target) ? of.target : 0,
  );
  const end = Math.min(wanted, 4 * largestReal, reach);
  const tried = surfaces.verdict === "not-enough" ? [] : grid.multiples;
  const step = Math.max(1, tried.length / 4);
  const shown =
    tried.length <= 4 ? tried : Array.from({ length: 4 }, (_, i) => tried[Math.round((i + 1) * step) - 1] as number);
  return [0, ...shown].map((multiple) => ({
    multiple,
    points: geometric(smallestReal, end, 24).map((real) => ({
      real,
      value: expected(planning, { real, synthetic: real * multiple }),
    })),
  }));
}

function checkQuestion(pilot: Pilot, question: PlanQuestion): void {
  const { target, cost, realAvailable, level } = question;
  const { metric } = pilot;
  const wrong = (code: string, message: string, advice: string): InvalidArgument =>
    new InvalidArgument(code, message, { advice });
  if (!(level > 0.5 && level < 1))
    throw wrong("bad-level", `The level of intervals is above .5 and below 1; got ${level}.`, "Use .9.");
  if (!(Number.isSafeInteger(realAvailable) && realAvailable > 0))
    throw wrong(
      "bad-rows",
      `Real rows at hand are a whole number above 0; got ${realAvailable}.`,
      "Give the number of real rows that you have or can get.",
    );
  for (const [name, value] of Object.entries(cost))
    if (!(Number.isFinite(value) && value >= 0))
      throw wrong(
        "bad-cost",
        `The cost of a ${name} row is a number of at least 0; got ${value}.`,
        "Give both costs in one unit.",
      );
  if (target !== null && !(lossOf(metric, target) >= 0))
    throw wrong(
      "bad-target",
      `${metric.name} cannot be ${target}: ${metric.better === "higher" ? "more" : "less"} than that of a perfect student (${metric.perfect}).`,
      "Give a target on the metric's own scale.",
    );
  for (const { real, synthetic, value } of pilot.cells)
    if (
      !(Number.isSafeInteger(real) && real >= 0 && Number.isSafeInteger(synthetic) && synthetic >= 0) ||
      (value !== null && !isValue(value))
    )
      throw new InvalidData(
        "bad-cell",
        `A cell of the pilot has ${real} real and ${synthetic} synthetic rows and the value ${value}; rows are whole numbers of at least 0, values are finite, and below 1e100.`,
        {
          advice: "Leave the value of a cell that failed empty.",
        },
      );
}

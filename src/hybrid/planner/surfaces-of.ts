import type { Random } from "../../random.ts";
import type { PlanAnswers, Ranged, SyntheticVerdict } from "./answers.ts";
import { fitSurface, type SurfaceFit } from "./fit-surface.ts";
import { noiseScales } from "./noise-scales.ts";
import type { Pilot } from "./pilot.ts";
import type { PilotGrid } from "./pilot-grid.ts";
import { ranged } from "./ranged.ts";
import { redrawnMeans, seedSpread } from "./redraw.ts";
import { lossAt, type ResponseSurface, type SurfaceKind } from "./surface.ts";
import { whereItTurns } from "./where-it-turns.ts";

/** A surface as measured, and one for each redrawn pilot. */
export interface FittedSurface {
  readonly point: ResponseSurface;
  readonly draws: readonly ResponseSurface[];
}

/** The surfaces of a grid, and what they say of synthetic rows. */
export interface Surfaces {
  readonly verdict: SyntheticVerdict;
  /** What is planned with: the saturating kind where synthetic rows help; else that of the cells of real rows alone. */
  readonly plan: FittedSurface;
  /** What is said of cells with synthetic rows: the same where they help; else with a rate of either sign. Null where not enough was tried. */
  readonly mixed: FittedSurface | null;
  /** Exchange rate of either sign without saturation, what the verdict is judged by; null where not enough was tried. */
  readonly rate: Ranged | null;
  readonly compared: PlanAnswers["compared"];
}

/** Fits every kind, redraws the pilot, fits again, and judges by the interval of the exchange rate of either sign whether synthetic rows help.
 *
 * Where they do, answers come from the saturating kind, whatever AICc prefers: it holds the others as its limits, and intervals of a kind that was
 * chosen by AICc were measured to cover .75 instead of .90 where synthetic rows saturate and the pilot can hardly see it. Where they do not, what is
 * said of real rows comes from cells without synthetic ones: those that help few rows and harm many would bend it. */
export function surfacesOf(
  grid: PilotGrid,
  options: {
    readonly drawsOfReal: Pilot["draws"];
    readonly level: number;
    readonly draws: number;
    readonly random: Random;
  },
): Surfaces {
  const scales = noiseScales(grid);
  const means = grid.cells.map(({ mean }) => mean);
  const fit = (losses: ArrayLike<number>, kind: SurfaceKind | "alone", from?: SurfaceFit): SurfaceFit =>
    fitSurface(
      grid.cells.flatMap(({ real, synthetic }, i) =>
        kind === "alone" && synthetic > 0
          ? []
          : [{ real, synthetic, loss: losses[i] as number, scale: scales[i] as number }],
      ),
      { kind: kind === "alone" ? "real-only" : kind, from },
    );
  const enough = grid.multiples.length >= 2;
  const alone = fit(means, "alone");
  const fits = enough ? (["exchange", "saturating", "real-only"] as const).map((kind) => fit(means, kind)) : [alone];
  const compared = fits
    .map((found) => ({ kind: found.surface.kind, aicc: found.aicc, rmse: errorOf(found, grid, enough) }))
    .sort((a, b) => a.aicc - b.aicc);
  const spread = seedSpread(grid, scales);
  const noise = Number.isNaN(spread) ? (fits[0] as SurfaceFit).rmse : spread;
  const redrawn = Array.from({ length: options.draws }, (_, k) =>
    redrawnMeans(grid, { draws: options.drawsOfReal, scales, noise, random: options.random.split(k) }),
  );
  const redraw = (from: SurfaceFit, kind: SurfaceKind | "alone" = from.surface.kind): FittedSurface => ({
    point: from.surface,
    draws: redrawn.map((losses) => fit(losses, kind, from).surface),
  });
  const [exchange, saturating] = fits;
  if (!enough || exchange === undefined || saturating === undefined)
    return { verdict: "not-enough", plan: redraw(alone, "alone"), mixed: null, rate: null, compared };
  const signed = redraw(exchange);
  const rate = ranged(rateOf(exchange.surface), signed.draws.map(rateOf), options.level);
  if (rate.low > 0 && !harmsSomewhere(grid, options.level)) {
    const helping = redraw(saturating);
    return { verdict: "helps", plan: helping, mixed: helping, rate, compared };
  }
  const verdict = rate.low > 0 ? "depends" : rate.high < 0 ? "harms" : "no-evidence";
  return { verdict, plan: redraw(alone, "alone"), mixed: signed, rate, compared };
}

/** Where rows make no difference, none stands for another: whatever rate the fit ended at says nothing. */
function rateOf({ scale, exchange }: ResponseSurface): number {
  return scale > 0 ? exchange : 0;
}

/** Whether there is a real size at which paired cells say, beyond chance, that synthetic rows made it worse. */
function harmsSomewhere(grid: PilotGrid, level: number): boolean {
  return whereItTurns(grid, { level, verdict: "helps" }).some(({ at, gain }) => "real" in at && gain.high < 0);
}

/** Root mean square error, relative to the loss. */
function errorOf({ surface }: SurfaceFit, grid: PilotGrid, all: boolean): number {
  const errors = grid.cells
    .filter(({ synthetic }) => all || synthetic === 0)
    .map((cell) => lossAt(surface, cell) / cell.mean - 1);
  return Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length);
}

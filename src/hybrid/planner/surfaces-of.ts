import type { Random } from "../../random.ts";
import type { PlanAnswers, Ranged, SyntheticVerdict } from "./answers.ts";
import { fitSurface, type SurfaceFit } from "./fit-surface.ts";
import type { Pilot } from "./pilot.ts";
import type { PilotGrid } from "./pilot-grid.ts";
import { ranged } from "./ranged.ts";
import { redrawnMeans, seedSpread } from "./redraw.ts";
import type { ResponseSurface, SurfaceKind } from "./surface.ts";

/** The surface of a grid, as measured and as redrawn. */
export interface Surfaces {
  readonly verdict: SyntheticVerdict;
  readonly point: ResponseSurface;
  /** One for each redrawn pilot. */
  readonly draws: readonly ResponseSurface[];
  /** Exchange rate of either sign without saturation, what the verdict is judged by; null where not enough was tried. */
  readonly rate: Ranged | null;
  readonly compared: PlanAnswers["compared"];
}

/** Fits every kind, redraws the pilot, fits again, and judges by the interval of the exchange rate of either sign whether synthetic rows help.
 *
 * Where they do, answers come from the saturating kind, whatever AICc prefers: it holds the others as its limits, and intervals of a kind that was
 * chosen by AICc were measured to cover .75 instead of .90 where synthetic rows saturate and the pilot can hardly see it. */
export function surfacesOf(
  grid: PilotGrid,
  options: {
    readonly drawsOfReal: Pilot["draws"];
    readonly level: number;
    readonly draws: number;
    readonly random: Random;
  },
): Surfaces {
  const enough = grid.multiples.length >= 2;
  const used: PilotGrid = enough ? grid : { ...grid, cells: grid.cells.filter(({ synthetic }) => synthetic === 0) };
  const scales = scalesOf(used);
  const fit = (means: ArrayLike<number>, kind: SurfaceKind, from?: SurfaceFit): SurfaceFit =>
    fitSurface(
      used.cells.map(({ real, synthetic }, i) => ({
        real,
        synthetic,
        loss: means[i] as number,
        scale: scales[i] as number,
      })),
      { kind, from },
    );
  const means = used.cells.map(({ mean }) => mean);
  const alone = fit(means, "real-only");
  const exchange = enough ? fit(means, "exchange") : alone;
  const fits = enough ? [alone, exchange, fit(means, "saturating")] : [alone];
  const spread = seedSpread(used, scales);
  const redrawn = Array.from({ length: options.draws }, (_, k) =>
    redrawnMeans(used, {
      draws: options.drawsOfReal,
      scales,
      noise: Number.isNaN(spread) ? exchange.rmse : spread,
      random: options.random.split(k),
    }),
  );
  const exchanges = redrawn.map((losses) => fit(losses, exchange.surface.kind, exchange));
  const rate = enough
    ? ranged(
        exchange.surface.exchange,
        exchanges.map(({ surface }) => surface.exchange),
        options.level,
      )
    : null;
  const verdict = verdictOf(rate);
  const compared = fits
    .map(({ surface, aicc, rmse }) => ({ kind: surface.kind, aicc, rmse }))
    .sort((a, b) => a.aicc - b.aicc);
  const saturating = fits[2];
  if (verdict !== "helps" || saturating === undefined)
    return { verdict, point: exchange.surface, draws: exchanges.map(({ surface }) => surface), rate, compared };
  return {
    verdict,
    point: saturating.surface,
    draws: redrawn.map((losses) => fit(losses, "saturating", saturating).surface),
    rate,
    compared,
  };
}

function verdictOf(rate: Ranged | null): SyntheticVerdict {
  if (rate === null) return "not-enough";
  return rate.low > 0 ? "helps" : rate.high < 0 ? "harms" : "no-evidence";
}

/** Noise grows with the loss, and falls with the root of the number of seeds. A loss near 0 would make its cell all-important. */
function scalesOf({ cells }: PilotGrid): Float64Array {
  const means = cells.map(({ mean }) => Math.abs(mean)).sort((a, b) => a - b);
  const least = 0.05 * (means[means.length >> 1] as number) || 1e-9;
  const most = Math.max(...cells.map(({ seeds }) => seeds.length));
  return Float64Array.from(
    cells,
    ({ mean, seeds }) => Math.max(Math.abs(mean), least) * Math.sqrt(most / seeds.length),
  );
}

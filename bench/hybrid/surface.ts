import { neededRows } from "../../src/hybrid/planner/needed-rows.ts";
import { pilotGrid } from "../../src/hybrid/planner/pilot-grid.ts";
import { answer, planningOf } from "../../src/hybrid/planner/planning.ts";
import { lossAt, type ResponseSurface, standIn } from "../../src/hybrid/planner/surface.ts";
import { surfacesOf } from "../../src/hybrid/planner/surfaces-of.ts";
import { worthOfRows } from "../../src/hybrid/planner/worth-of-rows.ts";
import { randomFromSeed } from "../../src/random.ts";
import type { HybridPart } from "../hybrid.ts";
import { printTable } from "../measure.ts";
import { harmful, helpful, inventedPilot, USELESS } from "./invented-pilot.ts";

const LEVEL = 0.9;
/** Half of what a plan draws: intervals are a little less sure than in use, and the measurement takes half the time. */
const DRAWS = 100;

const TRUTHS: readonly (readonly [string, ResponseSurface])[] = [
  ["useless", USELESS],
  ["weak (.03, 5)", helpful({ exchange: 0.03 })],
  ["helpful (.15, 5)", helpful()],
  ["harmful (−.02)", harmful(-0.02)],
];

/** How often the verdict on synthetic rows is wrong, and how often intervals hold the truth, over invented pilots of 25 … 800 real rows with
 * 0 … 20 synthetic ones for each. Flags: --pilots=500 --seeds=4 --draws=nested,independent --truths=useless,weak,… */
export const surface: HybridPart = async ({ quick, json, flag }) => {
  const pilots = Number(flag("pilots") ?? (quick ? 20 : 500));
  const seeds = (flag("seeds") ?? "3,5").split(",").map(Number);
  const kinds = (flag("draws") ?? "nested,independent").split(",") as ("nested" | "independent")[];
  const wanted = flag("truths")?.split(",");
  const rows = [];
  for (const [name, truth] of TRUTHS)
    if (!wanted || wanted.some((part) => name.startsWith(part)))
      for (const draws of kinds)
        for (const count of seeds) rows.push(measure({ name, truth, draws, seeds: count, pilots }));
  printTable(rows, json);
  if (!json)
    console.log(
      `${pilots} pilots each; standard error of a share of .9: ${Math.sqrt((0.9 * 0.1) / pilots).toFixed(3)}. Intervals of 90 %; "helps" and "harms" are each said wrongly in .05 at most.`,
    );
};

function measure(of: {
  readonly name: string;
  readonly truth: ResponseSurface;
  readonly draws: "nested" | "independent";
  readonly seeds: number;
  readonly pilots: number;
}): Readonly<Record<string, string | number>> {
  const { name, truth, draws, seeds, pilots } = of;
  const said = { helps: 0, "no-evidence": 0, harms: 0, depends: 0, "not-enough": 0 };
  const covered = new Map<string, { readonly tried: number; readonly inside: number }>();
  const exchanges: number[] = [];
  const saturations: number[] = [];
  for (let i = 0; i < pilots; i++) {
    const random = randomFromSeed(i).split(`${name} ${draws} ${seeds}`);
    const pilot = inventedPilot({ truth, draws, seeds, random: random.split("pilot") });
    const { metric } = pilot;
    const grid = pilotGrid(pilot.cells, { metric, arm: "mix" });
    const surfaces = surfacesOf(grid, {
      drawsOfReal: draws,
      level: LEVEL,
      draws: DRAWS,
      random: random.split("draws"),
    });
    const planning = planningOf(grid, { surfaces, metric, level: LEVEL });
    const mixed = surfaces.mixed ?? surfaces.plan;
    said[surfaces.verdict]++;
    exchanges.push(mixed.point.exchange);
    saturations.push(mixed.point.saturation);
    const check = (what: string, found: { readonly low: number; readonly high: number }, value: number): void => {
      const inside = found.low <= value && value <= found.high;
      const before = covered.get(what) ?? { tried: 0, inside: 0 };
      covered.set(what, { tried: before.tried + 1, inside: before.inside + (inside ? 1 : 0) });
    };
    const loss = lossAt(truth, { real: 400, synthetic: 0 });
    check("alone", neededRows(planning, { loss, multiple: 0 }), 400);
    check(
      "fewest",
      neededRows(planning, { loss, multiple: surfaces.verdict === "helps" ? 20 : 0 }),
      Math.ceil(400 / (1 + Math.max(0, standIn(truth, 20)))),
    );
    const further = lossAt(truth, { real: 1600, synthetic: 0 });
    check("alone, 2 × further", neededRows(planning, { loss: further, multiple: 0 }), 1600);
    const gain = worthOfRows(planning, { extra: 200, at: { real: 400, synthetic: 0 } })?.gain;
    if (gain) check("gain of 200", gain, loss - lossAt(truth, { real: 600, synthetic: 0 }));
    const beyond = worthOfRows(planning, { extra: 200, at: { real: 800, synthetic: 0 } })?.gain;
    if (beyond)
      check(
        "gain, beyond",
        beyond,
        lossAt(truth, { real: 800, synthetic: 0 }) - lossAt(truth, { real: 1000, synthetic: 0 }),
      );
    // Where a saturating truth is not seen, the rate that is told is one without saturation: an average, and no estimate of the first row's.
    if (surfaces.verdict !== "helps" && truth.kind === "saturating") continue;
    const rate = answer(planning, ({ exchange }) => exchange, mixed);
    check("exchange", rate, truth.exchange);
    const average = answer(planning, (surface) => standIn(surface, 5), mixed);
    check("rate at 5", average, standIn(truth, 5));
  }
  return {
    truth: name,
    draws,
    seeds,
    helps: said.helps / pilots,
    harms: said.harms / pilots,
    ...Object.fromEntries([...covered].map(([what, { tried, inside }]) => [what, inside / tried])),
    "median exchange": median(exchanges),
    "median saturation": truth.kind === "saturating" ? median(saturations) : "–",
  };
}

function median(values: number[]): number {
  values.sort((a, b) => a - b);
  return values[values.length >> 1] as number;
}

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { readTable } from "../../src/data/read.ts";
import { bootstrapLaws, middleOf } from "../../src/hybrid/scaling/bootstrap.ts";
import { lawFitter } from "../../src/hybrid/scaling/fit-law.ts";
import { type FittedLaw, fitPoints, HUBER } from "../../src/hybrid/scaling/fitted.ts";
import { heldExponent, heldFloor, heldLearnt, heldLoss } from "../../src/hybrid/scaling/held.ts";
import { type Law, type LawKind, lossAt } from "../../src/hybrid/scaling/law.ts";
import type { ScalingPoints } from "../../src/hybrid/scaling/points.ts";
import { profileInterval } from "../../src/hybrid/scaling/profile.ts";
import { pointsOf } from "../../src/hybrid/scaling/table-points.ts";
import { wilson } from "../../src/math/distributions.ts";
import { type Random, randomFromSeed } from "../../src/random.ts";
import type { HybridPart } from "../hybrid.ts";
import { cpuSeconds, printTable } from "../measure.ts";
import { pythonOf } from "../peers/environment.ts";

const KNOWN = 102_400;
const LEVEL = 0.9;
const SEED = 2402;
const PASSES = 5;

/** Scaling laws: 30 real tables of losses, the time beside Python, and how often intervals hold a known law. Flags: --trials=N (0: none), --passes=N */
export const scaling: HybridPart = async ({ quick, json, flag }) => {
  const { table } = await readTable(join("examples", "data", "scaling-flan.csv.gz"));
  const { groups } = pointsOf(table, {}, () => {});
  printTable(accuracy(groups), json);
  printTable(speed(groups, Number(flag("passes") ?? (quick ? 1 : PASSES))), json);
  const trials = Number(flag("trials") ?? (quick ? 100 : 1000));
  if (trials > 0) printTable(coverage(trials), json);
};

type Rows = readonly Readonly<Record<string, string | number>>[];

function accuracy(groups: readonly ScalingPoints[]): Rows {
  return (["rectified", "power"] as const).map((kind) => ({
    law: kind,
    models: groups.length,
    "mean log-RMSD": mean(groups.map(({ sizes, losses }) => lawFitter(sizes)(losses, { kind, huber: HUBER }).rmsdLog)),
    "median |log error| at 16 ×": median(groups.map((points) => Math.abs(farError(points, kind)))),
  }));
}

/** Fits up to 102,400 rows and foretells 1,638,400. */
function farError({ sizes, losses }: ScalingPoints, kind: LawKind): number {
  const known = [...sizes.keys()].filter((i) => (sizes[i] as number) <= KNOWN);
  const last = sizes.length - 1;
  const take = (from: Float64Array): Float64Array => Float64Array.from(known, (i) => from[i] as number);
  const { law } = lawFitter(take(sizes))(take(losses), { kind, huber: HUBER });
  return Math.log(lossAt(law, sizes[last] as number) / (losses[last] as number));
}

/** One pass is all models, one after the other, on one thread; the median pass counts, the first one included. The ratio is that of processor
 * time, which other programs on the machine change little. */
function speed(groups: readonly ScalingPoints[], passes: number): Rows {
  const times: number[] = [];
  const cpu: number[] = [];
  let ours: readonly number[] = [];
  for (let pass = 0; pass < passes; pass++) {
    const [begun, begunCpu] = [performance.now(), cpuSeconds()];
    ours = groups.map(({ sizes, losses }) => lawFitter(sizes)(losses, { kind: "rectified", huber: HUBER }).rmsdLog);
    times.push((performance.now() - begun) / groups.length);
    cpu.push((1000 * (cpuSeconds() - begunCpu)) / groups.length);
  }
  const own = {
    fit: "counterfoil",
    "ms per model": median(times),
    "CPU ms": median(cpu),
    "mean log-RMSD": mean(ours),
    "times faster": "",
  };
  const environment = pythonOf("scaling");
  if ("missing" in environment) return [own, { fit: `Python: ${environment.missing}` }];
  const child = spawnSync(environment.python, [join("bench", "peers", "hybrid", "fit_scaling.py")], {
    encoding: "utf8",
    input: JSON.stringify({
      sizes: [...(groups[0]?.sizes ?? [])],
      losses: groups.map(({ losses }) => [...losses]),
      passes,
    }),
    env: { ...process.env, OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1" },
  });
  if (child.status !== 0) return [own, { fit: `Python: ${child.stderr.trim().split("\n").at(-1) ?? "failed"}` }];
  const theirs = JSON.parse(child.stdout) as { rmsd: number[]; seconds: number; cpu: number };
  return [
    { ...own, "times faster": (1000 * theirs.cpu) / own["CPU ms"] },
    {
      fit: "numpy, scipy",
      "ms per model": 1000 * theirs.seconds,
      "CPU ms": 1000 * theirs.cpu,
      "mean log-RMSD": mean(theirs.rmsd),
      "times faster": 1,
    },
  ];
}

interface Scenario {
  readonly name: string;
  readonly law: Law;
  readonly seeds: number;
  readonly scatter: number;
}

const BENT = { kind: "rectified", amplitude: 564, learnt: 166, exponent: 0.455, floor: 1.07 } as const;
const FLOORLESS = { kind: "rectified", amplitude: 26.1, learnt: 4.83, exponent: 0.173, floor: 0 } as const;
const PLAIN = { kind: "power", amplitude: 5, learnt: 0, exponent: 0.3, floor: 0.2 } as const;

const SCENARIOS: readonly Scenario[] = [
  { name: "knee and floor", law: BENT, seeds: 1, scatter: 0.01 },
  { name: "knee and floor", law: BENT, seeds: 3, scatter: 0.02 },
  { name: "no floor", law: FLOORLESS, seeds: 1, scatter: 0.01 },
  { name: "no floor", law: FLOORLESS, seeds: 3, scatter: 0.02 },
  { name: "plain power law", law: PLAIN, seeds: 1, scatter: 0.01 },
  { name: "plain power law", law: PLAIN, seeds: 3, scatter: 0.02 },
];

/** The bootstrap is slow beside the profile: fewer trials, of fewer laws. */
const BOOTSTRAP_SHARE = 4;
const BOOTSTRAP_SAMPLES = 200;

function coverage(trials: number): Rows {
  return SCENARIOS.flatMap((scenario) => {
    const random = randomFromSeed(SEED).split(`${scenario.name}-${scenario.seeds}`);
    const quantities = quantitiesOf(scenario.law);
    const profile = new Map<string, number>();
    const bootstrap = new Map<string, number>();
    const drawn = Math.ceil(trials / BOOTSTRAP_SHARE);
    for (let trial = 0; trial < trials; trial++) {
      const own = random.split(trial);
      const fit = fitPoints(draw(scenario, own), "rectified");
      for (const { name, held, truth } of quantities) {
        const { low, high } = profileInterval(fit, { held: held(fit), level: LEVEL });
        if (holds({ low, high }, truth(fit))) profile.set(name, (profile.get(name) ?? 0) + 1);
      }
      if (trial >= drawn) continue;
      const { laws } = bootstrapLaws(fit, { samples: BOOTSTRAP_SAMPLES, random: own.split("bootstrap") });
      for (const { name, of, truth } of quantities)
        if (
          holds(
            middleOf(
              laws.map((law) => of(law, fit)),
              LEVEL,
            ),
            truth(fit),
          )
        )
          bootstrap.set(name, (bootstrap.get(name) ?? 0) + 1);
    }
    const row = (by: string, counts: ReadonlyMap<string, number>, of: number) => ({
      law: scenario.name,
      "sizes × seeds": `10 × ${scenario.seeds}`,
      scatter: scenario.scatter,
      by,
      trials: of,
      ...Object.fromEntries(quantities.map(({ name }) => [name, shareWords(counts.get(name) ?? 0, of)])),
    });
    return [row("profile", profile, trials), row("bootstrap", bootstrap, drawn)];
  });
}

function quantitiesOf(law: Law) {
  const far = (times: number) => ({
    name: `${times} ×`,
    held: (fit: FittedLaw) => heldLoss(fit, times * fit.largest),
    of: (found: Law, fit: FittedLaw) => lossAt(found, times * fit.largest),
    truth: (fit: FittedLaw) => lossAt(law, times * fit.largest),
  });
  return [
    far(4),
    far(16),
    { name: "floor", held: heldFloor, of: (found: Law) => found.floor, truth: () => law.floor },
    { name: "exponent", held: heldExponent, of: (found: Law) => found.exponent, truth: () => law.exponent },
    { name: "learnt", held: heldLearnt, of: (found: Law) => found.learnt, truth: () => law.learnt },
  ];
}

function draw({ law, seeds, scatter }: Scenario, random: Random): ScalingPoints {
  const sizes = Float64Array.from({ length: 10 * seeds }, (_, i) => 200 * 2 ** Math.floor(i / seeds));
  const losses = sizes.map((size) => lossAt(law, size) * Math.exp(scatter * random.normal()));
  return { group: null, sizes, losses };
}

function holds({ low, high }: { readonly low: number; readonly high: number }, truth: number): boolean {
  // The last bit of a value that rests on its bound is no miss.
  return low <= truth * (1 + 1e-9) && truth * (1 - 1e-9) <= high;
}

function shareWords(hits: number, trials: number): string {
  const { low, high } = wilson(hits, trials, 0.025);
  return `${(hits / trials).toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] as number) + (sorted[sorted.length >> 1] as number)) / 2;
}

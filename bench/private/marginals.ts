import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { createBudget } from "../../src/dp/budget.ts";
import { type Random, randomFromSeed, secureSource } from "../../src/random.ts";
import { type Discrete, readDiscrete, readDomain, takeDiscrete } from "./discrete.ts";
import { failureOf, type Keeping, kept, type Outcome, succeeded } from "./kept.ts";
import { fitPrivately } from "./own.ts";
import { fitPeer, type Peer, PGM_AIM, PGM_MST, PGM_ON_JAX } from "./peer.ts";
import { type Line, meanOf, shortened, shown } from "./show.ts";
import { type Distances, distancesOf } from "./total-variation.ts";

const FILES = {
  rows: join("examples", "data", "adult-discrete.csv.gz"),
  domain: join("examples", "data", "adult-discrete-domain.json"),
};
const PRIVACY = { epsilon: 1, delta: 1e-9 };
const NAMES = ["aim", "mst"] as const;

/** A synthetic table beside the real one; CPU seconds of fitting and drawing it, peak resident memory. */
interface Run extends Distances {
  readonly cpu?: number;
  readonly megabytes?: number;
}

interface Contender {
  readonly name: string;
  readonly title: string;
  readonly runs: number;
  readonly isPeer?: boolean;
  make(seed: number): Run;
}

/** How near the one-, two- and three-way marginals of private tables come to those of `adult-discrete` (48,842 × 14), at ε = 1 and δ = 1e-9, its
 * domain public. Ours are fitted as a user of the library does, with noise from the operating system, so that no run repeats another.
 * @returns the table's lines, and those that compare the costs */
export async function marginals(options: {
  readonly runs: number;
  readonly keeping: Keeping;
  readonly minutes: number;
  /** Only these contenders. */
  readonly only?: readonly string[] | undefined;
  readonly peers: boolean;
}): Promise<{ readonly lines: readonly Line[]; readonly compared: readonly Line[] }> {
  const folder = resolve(options.keeping.folder, "data");
  mkdirSync(folder, { recursive: true });
  const rows = join(folder, "adult-discrete.csv");
  writeFileSync(rows, gunzipSync(readFileSync(FILES.rows)));
  const real = readDiscrete(rows, readDomain(FILES.domain));
  const measured = new Map<string, readonly Run[]>();
  const lines: Line[] = [];
  for (const contender of contendersOf(real, { ...options, rows, folder })) {
    if (!(options.only?.includes(contender.name) ?? true) || (contender.isPeer && !options.peers)) continue;
    const outcomes: Outcome<Run>[] = [];
    for (let seed = 0; seed < contender.runs; seed++) {
      const name = `marginals/${contender.name}.${seed}`;
      const outcome = await kept(name, options.keeping, () => contender.make(seed));
      if (outcome) outcomes.push(outcome);
    }
    const runs = succeeded(outcomes);
    const failed = failureOf(outcomes);
    if (runs.length > 0) measured.set(contender.name, runs);
    lines.push({
      " ": failed === undefined ? contender.title : `${contender.title}: ${failed}`,
      runs: runs.length,
      "1-way": shown(
        runs.map(({ one }) => one),
        4,
      ),
      "2-way": shown(
        runs.map(({ two }) => two),
        4,
      ),
      "3-way": shown(
        runs.map(({ three }) => three),
        4,
      ),
      "CPU s": shown(
        runs.map(({ cpu }) => cpu),
        2,
      ),
      "peak MB": shown([Math.max(...runs.map(({ megabytes }) => megabytes ?? Number.NaN))], 0),
    });
  }
  return { lines, compared: [comparedOf(measured, "aim", PGM_AIM), comparedOf(measured, "mst", PGM_MST)].flat() };
}

function contendersOf(
  real: Discrete,
  options: { readonly runs: number; readonly minutes: number; readonly rows: string; readonly folder: string },
): readonly Contender[] {
  const { runs, minutes, rows, folder } = options;
  const domain = resolve(FILES.domain);
  const scored = (out: string, cost: { fit: number; sample: number; megabytes: number }): Run => {
    const made = readDiscrete(out, readDomain(domain));
    rmSync(out);
    return { ...distancesOf(real, made), cpu: cost.fit + cost.sample, megabytes: cost.megabytes };
  };
  const peer = (one: Peer, times: number): Contender => ({
    ...one,
    runs: times,
    isPeer: true,
    make: (seed) => {
      const out = join(folder, `${one.name}-${seed}.csv`);
      return scored(out, fitPeer(one, { train: rows, out, domain, ...PRIVACY, seed, minutes }));
    },
  });
  return [
    ...NAMES.map((name) => ({
      ...{ name, title: name, runs },
      make: (seed: number): Run => {
        const out = join(folder, `${name}-${seed}.csv`);
        return scored(out, fitPrivately({ synthesizer: name, train: rows, out, schema: domain, ...PRIVACY, seed }));
      },
    })),
    peer(PGM_AIM, runs),
    peer(PGM_MST, runs),
    ...PGM_ON_JAX.map((one) => peer(one, Math.min(runs, 2))),
    {
      ...{ name: "independent", title: "independent: one-way marginals with noise (floor)", runs },
      make: (seed) => distancesOf(real, independent(real, randomFromSeed(seed))),
    },
    {
      ...{ name: "halves", title: "two random halves of the real rows (sampling noise)", runs },
      make: (seed) => {
        const order = randomFromSeed(seed).shuffle(Uint32Array.from({ length: real.rows }, (_, row) => row));
        const middle = order.length / 2;
        return distancesOf(takeDiscrete(real, order.subarray(0, middle)), takeDiscrete(real, order.subarray(middle)));
      },
    },
  ];
}

/** Each column by itself: all of the budget on its noisy counts. */
function independent(real: Discrete, random: Random): Discrete {
  const { epsilon, delta } = PRIVACY;
  const budget = createBudget({ epsilon, delta, unit: { kind: "row", rows: 1 }, source: secureSource() });
  const rho = budget.rho / real.names.length;
  return {
    ...real,
    columns: real.columns.map((codes, j) => {
      const counts = new Float64Array(real.sizes[j] as number);
      for (const code of codes) counts[code] = (counts[code] as number) + 1;
      const { noisy } = budget.gaussian(counts, { query: real.names[j] as string, rho });
      const sums = new Float64Array(noisy.length);
      noisy.reduce((sum, count, code) => {
        sums[code] = sum + Math.max(0, count);
        return sums[code] as number;
      }, 0);
      return Uint16Array.from({ length: real.rows }, () => {
        const at = random.uniform() * (sums.at(-1) as number);
        return sums.findIndex((sum) => at < sum);
      });
    }),
  };
}

/** What ours is to its peer: the differences of the means, and how many times fewer CPU seconds it took. */
function comparedOf(measured: ReadonlyMap<string, readonly Run[]>, own: string, peer: Peer): readonly Line[] {
  const [mine, theirs] = [measured.get(own), measured.get(peer.name)];
  if (!mine || !theirs) return [];
  const apart = (of: (run: Run) => number): string => shortened(meanOf(mine.map(of)) - meanOf(theirs.map(of)), 4);
  const seconds = (runs: readonly Run[]): number => meanOf(runs.map(({ cpu }) => cpu ?? Number.NaN));
  return [
    {
      " ": `${own} – ${peer.title}`,
      "2-way": apart(({ two }) => two),
      "3-way": apart(({ three }) => three),
      "times fewer CPU s": shortened(seconds(theirs) / seconds(mine), 1),
    },
  ];
}

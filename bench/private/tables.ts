import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { readTable } from "../../src/data/read.ts";
import { pythonOf } from "../peers/environment.ts";
import { partsOf } from "../tables/run-one.ts";
import { SOURCE_TABLES, type SourceTable } from "../tables/sources.ts";
import { type Discrete, readDiscrete, readDomain, writeDiscrete } from "./discrete.ts";
import { failureOf, type Keeping, kept, type Outcome, succeeded } from "./kept.ts";
import { fitPrivately } from "./own.ts";
import { DPMM, fitPeer, type Peer, PGM_AIM, PGM_MST, SMARTNOISE } from "./peer.ts";
import { decodePublicly, encodePublicly, type PublicDomain, publicDomains, withBinEnds } from "./public-codes.ts";
import { type Line, shown } from "./show.ts";
import { distancesOf } from "./total-variation.ts";

interface Run {
  /** Mean total-variation distance of all pairs to those of the training rows, in the public bins. */
  readonly two: number;
  /** AUC on rows that nobody trained on, of a model fitted to the synthetic rows, and of one fitted to the training rows. */
  readonly tstr: number;
  readonly trtr: number;
  readonly cpu: number;
  readonly megabytes: number;
}

/** A table with all that is public about it. */
interface Prepared {
  readonly source: SourceTable;
  readonly train: string;
  readonly test: string;
  /** With the bins of numbers, and with their ranges alone. */
  readonly schemas: Readonly<Record<"declared" | "paid", string>>;
  readonly domains: readonly PublicDomain[];
  readonly codes: Discrete;
  /** The training rows' codes and their sizes, for the peers. */
  readonly files: { readonly csv: string; readonly domain: string };
  readonly delta: number;
  readonly folder: string;
}

const NAMES = ["support2", "german-credit"];
export const EPSILONS = [0.1, 1, 10];
/** Bins of equal width that the peers' columns have, and in which all are compared. */
const BINS = 16;

/** Ours and its peers on two real tables whose columns' domains are declared, and what a model learns from the rows that they make. */
export async function tables(options: {
  readonly seeds: number;
  readonly epsilons: readonly number[];
  readonly keeping: Keeping;
  readonly minutes: number;
  readonly only?: readonly string[] | undefined;
  readonly names?: readonly string[] | undefined;
  readonly peers: boolean;
}): Promise<readonly { readonly title: string; readonly lines: readonly Line[] }[]> {
  const out: { title: string; lines: readonly Line[] }[] = [];
  for (const source of SOURCE_TABLES.filter(({ name }) => (options.names ?? NAMES).includes(name))) {
    const table = await prepared(source, options.keeping.folder);
    for (const epsilon of options.epsilons) {
      const lines: Line[] = [];
      for (const maker of MAKERS) {
        if (!(options.only?.includes(maker.name) ?? true) || ("peer" in maker && !options.peers)) continue;
        const outcomes: Outcome<Run>[] = [];
        for (let seed = 0; seed < options.seeds; seed++) {
          const name = `tables/${source.name}-${epsilon}/${maker.name}.${seed}`;
          const outcome = await kept(name, options.keeping, () =>
            runOne(maker, { table, epsilon, seed, minutes: options.minutes }),
          );
          if (outcome) outcomes.push(outcome);
          if (failureOf(outcomes)) break; // what took too long once does so again
        }
        if (outcomes.length > 0) lines.push(lineOf(maker.title, outcomes));
      }
      out.push({
        title: `${source.title}: ${table.codes.rows} training rows, ε = ${epsilon}, δ = ${table.delta.toExponential(1)}`,
        lines,
      });
    }
  }
  return out;
}

type Maker =
  | Peer
  | {
      readonly name: string;
      readonly title: string;
      readonly synthesizer: "aim" | "mst";
      /** Whether the bins of numbers are declared, as the peers' are, or paid for within the declared ranges. */
      readonly bins: "declared" | "paid";
    };

const MAKERS: readonly Maker[] = [
  ...(["aim", "mst"] as const).flatMap((synthesizer): readonly Maker[] => [
    { name: synthesizer, title: synthesizer, synthesizer, bins: "declared" },
    { name: `${synthesizer}-ranges`, title: `${synthesizer}, paying for its bins`, synthesizer, bins: "paid" },
  ]),
  PGM_AIM,
  PGM_MST,
  ...DPMM,
  ...SMARTNOISE,
];

async function prepared(source: SourceTable, keptIn: string): Promise<Prepared> {
  const folder = resolve(keptIn, "data");
  mkdirSync(folder, { recursive: true });
  const { train, test } = partsOf(source, folder);
  const declared = resolve("examples", "data", `${source.name}-domain.yaml`);
  const domains = publicDomains(declared, { bins: BINS, mayBeMissing: source.name === "support2" });
  const schema = join(folder, `${source.name}-schema.yaml`);
  writeFileSync(schema, withBinEnds(declared, domains));
  const codes = encodePublicly((await readTable(train)).table, domains);
  const files = { csv: join(folder, `${source.name}-codes.csv`), domain: join(folder, `${source.name}-domain.json`) };
  writeDiscrete(codes, files);
  return {
    source,
    train,
    test,
    schemas: { declared: schema, paid: declared },
    domains,
    codes,
    files,
    delta: codes.rows ** -1.1,
    folder,
  };
}

async function runOne(
  maker: Maker,
  how: { readonly table: Prepared; readonly epsilon: number; readonly seed: number; readonly minutes: number },
): Promise<Run> {
  const { table, epsilon, seed, minutes } = how;
  const { train, test, schemas, domains, files, delta, source } = table;
  const out = join(table.folder, `${source.name}-${maker.name}-${seed}.csv`);
  const costOf = (): { fit: number; sample: number; megabytes: number } => {
    if (!("peer" in maker)) {
      const { synthesizer, bins } = maker;
      return fitPrivately({ synthesizer, train, schema: schemas[bins], epsilon, delta, seed, out });
    }
    const codes = `${out}.codes`;
    const cost = fitPeer(maker, {
      ...{ train: files.csv, domain: files.domain, out: codes },
      ...{ epsilon, delta, seed, minutes },
    });
    writeFileSync(out, decodePublicly(readDiscrete(codes, readDomain(files.domain)), { domains, seed }));
    rmSync(codes);
    return cost;
  };
  const { fit, sample, megabytes } = costOf();
  const made = encodePublicly((await readTable(out)).table, domains);
  const { two } = distancesOf(table.codes, made, { orders: [2] });
  const scores = scored([train, test, out, "--target", source.target, "--seed", String(seed), "--models"]);
  rmSync(out);
  return { two, tstr: scores.tstr.auc, trtr: scores.trtr.auc, cpu: fit + sample, megabytes };
}

function scored(args: readonly string[]): Readonly<Record<"tstr" | "trtr", { readonly auc: number }>> {
  const found = pythonOf("score");
  if ("missing" in found) throw new Error(found.missing);
  const child = spawnSync(found.python, [resolve("bench", "peers", "score_tables.py"), ...args], { encoding: "utf8" });
  if (child.status !== 0) throw new Error(`not scored: ${child.stderr.trim().split("\n").at(-1)?.slice(0, 160)}`);
  return JSON.parse(child.stdout.trim().split("\n").at(-1) as string);
}

function lineOf(title: string, outcomes: readonly Outcome<Run>[]): Line {
  const runs = succeeded(outcomes);
  const failed = failureOf(outcomes);
  const of = (value: (run: Run) => number, places: number): string => shown(runs.map(value), places);
  return {
    " ": failed === undefined ? title : `${title}: ${failed}`,
    runs: runs.length,
    "2-way": of(({ two }) => two, 4),
    "TSTR AUC": of(({ tstr }) => tstr, 3),
    "train on real": of(({ trtr }) => trtr, 3),
    "CPU s": of(({ cpu }) => cpu, 1),
    "peak MB": shown([Math.max(...runs.map(({ megabytes }) => megabytes))], 0),
  };
}

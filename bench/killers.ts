import { join } from "node:path";
import { readTable } from "../src/data/read.ts";
import type { Table } from "../src/data/table.ts";
import { localExecutor } from "../src/executors/local.ts";
import { threadExecutor } from "../src/executors/threads.ts";
import { killerFixtures } from "../src/jobs/killer-fixtures.ts";
import { detectableNames, type SelfTestCase, selfTest } from "../src/jobs/self-test.ts";
import { clopperPearson } from "../src/math/distributions.ts";
import { metrics } from "../src/metrics/index.ts";
import { randomFromSeed } from "../src/random.ts";
import { loadPolicy } from "../src/runs/policy-file.ts";
import { noPurpose, type Purpose } from "../src/schema/purpose.ts";
import { flagsOf, printTable } from "./measure.ts";

/** Tables, and what is declared of them with `--declared`; AI4I is about machines. */
const TABLES: readonly { readonly name: string; readonly file: string; readonly declared: Partial<Purpose> }[] = [
  {
    name: "SUPPORT2",
    file: "support2.csv.gz",
    declared: {
      target: "death",
      targetLeaks: ["hospdead", "sfdm2", "d.time"],
      quasiIdentifiers: ["age", "sex", "race"],
      sensitive: ["dzgroup"],
    },
  },
  {
    name: "Adult",
    file: "adult.csv.gz",
    declared: {
      target: "income",
      quasiIdentifiers: ["age", "sex", "race", "native_country"],
      sensitive: ["income"],
    },
  },
  { name: "AI4I", file: "ai4i2020.csv.gz", declared: { target: "MachineFailure" } },
];

/** Rows of each of the three parts that a table is cut into; a fixture that proves nothing below its own `fewestRows` gets those. */
const ROWS = 3000;
const SEEDS = 300;

export interface KillerRow {
  readonly table: string;
  readonly rows: number;
  readonly fixture: string;
  readonly held: number;
  readonly tried: number;
  readonly low: number;
  readonly high: number;
  /** Of the cases that did not hold: verdicts, and the rules that made them, with how often. */
  readonly otherwise: Readonly<Record<string, number>>;
}

/** Rates at which the gate gives the right answer to the killer fixtures, each seed another cut of the real rows into three parts. The seeds are
 * shared among the cores.
 * @param options seeds: cuts of each table; fixtures: names, default all; rows: of a part; declared: say of each table what its owner would */
export async function measureKillers(options: {
  readonly seeds: number;
  readonly rows?: number | undefined;
  readonly policy?: string | undefined;
  readonly declared?: boolean | undefined;
  readonly tables?: readonly string[] | undefined;
  readonly fixtures?: readonly string[] | undefined;
  readonly tell?: (line: string) => void;
}): Promise<readonly KillerRow[]> {
  const names = options.fixtures ?? [...killerFixtures.map(({ name }) => name), ...detectableNames];
  const rows = options.rows ?? ROWS;
  const fewest = (name: string): number => killerFixtures.find((item) => item.name === name)?.fewestRows ?? 0;
  const sizes = [...new Set(names.map((name) => Math.max(rows, fewest(name))))];
  const executor = threadExecutor();
  const out: KillerRow[] = [];
  try {
    for (const { name, file, declared } of TABLES) {
      if (options.tables && !options.tables.includes(name)) continue;
      const found = new Map<string, { rows: number; cases: SelfTestCase[] }>();
      const tasks = Array.from({ length: options.seeds }, (_, seed) => seed).flatMap((seed) =>
        sizes.map((size) => {
          const only = names.filter((fixture) => Math.max(rows, fewest(fixture)) === size);
          const purpose = options.declared ? { ...noPurpose, ...declared } : noPurpose;
          const data: Trial = { file, policy: options.policy ?? "default", purpose, seed, rows: size, only };
          return { module: import.meta.url, name: "tryFixtures", data };
        }),
      );
      let done = 0;
      for await (const { size, cases } of executor.run<Tried>(tasks)) {
        for (const item of cases) {
          const known = found.get(item.name) ?? { rows: size, cases: [] };
          known.cases.push(item);
          found.set(item.name, known);
        }
        options.tell?.(`${name}: ${++done} of ${tasks.length}`);
      }
      for (const [fixture, { rows: size, cases }] of found)
        out.push(rateOf({ table: name, rows: size, fixture }, cases));
    }
  } finally {
    await executor.close();
  }
  return out;
}

interface Trial {
  readonly file: string;
  readonly policy: string;
  readonly purpose: Purpose;
  readonly seed: number;
  readonly rows: number;
  readonly only: readonly string[];
}

interface Tried {
  readonly size: number;
  readonly cases: readonly SelfTestCase[];
}

const tables = new Map<string, Promise<Table>>();

/** The task: one cut of one table. */
export async function tryFixtures(trial: Trial): Promise<Tried> {
  const { file, seed, rows, purpose } = trial;
  const known = tables.get(file) ?? readTable(join("examples", "data", file)).then(({ table }) => table);
  tables.set(file, known);
  const { policy } = await loadPolicy(trial.policy, metrics);
  const { cases } = await selfTest(await known, {
    ...{ policy, purpose, seed, random: randomFromSeed(seed).split("killers"), executor: localExecutor() },
    ...{ events: {}, signal: undefined, maxRows: rows, only: withNeeded(trial.only) },
  });
  return { size: rows, cases: cases.filter(({ name }) => trial.only.includes(name)) };
}

/** What is compared with the fresh rows needs their answer. */
function withNeeded(only: readonly string[]): readonly string[] {
  const refer = only.some(
    (name) => detectableNames.includes(name) || killerFixtures.find((item) => item.name === name)?.right === "as-fresh",
  );
  return refer ? ["fresh-rows", ...only] : only;
}

/** Prints the rates. Fresh rows must pass at .95 or more by the lower end of the interval. */
export async function run(options: {
  readonly quick: boolean;
  readonly json: boolean;
  readonly flags?: readonly string[];
}): Promise<void> {
  const flag = flagsOf(options.flags);
  const fixtures = flag("fixtures")?.split(",");
  const known = [...killerFixtures.map(({ name }) => name), ...detectableNames];
  const unknown = fixtures?.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`There is no fixture "${unknown}": ${known.join(", ")}`);
  const rows = await measureKillers({
    seeds: Number(flag("seeds") ?? (options.quick ? 3 : SEEDS)),
    rows: flag("rows") === undefined ? undefined : Number(flag("rows")),
    policy: flag("policy"),
    declared: options.flags?.includes("--declared"),
    tables: flag("tables")?.split(","),
    fixtures,
    tell: (line) => process.stderr.write(`\r${line}   `),
  });
  process.stderr.write("\n");
  printTable(
    rows.map(({ table, rows: size, fixture, held, tried, low, high, otherwise }) => ({
      table,
      "rows a part": size,
      fixture,
      right: `${held} of ${tried}`,
      "95 % interval": `${low.toFixed(3)} to ${high.toFixed(3)}`,
      otherwise: Object.entries(otherwise)
        .map(([words, count]) => `${count} × ${words}`)
        .join("; "),
    })),
    options.json,
  );
}

function rateOf(row: Pick<KillerRow, "table" | "rows" | "fixture">, cases: readonly SelfTestCase[]): KillerRow {
  const tried = cases.filter(({ held }) => held !== null);
  const held = tried.filter((item) => item.held).length;
  const { low, high } = tried.length === 0 ? { low: 0, high: 1 } : clopperPearson(held, tried.length, 0.025);
  const otherwise: Record<string, number> = {};
  for (const item of tried) {
    if (item.held) continue;
    const words = `${item.got} (${item.because.join(", ")})`;
    otherwise[words] = (otherwise[words] ?? 0) + 1;
  }
  return { ...row, held, tried: tried.length, low, high, otherwise };
}

import { join } from "node:path";
import { readTable } from "../src/data/read.ts";
import { threadExecutor } from "../src/executors/threads.ts";
import { killerFixtures } from "../src/jobs/killer-fixtures.ts";
import { type SelfTestCase, selfTest } from "../src/jobs/self-test.ts";
import { clopperPearson } from "../src/math/distributions.ts";
import { metrics } from "../src/metrics/index.ts";
import { randomFromSeed } from "../src/random.ts";
import { loadPolicy } from "../src/runs/policy-file.ts";
import { printTable } from "./measure.ts";

/** Tables, and the rows of each of the three parts they are cut into. */
const TABLES = [
  { name: "SUPPORT2", file: "support2.csv.gz", rows: 3000 },
  { name: "Adult", file: "adult.csv.gz", rows: 3000 },
  { name: "AI4I", file: "ai4i2020.csv.gz", rows: 3000 },
] as const;

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

/** Rates at which the gate gives the right answer to the killer fixtures, each seed another cut of the real rows into three parts.
 * @param options seeds: cuts of each table; fixtures: names, default all */
export async function measureKillers(options: {
  readonly seeds: number;
  readonly policy?: string | undefined;
  readonly tables?: readonly string[] | undefined;
  readonly fixtures?: readonly string[] | undefined;
  readonly tell?: (line: string) => void;
}): Promise<readonly KillerRow[]> {
  const { policy } = await loadPolicy(options.policy ?? "default", metrics);
  const executor = threadExecutor(undefined);
  const out: KillerRow[] = [];
  try {
    for (const { name, file, rows } of TABLES) {
      if (options.tables && !options.tables.includes(name)) continue;
      const { table } = await readTable(join("examples", "data", file));
      const found = new Map<string, SelfTestCase[]>();
      for (let seed = 0; seed < options.seeds; seed++) {
        const { cases } = await selfTest(table, {
          policy,
          seed,
          random: randomFromSeed(seed).split("killers"),
          executor,
          events: {},
          signal: undefined,
          maxRows: rows,
          ...(options.fixtures ? { only: options.fixtures } : {}),
        });
        for (const item of cases) found.set(item.name, [...(found.get(item.name) ?? []), item]);
        options.tell?.(`${name}: seed ${seed + 1} of ${options.seeds}`);
      }
      for (const [fixture, cases] of found) out.push(rateOf({ table: name, rows, fixture }, cases));
    }
  } finally {
    await executor.close();
  }
  return out;
}

/** Prints the rates. Fresh rows must pass at .95 or more by the lower end of the interval. */
export async function run(options: {
  readonly quick: boolean;
  readonly json: boolean;
  readonly flags?: readonly string[];
}): Promise<void> {
  const flag = (name: string): string | undefined =>
    options.flags?.find((item) => item.startsWith(`--${name}=`))?.slice(name.length + 3);
  const fixtures = flag("fixtures")?.split(",");
  const unknown = fixtures?.find((name) => !killerFixtures.some((fixture) => fixture.name === name));
  if (unknown !== undefined)
    throw new Error(`There is no fixture "${unknown}": ${killerFixtures.map(({ name }) => name).join(", ")}`);
  const rows = await measureKillers({
    seeds: Number(flag("seeds") ?? (options.quick ? 3 : SEEDS)),
    policy: flag("policy"),
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

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { pilotCsv } from "../src/jobs/plan-csv.ts";
import { flagsOf, printTable } from "./measure.ts";
import { writeBankingPools } from "./studies/banking-pools.ts";
import { differences } from "./studies/differences.ts";
import { generatorQuality } from "./studies/generator-quality.ts";
import { meanOf } from "./studies/lessons.ts";
import { modelPilot } from "./studies/model-pilot.ts";
import { POOLS_FILE } from "./studies/model-pools.ts";
import { namesControl } from "./studies/names-control.ts";
import { realCurve } from "./studies/real-curve.ts";
import { bankingRows, fairytaleRows } from "./studies/study-rows.ts";
import { drawPictures } from "./studies/text-pictures.ts";
import { BACK_OFF_PLANS, runPlan } from "./studies/text-plans.ts";
import { worthBesideBackOff, worthBesideModel } from "./studies/worth-of-rows.ts";

const DATA = join("docs", "studies", "data");

type Row = Readonly<Record<string, string | number>>;
type Part = (options: {
  readonly quick: boolean;
  readonly show: (rows: readonly Row[], file?: string) => void;
}) => Promise<void>;

const PARTS: Readonly<Record<string, Part>> = {
  /** The student on real rows alone. */
  real: async ({ quick, show }) => {
    const sizes = quick ? [125, 500] : [125, 500, 2000, Number.POSITIVE_INFINITY];
    const rows = [await fairytaleRows(), await bankingRows()].flatMap((of) =>
      realCurve(of, { sizes, seeds: quick ? 2 : 5 }),
    );
    show(
      rows.map((row) => ({ ...row })),
      "text-real.csv",
    );
  },
  /** What the generators' rows look like. */
  generators: async ({ show }) => {
    const rows = [
      ...(await generatorQuality(await bankingRows(), { model: existsSync(POOLS_FILE) })),
      ...(await generatorQuality(await fairytaleRows(), { model: false })),
    ];
    show(
      rows.map((row) => ({ ...row })),
      "text-generators.csv",
    );
  },
  /** Whether the names of the intents would have done what the language model did. */
  names: async ({ quick, show }) => {
    const rows = namesControl(await bankingRows(), { orders: quick ? 1 : 3 });
    show(
      rows.map((row) => ({ ...row })),
      "text-names.csv",
    );
  },
  /** Real rows beside those that a language model wrote. */
  model: async ({ quick }) => {
    const { cells } = modelPilot(await bankingRows(), { orders: quick ? 1 : 3, quick });
    const grid = cells.filter(({ real, source }) => real === 0 || source === undefined);
    if (quick) return;
    const pilot = join(DATA, "text-banking77-model-pilot.csv");
    writeFileSync(pilot, pilotCsv({ cells: grid }));
    writeFileSync(join(DATA, "text-banking77-model-shares.csv"), pilotCsv({ cells }));
    runPlan(["plan", "--grid", pilot, "--metric", "accuracy", "--goal", "0.5", "--available", "500"]);
  },
  /** Real rows beside those of n-grams with back-off. */
  plans: async ({ quick }) => {
    if (quick) return;
    for (const [name, args] of Object.entries(BACK_OFF_PLANS))
      runPlan(args, join(DATA, `text-${name}-back-off-pilot.csv`));
  },
  /** What 125 real rows are worth to a student of synthetic ones. */
  worth: async ({ quick, show }) => {
    const banking = await bankingRows();
    const seeds = quick ? 2 : 5;
    const sizes = quick ? [125] : [125, 500, 2000];
    const rows = [
      ...(existsSync(POOLS_FILE)
        ? worthBesideModel(banking, { orders: quick ? 1 : 3, sizes: quick ? [125] : [125, 250, 390] })
        : []),
      ...(await worthBesideBackOff(banking, { seeds, sizes })),
      ...(await worthBesideBackOff(await fairytaleRows(), { seeds, sizes })),
    ];
    show(
      rows.map((row) => ({ ...row })),
      "text-125-rows.csv",
    );
  },
  /** Cells of the same seeds against each other, out of the tables. */
  differences: async ({ show }) => show((await differences(DATA)).map((row) => ({ ...row }))),
  pictures: async () => drawPictures(DATA),
};

/** The study of texts, `docs/studies/text.md`: writes its tables and pictures. Flags: --parts=real,model,…; --pools=SECONDS writes the language model's
 * rows anew first, which takes an hour, `counterfoil models pull --with-runtime` before it, and makes other rows on another machine. --quick: a few cells, nothing written. */
export async function run(options: {
  readonly quick: boolean;
  readonly json: boolean;
  readonly flags?: readonly string[];
}): Promise<void> {
  const { quick, json } = options;
  const flag = flagsOf(options.flags);
  mkdirSync(DATA, { recursive: true });
  const seconds = flag("pools");
  if (seconds !== undefined) await writePools(Number(seconds));
  const names = flag("parts")?.split(",") ?? Object.keys(PARTS);
  const show = (rows: readonly Row[], file?: string): void => {
    if (file && !quick) writeFileSync(join(DATA, file), csvOf(rows));
    printTable(averaged(rows), json);
  };
  for (const name of names) {
    const part = PARTS[name];
    if (!part) throw new Error(`no part "${name}"; there are ${Object.keys(PARTS).join(", ")}`);
    await part({ quick, show });
  }
}

async function writePools(seconds: number): Promise<void> {
  const plain = POOLS_FILE.replace(/\.gz$/, "");
  await writeBankingPools(plain, { draws: 2, seconds });
  writeFileSync(POOLS_FILE, gzipSync(readFileSync(plain), { level: 9 }));
  rmSync(plain);
}

function csvOf(rows: readonly Row[]): string {
  const names = Object.keys(rows[0] ?? {});
  const cell = (value: string | number | undefined): string =>
    typeof value === "number"
      ? String(Math.round(value * 1e6) / 1e6)
      : /[",\n]/.test(value ?? "")
        ? `"${value?.replaceAll('"', '""')}"`
        : (value ?? "");
  return `${[names.join(","), ...rows.map((row) => names.map((name) => cell(row[name])).join(","))].join("\n")}\n`;
}

/** Rows that differ only in their seed and value, as means with their intervals. */
function averaged(rows: readonly Row[]): readonly Row[] {
  if (!rows.some((row) => "seed" in row)) return rows;
  const groups = new Map<string, { readonly row: Row; readonly values: number[] }>();
  for (const { seed: _, value, ...row } of rows) {
    const key = JSON.stringify(row);
    const group = groups.get(key) ?? { row, values: [] };
    groups.set(key, group);
    group.values.push(value as number);
  }
  return [...groups.values()].map(({ row, values }) => {
    const { value, low, high } = meanOf(values);
    return { ...row, seeds: values.length, accuracy: value, low, high };
  });
}

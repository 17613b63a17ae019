import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { qualityReport, type SdType } from "../src/compat/sdmetrics.ts";
import { readTable } from "../src/data/read.ts";
import { concatRows, type Table, takeRows } from "../src/data/table.ts";
import type { Executor } from "../src/executors/executor.ts";
import { threadExecutor } from "../src/executors/threads.ts";
import { judgedColumns } from "../src/jobs/judge.ts";
import { nearestRows } from "../src/learners/neighbours/nearest.ts";
import { buildTree } from "../src/learners/neighbours/tree.ts";
import { framesOf } from "../src/metrics/frames.ts";
import { metrics } from "../src/metrics/index.ts";
import { isMeasured, type MetricInput } from "../src/metrics/metric.ts";
import { encodeMixed, fitMixedCodec } from "../src/metrics/privacy/mixed-table.ts";
import { randomFromSeed } from "../src/random.ts";
import { fitCodec } from "../src/schema/encode.ts";
import { inferSchema } from "../src/schema/infer.ts";
import { noPurpose } from "../src/schema/purpose.ts";
import { isQuantity, schemaOf } from "../src/schema/schema.ts";
import { sequentialTrees } from "../src/synthesizers/sequential-trees.ts";
import { flagsOf, printTable } from "./measure.ts";
import { ask, type JudgedFiles, type Said } from "./peers/ask.ts";
import { evaluateFiles, writeCsv } from "./peers/evaluate.ts";

const ROWS = 30_000;
const DISTANCE_ROWS = 60;
const TARGET = "income";
const QUALITY_ROWS = 20_000;

/** Declared so that every metric has something to measure. */
const PURPOSE = {
  ...noPurpose,
  target: TARGET,
  quasiIdentifiers: ["age", "sex", "race", "native_country"],
  sensitive: ["income"],
  protectedAttributes: ["sex", "race"],
};

type Row = Record<string, string | number>;

/** Like for like on one big table: what each measure costs here and in the evaluators that have it too. Flags: --rows=, --peers=a,b (none: --peers=). */
export async function run(options: {
  readonly quick: boolean;
  readonly json: boolean;
  readonly flags?: readonly string[];
}): Promise<void> {
  const flag = flagsOf(options.flags);
  const rows = Number(flag("rows") ?? (options.quick ? 3000 : ROWS));
  const peers = (flag("peers") ?? "sdmetrics,anonymeter,syntheval,mostlyai-qa").split(",").filter(Boolean);
  const folder = mkdtempSync(join(tmpdir(), "counterfoil-costs-"));
  const executor = threadExecutor(undefined);
  try {
    const tables = await tablesOf(rows, executor);
    const own = await ownParts(tables, executor);
    const files: JudgedFiles = {
      real: await writeCsv(tables.train, folder, "real"),
      holdout: await writeCsv(tables.holdout, folder, "holdout"),
      synthetic: await writeCsv(tables.synthetic, folder, "synthetic"),
      target: TARGET,
      folder,
    };
    const { usage, answer } = evaluateFiles(files, [
      ...["--quasi-identifiers", PURPOSE.quasiIdentifiers.join(","), "--sensitive", PURPOSE.sensitive.join(",")],
      ...["--protected", PURPOSE.protectedAttributes.join(",")],
    ]);
    const whole: Row[] = [
      {
        judge: `counterfoil evaluate, every metric and attack (${answer})`,
        "CPU s": usage.cpuSeconds,
        "wall s": usage.wallSeconds,
        "peak MB": Math.round(usage.megabytes),
      },
    ];
    const theirs: Row[] = [];
    for (const peer of peers) {
      const said = ask(peer, files, DISTANCE_ROWS);
      if ("missing" in said) {
        whole.push({ judge: `${peer}: ${said.missing}` });
        continue;
      }
      whole.push({
        judge: `${peer} ${said.version}`,
        "CPU s": said.cpu,
        "wall s": said.wall,
        "peak MB": said.megabytes,
      });
      theirs.push(...theirParts(peer, said, tables.synthetic.rows));
    }
    if (options.json) {
      console.log(JSON.stringify({ rows: rowsOf(tables), own, theirs, whole }, null, 2));
      return;
    }
    const { train, holdout, synthetic } = rowsOf(tables);
    console.log(`Adult × 15: ${train} training, ${holdout} holdout and ${synthetic} synthetic rows.\n\nOurs:\n`);
    printTable(own, false);
    console.log("\nTheirs:\n");
    printTable(theirs, false);
    console.log("\nThe whole process, imports and reading included:\n");
    printTable(whole, false);
  } finally {
    await executor.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Tables {
  readonly train: Table;
  readonly holdout: Table;
  readonly synthetic: Table;
}

function rowsOf({ train, holdout, synthetic }: Tables): Readonly<Record<keyof Tables, number>> {
  return { train: train.rows, holdout: holdout.rows, synthetic: synthetic.rows };
}

/** The first rows of Adult, rows of its test part, and as many synthetic rows as training rows. */
async function tablesOf(rows: number, executor: Executor): Promise<Tables> {
  const first = (table: Table, count: number): Table =>
    takeRows(
      table,
      Uint32Array.from({ length: Math.min(count, table.rows) }, (_, i) => i),
    );
  const train = first((await readTable(join("examples", "data", "adult.csv.gz"))).table, rows);
  const holdout = first((await readTable(join("examples", "data", "adult-test.csv.gz"))).table, rows);
  const schema = inferSchema(train);
  const random = randomFromSeed(0);
  const fitted = await sequentialTrees.fit(train, {
    ...{ schema, random: random.split("fit"), executor },
    options: sequentialTrees.options.parse({}),
  });
  const chunks: Table[] = [];
  for await (const chunk of fitted.sample(train.rows, { random: random.split("sample"), executor })) chunks.push(chunk);
  return { train, holdout, synthetic: concatRows(chunks) };
}

/** CPU and wall seconds of each of our measures on its own; what several share (codes, equal numbers of rows) is a line of its own. */
async function ownParts(tables: Tables, executor: Executor): Promise<Row[]> {
  const out: Row[] = [];
  const time = async <T>(what: string, work: () => Promise<T> | T): Promise<T> => {
    const cpu = process.cpuUsage();
    const started = performance.now();
    const done = await work();
    const { user, system } = process.cpuUsage(cpu);
    out.push({ what, "CPU s": (user + system) / 1e6, "wall s": (performance.now() - started) / 1000 });
    console.error(`${what}: ${((user + system) / 1e6).toFixed(2)} CPU-s`);
    return done;
  };
  const schema = inferSchema(concatRows([tables.train, tables.holdout]));
  const types = new Map<string, SdType>(
    judgedColumns(tables.train, schema).map((name) => [
      name,
      isQuantity(schemaOf(schema, name).kind) ? "numerical" : "categorical",
    ]),
  );
  const { train, holdout, synthetic } = tables;
  for (const run of ["first", "again"])
    await time(`SDMetrics' Quality Report by our code, ${run}`, () =>
      qualityReport(train, synthetic, types, { correlation: 0.5, association: 0.3, bins: "own" }),
    );
  const mixed = fitMixedCodec([train, holdout], schema);
  await time(`nearest training row of ${synthetic.rows} synthetic rows`, () =>
    nearestRows(buildTree(encodeMixed([train], mixed)), encodeMixed([synthetic], mixed), { executor, maxTies: 8 }),
  );
  const input = await time("codes and frames, shared by all metrics", () => inputOf(tables, executor));
  for (const metric of metrics) {
    const score = await time(metric.name, () =>
      metric.measure({ ...input, random: randomFromSeed(0).split(metric.name) }),
    );
    if (!isMeasured(score)) out.pop();
  }
  return out;
}

function inputOf(tables: Tables, executor: Executor): Omit<MetricInput, "random"> {
  const { train, holdout, synthetic } = tables;
  const real = concatRows([train, holdout]);
  const schema = inferSchema(real);
  const codec = fitCodec(real, schema);
  const random = randomFromSeed(0).split("frames");
  return {
    ...{ train, holdout, synthetic, schema, codec, executor },
    frames: framesOf({ train, holdout, synthetic, codec }, { maxRows: QUALITY_ROWS, random }),
    purpose: PURPOSE,
    trials: [{ train, holdout, synthetic }],
    level: 0.95,
    alpha: 0.0025,
    seed: 0,
  };
}

/** Their parts; SDMetrics' row-wise measures, run on a few synthetic rows, as they would cost on all (they are linear in those). */
function theirParts(peer: string, said: Said, rows: number): Row[] {
  const few = ["new rows", "DCR overfitting", "DCR baseline"];
  return Object.entries(said.cost).map(([part, { cpu }]) => ({
    judge: `${peer} ${said.version}`,
    part,
    "CPU s": cpu,
    ...(few.includes(part)
      ? {
          note: `${DISTANCE_ROWS} synthetic rows; all ${rows}: about ${Math.round((cpu * rows) / DISTANCE_ROWS)} CPU s`,
        }
      : {}),
    ...(said.errors[part] ? { note: `failed: ${said.errors[part]}` } : {}),
  }));
}

import { join } from "node:path";
import { readTable } from "../src/data/read.ts";
import { splitRows } from "../src/data/split.ts";
import { selectColumns, type Table, takeRows } from "../src/data/table.ts";
import { threadExecutor } from "../src/executors/threads.ts";
import { fitAndSample } from "../src/jobs/fitting.ts";
import { judgedColumns } from "../src/jobs/judge.ts";
import { runShadowModels } from "../src/jobs/shadow-models.ts";
import { framesOf } from "../src/metrics/frames.ts";
import { isMeasured } from "../src/metrics/metric.ts";
import { shadowModels } from "../src/metrics/privacy/shadow-models.ts";
import { type Random, randomFromSeed } from "../src/random.ts";
import { fitCodec } from "../src/schema/encode.ts";
import { inferSchema } from "../src/schema/infer.ts";
import { noPurpose } from "../src/schema/purpose.ts";
import { synthesizerNamed } from "../src/synthesizers/index.ts";
import { flagsOf, printTable } from "./measure.ts";

const CASES = [
  { file: "german-credit.csv.gz", rows: 1000, synthesizer: "sequential-trees" },
  { file: "german-credit.csv.gz", rows: 1000, synthesizer: "independent" },
  { file: "support2.csv.gz", rows: 2000, synthesizer: "sequential-trees" },
  { file: "adult.csv.gz", rows: 4000, synthesizer: "sequential-trees" },
] as const;

/** What an attack with shadow models finds in our own synthesizers, and what it costs in processor time. */
export async function run(options: {
  readonly quick: boolean;
  readonly json: boolean;
  readonly flags?: readonly string[];
}): Promise<void> {
  const count = Number(flagsOf(options.flags)("shadows") ?? 32);
  const out: Record<string, string | number>[] = [];
  const executor = threadExecutor(undefined);
  try {
    for (const { file, rows, synthesizer: name } of CASES.slice(0, options.quick ? 2 : CASES.length)) {
      const random = randomFromSeed(1).split("shadows");
      const { table } = await readTable(join("examples", "data", file));
      const real = takeRows(table, random.split("rows").sample(table.rows, rows));
      const split = splitRows(real.rows, { share: 0.25, random: random.split("split") });
      const schema = inferSchema(takeRows(real, split.train));
      const synthesizer = synthesizerNamed(name);
      const signal = undefined;
      const fit = (train: Table, own: Random): Promise<Table> =>
        fitAndSample(train, {
          synthesizer,
          options: synthesizer.options.parse({}),
          describe: (some) => inferSchema(some),
          all: real,
          rows: real.rows,
          random: own,
          executor,
          signal,
        });
      const columns = judgedColumns(real, schema);
      const judged = selectColumns(real, columns);
      const started = process.cpuUsage();
      const shadows = await runShadowModels(real, fit, {
        count,
        candidates: split.train,
        columns,
        schema,
        entities: undefined,
        random,
        events: {},
        signal,
      });
      const fitted = process.cpuUsage(started);
      const [train, holdout] = [takeRows(judged, split.train), takeRows(judged, split.holdout)];
      const codec = fitCodec(train, schema);
      const score = await shadowModels.measure({
        train,
        holdout,
        synthetic: (shadows.runs[0] as (typeof shadows.runs)[number]).synthetic,
        schema,
        codec,
        frames: framesOf({ train, holdout, synthetic: train, codec }, { maxRows: 100, random }),
        purpose: noPurpose,
        trials: [],
        shadows,
        level: 0.95,
        alpha: 0.01,
        seed: 1,
        random: random.split("metric"),
        executor,
      });
      const all = process.cpuUsage(started);
      if (!isMeasured(score)) throw new Error(score.notComputable);
      const seconds = (used: NodeJS.CpuUsage): number => (used.user + used.system) / 1e6;
      const details = score.details as { readonly auc: number; readonly truePositiveRate: number };
      out.push({
        table: file.replace(".csv.gz", ""),
        rows,
        synthesizer: name,
        shadows: count,
        AUC: details.auc.toFixed(3),
        "value (95 %)": `${score.value.toFixed(3)} (${score.low.toFixed(3)} to ${score.high.toFixed(3)})`,
        "TPR at 10 % FPR": details.truePositiveRate.toFixed(3),
        p: (score.p ?? 1).toFixed(3),
        "controls' value": (score.plantings ?? []).map(({ value }) => value.toFixed(2)).join(" "),
        "CPU s a fit": (seconds(fitted) / count).toFixed(2),
        "CPU s to attack": (seconds(all) - seconds(fitted)).toFixed(1),
      });
      if (!options.json) process.stderr.write(`${JSON.stringify(out.at(-1))}\n`);
    }
  } finally {
    await executor.close();
  }
  printTable(out, options.json);
}

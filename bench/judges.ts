import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readTable } from "../src/data/read.ts";
import { concatRows, type Table } from "../src/data/table.ts";
import { localExecutor } from "../src/executors/local.ts";
import { threadExecutor } from "../src/executors/threads.ts";
import { cutInParts, killerFixtures, type Parts } from "../src/jobs/killer-fixtures.ts";
import { withLeak } from "../src/metrics/privacy/plant.ts";
import { type Random, randomFromSeed } from "../src/random.ts";
import { fitCodec } from "../src/schema/encode.ts";
import { inferSchema } from "../src/schema/infer.ts";
import { sequentialTrees } from "../src/synthesizers/sequential-trees.ts";
import { flagsOf, printTable } from "./measure.ts";
import { ask, type JudgedFiles, type Said } from "./peers/ask.ts";
import { evaluateFiles, writeCsv } from "./peers/evaluate.ts";

const ROWS = 4000;
const DISTANCE_ROWS = 100;
const TARGET = "income";

/** A synthetic table and the right answer to it; "–" where there is none. */
interface Scenario {
  readonly name: string;
  readonly right: string;
  readonly make: (parts: Parts, random: Random) => Promise<Table | undefined>;
}

const NEAR_COPIES = 0.05;

/** Killer fixtures, near copies, and what our own synthesizer makes of the training rows. */
const SCENARIOS: readonly Scenario[] = [
  fixture("fresh-rows"),
  fixture("exact-copy"),
  fixture("exact-copy-shuffled"),
  fixture("one-percent-verbatim"),
  {
    name: "five-percent-near-copies",
    right: "refuse",
    make: async (parts) => {
      const { train, holdout, fresh, schema } = parts;
      return withLeak(
        {
          ...{ train, holdout, synthetic: fresh, schema, codec: fitCodec(concatRows([train, holdout]), schema) },
          ...{ entities: undefined, alpha: 0.01, seed: 11, executor: localExecutor(), signal: undefined },
        },
        { leak: "spread", share: NEAR_COPIES, index: 0 },
      );
    },
  },
  fixture("independent-columns"),
  fixture("one-column-shuffled"),
  fixture("numbers-rescaled"),
  fixture("common-category-removed"),
  fixture("column-missing"),
  {
    name: "made by sequential-trees",
    right: "–",
    make: async ({ train, schema }, random) => {
      const executor = threadExecutor(undefined);
      try {
        const options = sequentialTrees.options.parse({});
        const fitted = await sequentialTrees.fit(train, { schema, options, random: random.split("fit"), executor });
        const chunks: Table[] = [];
        for await (const chunk of fitted.sample(train.rows, { random: random.split("sample"), executor }))
          chunks.push(chunk);
        return concatRows(chunks);
      } finally {
        await executor.close();
      }
    },
  },
];

function fixture(name: string): Scenario {
  const found = killerFixtures.find((item) => item.name === name);
  if (!found) throw new Error(`There is no fixture "${name}".`);
  return {
    name,
    right: found.right === "as-fresh" ? "as fresh rows" : found.right.join(" or "),
    make: async (parts, random) => found.make(parts, random)?.synthetic,
  };
}

type Scores = (name: string) => string;

/** The evaluators beside us, and what a reader looks at first of what each prints. */
const PEERS: readonly { readonly name: string; readonly says: (scores: Scores) => string }[] = [
  {
    name: "sdmetrics",
    says: (of) =>
      `quality ${of("quality")}, diagnostic ${of("diagnostic")}, new rows ${of("new row synthesis")}, DCR overfitting ${of("DCR overfitting protection")}`,
  },
  {
    name: "anonymeter",
    says: (of) =>
      `lower bounds ${["univariate", "multivariate", "linkability", "inference"].map((attack) => of(`${attack} low`)).join(" ")}`,
  },
  { name: "syntheval", says: (of) => `utility ${of("mean u")}, privacy ${of("mean p")}` },
  {
    name: "mostlyai-qa",
    says: (of) =>
      `accuracy ${of("accuracy")} of ${of("accuracy max")}, AUC ${of("discriminator AUC")}, DCR share ${of("DCR share")}, identical ${of("identical to training")} / ${of("identical to holdout")}`,
  },
];

/** The same tables before us and before other evaluators, in one run: what each says, and what it costs. Flags: --rows=, --cases=a,b, --peers=a,b. */
export async function run(options: {
  readonly quick: boolean;
  readonly json: boolean;
  readonly flags?: readonly string[];
}): Promise<void> {
  const flag = flagsOf(options.flags);
  const rows = Number(flag("rows") ?? (options.quick ? 2000 : ROWS));
  const wanted = flag("cases")?.split(",");
  const peers = PEERS.filter(({ name }) => flag("peers")?.split(",").includes(name) ?? true);
  const random = randomFromSeed(7);
  const { table } = await readTable(join("examples", "data", "adult.csv.gz"));
  const parts = cutInParts(table, { most: rows, schema: inferSchema(table), random: random.split("parts") });
  const folder = mkdtempSync(join(tmpdir(), "counterfoil-judges-"));
  const said: Record<string, string | number>[] = [];
  const costs = new Map<string, Cost[]>();
  const spent = (judge: string, cost: Cost): unknown => costs.set(judge, [...(costs.get(judge) ?? []), cost]);
  try {
    const real = await writeCsv(parts.train, folder, "real");
    const holdout = await writeCsv(parts.holdout, folder, "holdout");
    for (const { name, right, make } of SCENARIOS) {
      if (wanted && !wanted.includes(name)) continue;
      const made = await make(parts, random.split(name));
      if (!made) continue;
      const synthetic = await writeCsv(made, folder, "synthetic");
      const files: JudgedFiles = { real, holdout, synthetic, target: TARGET, folder };
      const { answer, because, usage } = evaluateFiles(files);
      const line: Record<string, string | number> = {
        "synthetic table": name,
        "right answer": right,
        "counterfoil evaluate": because.length === 0 ? answer : `${answer}: ${because.join(", ")}`,
      };
      spent("counterfoil evaluate", { cpu: usage.cpuSeconds, wall: usage.wallSeconds, megabytes: usage.megabytes });
      for (const { name: peer, says } of peers) {
        const answer = ask(peer, files, DISTANCE_ROWS);
        line[peer] = "missing" in answer ? answer.missing : sayingOf(answer, says);
        if (!("missing" in answer)) spent(`${peer} ${answer.version}`, answer);
      }
      said.push(line);
      console.error(`${name}: done`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const price = [...costs].map(([judge, all]) => ({
    judge,
    "CPU s": median(all.map(({ cpu }) => cpu)),
    "wall s": median(all.map(({ wall }) => wall)),
    "peak MB": Math.round(Math.max(...all.map(({ megabytes }) => megabytes))),
    runs: all.length,
  }));
  if (options.json) {
    console.log(JSON.stringify({ rows, said, price }, null, 2));
    return;
  }
  console.log(
    `Adult, three disjoint parts of ${rows} rows (SynthEval: at most 2000 of each; SDMetrics' row-wise measures: ${DISTANCE_ROWS} synthetic rows against all real ones).\n`,
  );
  printTable(said, false);
  console.log("\nWhat an answer costs, the whole process (medians over the tables above; memory: the most):\n");
  printTable(price, false);
}

interface Cost {
  readonly cpu: number;
  readonly wall: number;
  readonly megabytes: number;
}

function sayingOf(answer: Said, says: (scores: Scores) => string): string {
  const text = says((name) => {
    const value = answer.scores[name];
    return typeof value === "number" ? value.toFixed(3).replace(/^(-?)0\./, "$1.") : "–";
  });
  const failed = Object.entries(answer.errors).map(([part, error]) => `${part}: ${error.slice(0, 80)}`);
  return failed.length > 0 ? `${text} (failed: ${failed.join("; ")})` : text;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Number((sorted[Math.floor(sorted.length / 2)] as number).toFixed(1));
}

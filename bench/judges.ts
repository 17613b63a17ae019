import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { qualityReport } from "../src/compat/sdmetrics.ts";
import { readTable } from "../src/data/read.ts";
import { concatRows, type Table } from "../src/data/table.ts";
import { writeTable } from "../src/data/write.ts";
import { threadExecutor } from "../src/executors/threads.ts";
import { judge } from "../src/jobs/judge.ts";
import { type Case, cutInParts, killerFixtures, type Parts } from "../src/jobs/killer-fixtures.ts";
import { metrics } from "../src/metrics/index.ts";
import type { Decision } from "../src/policy/decision.ts";
import { parsePolicy } from "../src/policy/policy.ts";
import { randomFromSeed } from "../src/random.ts";
import { inferSchema } from "../src/schema/infer.ts";
import { noPurpose } from "../src/schema/purpose.ts";
import { isQuantity, schemaOf } from "../src/schema/schema.ts";
import { measureCommand, printTable } from "./measure.ts";
import { pythonOf } from "./peers/environment.ts";

const ROWS = 8000;
const TARGET = "income";

/** Cases with a known right answer; the last has none, for what a synthesizer keeps of its rows is what one wants to know. */
const CASES = [
  "fresh-rows",
  "exact-copy",
  "one-percent-verbatim",
  "independent-columns",
  "one-column-shuffled",
  "numbers-rescaled",
  "common-category-removed",
  "column-missing",
];

/** The evaluators beside us, and what a reader looks at first of what each prints. */
const PEERS: readonly { readonly name: string; readonly says: (scores: Scores) => string }[] = [
  {
    name: "sdmetrics",
    says: (of) =>
      `quality ${of("quality")}, diagnostic ${of("diagnostic")}, DCR overfitting ${of("DCR overfitting protection")}`,
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

type Scores = (name: string) => string;

interface Said {
  readonly version: string;
  readonly scores: Readonly<Record<string, number | string | null>>;
  readonly errors: Readonly<Record<string, string>>;
  readonly cost: Readonly<Record<string, { readonly cpu: number; readonly wall: number }>>;
  readonly cpu: number;
  readonly wall: number;
  readonly megabytes: number;
}

/** The same tables before us and before other evaluators, in one run: what each says, and what it costs. Flags: --rows=, --cases=a,b, --peers=a,b. */
export async function run(options: {
  readonly quick: boolean;
  readonly json: boolean;
  readonly flags?: readonly string[];
}): Promise<void> {
  const flag = (name: string): string | undefined =>
    options.flags?.find((item) => item.startsWith(`--${name}=`))?.slice(name.length + 3);
  const rows = Number(flag("rows") ?? (options.quick ? 2000 : ROWS));
  const wanted = flag("cases")?.split(",") ?? CASES;
  const peers = PEERS.filter(({ name }) => flag("peers")?.split(",").includes(name) ?? true);
  const random = randomFromSeed(7);
  const { table } = await readTable(join("examples", "data", "adult.csv.gz"));
  const parts = cutInParts(table, { most: rows, schema: inferSchema(table), random: random.split("parts") });
  const folder = mkdtempSync(join(tmpdir(), "counterfoil-judges-"));
  try {
    const said: Record<string, string | number>[] = [];
    const costs: Record<string, string | number>[] = [];
    for (const fixture of killerFixtures) {
      if (!wanted.includes(fixture.name)) continue;
      const made = fixture.make(parts, random.split(fixture.name));
      if (!made) continue;
      const files = await write(made, folder, fixture.name);
      const ours = evaluate(files);
      const line: Record<string, string | number> = {
        "synthetic table": fixture.name,
        right: fixture.right === "as-fresh" ? "as fresh rows" : fixture.right.join(" or "),
        counterfoil: ours.answer,
      };
      if (fixture.name === "fresh-rows") costs.push({ evaluator: "counterfoil evaluate", ...ours.cost });
      for (const peer of peers) {
        const answer = ask(peer.name, files);
        line[peer.name] = "missing" in answer ? answer.missing : sayingOf(answer, peer.says);
        if (fixture.name === "fresh-rows" && !("missing" in answer))
          costs.push({
            evaluator: `${peer.name} ${answer.version}`,
            "CPU s": answer.cpu,
            "wall s": answer.wall,
            "peak MB": answer.megabytes,
            "CPU s by part": Object.entries(answer.cost)
              .map(([part, { cpu }]) => `${part} ${cpu}`)
              .join(", "),
          });
      }
      said.push(line);
      console.error(`${fixture.name}: done`);
    }
    const own = await ownParts(parts);
    if (options.json) {
      console.log(JSON.stringify({ rows, said, costs, own }, null, 2));
      return;
    }
    console.log(`Adult, three disjoint parts of ${rows} rows. What each evaluator says:\n`);
    printTable(said, false);
    console.log("\nWhat it costs (fresh rows):\n");
    printTable(costs, false);
    console.log("\nOur own parts, same tables:\n");
    printTable(own, false);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Files {
  readonly real: string;
  readonly holdout: string | undefined;
  readonly synthetic: string;
  readonly folder: string;
}

async function write(made: Case, folder: string, name: string): Promise<Files> {
  const file = async (role: string, table: Table): Promise<string> => {
    const path = join(folder, `${name}-${role}`);
    await writeTable(only(table), { parquet: `${path}.parquet`, csv: `${path}.csv`, metadata: {} });
    return `${path}.csv`;
  };
  return {
    real: await file("real", made.real),
    holdout: made.holdout && (await file("holdout", made.holdout)),
    synthetic: await file("synthetic", made.synthetic),
    folder,
  };
}

async function* only(table: Table): AsyncGenerator<Table> {
  yield table;
}

const ANSWERS: Readonly<Record<number, string>> = { 0: "PASSED", 3: "REFUSED", 4: "INDETERMINATE" };

/** Our own answer, by the command line and the default policy. */
function evaluate(files: Files): { readonly answer: string; readonly cost: Record<string, number> } {
  const out = join(files.folder, "bundle");
  rmSync(out, { recursive: true, force: true });
  const holdout = files.holdout === undefined ? [] : ["--holdout", files.holdout];
  const used = measureCommand([
    "evaluate",
    files.real,
    files.synthetic,
    ...holdout,
    "--target",
    TARGET,
    "--out",
    out,
    "--quiet",
    "--json",
  ]);
  const decision = JSON.parse(readFileSync(join(out, "decision.json"), "utf8")) as Decision;
  const hard = decision.rules.filter(({ severity }) => severity === "refuse");
  const failed = hard.filter(({ outcome }) => outcome === "fail");
  const told = failed.length > 0 ? failed : hard.filter(({ outcome }) => outcome === "indeterminate");
  return {
    answer: [ANSWERS[used.exitCode] ?? `exit ${used.exitCode}`, told.map(({ rule }) => rule).join(", ")]
      .filter(Boolean)
      .join(": "),
    cost: {
      "CPU s": Number(used.cpuSeconds.toFixed(2)),
      "wall s": Number(used.wallSeconds.toFixed(2)),
      "peak MB": Math.round(used.megabytes),
    },
  };
}

function ask(peer: string, files: Files): Said | { readonly missing: string } {
  const environment = pythonOf(peer);
  if ("missing" in environment) return environment;
  const child = spawnSync(
    environment.python,
    [resolve("bench", "peers", "judge.py"), peer, files.real, files.synthetic, files.holdout ?? files.real, TARGET],
    { encoding: "utf8", maxBuffer: 1 << 28, cwd: files.folder }, // SynthEval leaves a file where it runs
  );
  if (child.status !== 0) return { missing: `crashed: ${child.stderr.trim().split("\n").at(-1)?.slice(0, 120)}` };
  return JSON.parse(child.stdout.trim().split("\n").at(-1) as string) as Said;
}

function sayingOf(answer: Said, says: (scores: Scores) => string): string {
  const text = says((name) => {
    const value = answer.scores[name];
    return typeof value === "number" ? value.toFixed(3).replace(/^(-?)0\./, "$1.") : "–";
  });
  const failed = Object.keys(answer.errors);
  return failed.length > 0 ? `${text} (failed: ${failed.join(", ")})` : text;
}

/** CPU seconds of the measures that a peer has too, each asked for alone by a policy of one rule. */
async function ownParts(parts: Parts): Promise<Record<string, string | number>[]> {
  const { train, holdout, fresh, schema } = parts;
  const out: Record<string, string | number>[] = [];
  const time = async (what: string, beside: string, work: () => unknown): Promise<void> => {
    const started = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(started);
    out.push({ what, "CPU s": Number(((user + system) / 1e6).toFixed(2)), beside });
  };
  const types = new Map(
    train.columns.map(({ name }) => [
      name,
      isQuantity(schemaOf(schema, name).kind) ? ("numerical" as const) : ("categorical" as const),
    ]),
  );
  const all = { correlation: 0, association: 0, bins: "own" } as const;
  qualityReport(train, fresh, types, all); // once before, as a server would have
  await time("Quality Report, their definition", "sdmetrics quality", () => qualityReport(train, fresh, types, all));
  const executor = threadExecutor(undefined);
  try {
    for (const [metric, beside] of [
      ["distance-to-closest-record", "sdmetrics distances, all rows"],
      ["near-copies", "sdmetrics distances, all rows"],
      ["singling-out-univariate", "anonymeter univariate"],
      ["singling-out-multivariate", "anonymeter multivariate"],
      ["linkability", "anonymeter linkability"],
      ["attribute-inference", "anonymeter inference (every column, not one)"],
      ["membership-inference", "–"],
    ] as const) {
      const known = metrics.find(({ name }) => name === metric);
      if (!known) continue;
      await time(`${metric} (score, baseline, control)`, beside, () =>
        known.diagnostic ? undefined : judgeAlone(metric, { train, holdout, fresh }, executor),
      );
    }
  } finally {
    await executor.close();
  }
  return out;
}

async function judgeAlone(
  metric: string,
  tables: Pick<Parts, "train" | "holdout" | "fresh">,
  executor: ReturnType<typeof threadExecutor>,
): Promise<void> {
  const text = `format: counterfoil-policy/2
name: one
alpha: { total: 0.01, tests: { attacks: 0.01 } }
rules:
  - { rule: only, metric: ${metric}, fail: score.low > 2, severity: refuse, power: { leak: verbatim, share: 1, refused: 1, of: 1 } }
`;
  await judge({
    train: tables.train,
    holdout: tables.holdout,
    synthetic: tables.fresh,
    schema: inferSchema(concatRows([tables.train, tables.holdout])),
    purpose: noPurpose,
    policy: parsePolicy(text, { metrics, sha256: "", file: "one" }),
    hardRulesOnly: true,
    seed: 0,
    random: randomFromSeed(0),
    executor,
    events: {},
    signal: undefined,
  });
}

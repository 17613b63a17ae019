import { join } from "node:path";
import { flagsOf, printTable } from "./measure.ts";
import { CONTENDERS, type Contender } from "./tables/contenders.ts";
import { isKept, keepRun, keptRuns } from "./tables/kept-runs.ts";
import type { Run } from "./tables/run.ts";
import { fitOwn, partsOf, runOne } from "./tables/run-one.ts";
import { captionOf, growthLines, literatureLines, qualityLines } from "./tables/show.ts";
import { SOURCE_TABLES } from "./tables/sources.ts";

/** The table whose literature protocol is run as well, and that grows to {@link GROWTH_ROWS} rows. */
const ADULT = "adult";
const GROWTH = "growth";
const GROWTH_ROWS = 1_000_000;

/** Every synthesizer that ships and its peers on five tables: fitted to all training rows, judged by rows that nobody trained on. Definitions are in
 * `peers/score_tables.py`. Every run is kept as a JSON file under `--out`. Flags: --tables=adult,… --only=names --parts=quality,growth --seeds=5
 * --peer-seeds=1 --peer-minutes=20 --peers=no --reuse (run only what is not kept) --print (run nothing) --out=. */
export async function run(options: {
  readonly quick: boolean;
  readonly json: boolean;
  readonly flags?: readonly string[];
}): Promise<void> {
  const flag = flagsOf(options.flags);
  const has = (name: string): boolean => options.flags?.includes(name) ?? false;
  const listed = (name: string): readonly string[] | undefined => flag(name)?.split(",");
  const folder = flag("out") ?? join("out", "bench-tables");
  const names = listed("tables") ?? (options.quick ? ["german-credit", "ai4i"] : SOURCE_TABLES.map(({ name }) => name));
  const unknown = names.filter((name) => !SOURCE_TABLES.some((table) => table.name === name));
  if (unknown.length > 0)
    throw new Error(
      `--tables: no table ${unknown.join(", ")}; there are ${SOURCE_TABLES.map(({ name }) => name).join(", ")}.`,
    );
  const only = listed("only");
  const contenders = CONTENDERS.filter(
    ({ name, kind }) => (only?.includes(name) ?? true) && (kind !== "peer" || (flag("peers") ?? "yes") !== "no"),
  );
  const seeds = Number(flag("seeds") ?? (options.quick ? 1 : 5));
  const seedsOf = ({ kind }: Contender): number =>
    kind === "copy" ? 1 : kind === "peer" ? Number(flag("peer-seeds") ?? 1) : seeds;
  const minutes = Number(flag("peer-minutes") ?? 20);
  const parts = listed("parts") ?? (options.quick ? ["quality"] : ["quality", GROWTH]);
  const runs: Run[] = [];
  const work = has("--print") ? [] : SOURCE_TABLES.filter(({ name }) => names.includes(name));
  const keep = (run: Run): void => {
    keepRun(join(folder, "runs"), run);
    console.error(`${run.table}, ${run.contender}, seed ${run.seed}: ${run.failed ?? "done"}`);
  };
  const skipped = (run: Pick<Run, "table" | "contender" | "seed">): boolean =>
    has("--reuse") && isKept(join(folder, "runs"), run);
  const show = (title: string, caption: string, lines: readonly Record<string, string | number>[]): void => {
    if (options.json || lines.length === 0) return;
    console.log(`\n${[title, caption].filter((text) => text !== "").join(": ")}\n`);
    printTable(lines, false);
  };
  for (const table of SOURCE_TABLES.filter(({ name }) => names.includes(name))) {
    const real = work.length > 0 ? partsOf(table, join(folder, "data")) : undefined;
    if (real && parts.includes("quality"))
      for (const contender of contenders)
        for (let seed = 0; seed < seedsOf(contender); seed++)
          if (!skipped({ table: table.name, contender: contender.name, seed }))
            keep(
              runOne(contender, {
                ...{ table, parts: real, seed, minutes, folder: join(folder, "data") },
                literature: table.name === ADULT,
              }),
            );
    if (real && table.name === ADULT && parts.includes(GROWTH))
      for (const { name, kind } of contenders)
        if (kind === "own" && !skipped({ table: GROWTH, contender: name, seed: 0 })) keep(grownRun(name, real.train));
    const mine = keptRuns(join(folder, "runs"), table.name);
    runs.push(...mine);
    if (parts.includes("quality")) show(table.title, captionOf(mine), qualityLines(CONTENDERS, mine));
    if (table.name !== ADULT) continue;
    if (parts.includes("quality"))
      show(
        "Adult by the protocol of TabSyn and TabPC",
        "the real side is the training rows",
        literatureLines(CONTENDERS, mine),
      );
    const grown = keptRuns(join(folder, "runs"), GROWTH);
    runs.push(...grown);
    if (parts.includes(GROWTH))
      show(`Adult's columns, ${GROWTH_ROWS.toLocaleString("en")} rows`, "", growthLines(CONTENDERS, grown));
  }
  if (options.json) console.log(JSON.stringify(runs, null, 2));
}

function grownRun(contender: string, train: string): Run {
  const run = { table: GROWTH, contender, seed: 0 };
  try {
    return { ...run, cost: fitOwn({ synthesizer: contender, train, seed: 0, grow: GROWTH_ROWS }) };
  } catch (error) {
    return { ...run, failed: (error as Error).message };
  }
}

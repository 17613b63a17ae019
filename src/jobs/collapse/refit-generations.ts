import { basename } from "node:path";
import { readTable } from "../../data/read.ts";
import { splitRows } from "../../data/split.ts";
import { takeRows } from "../../data/table.ts";
import { InvalidArgument, InvalidData } from "../../errors.ts";
import { type Executor, runAll, type Task } from "../../executors/executor.ts";
import { ARM_WORDS, type Arm } from "../../hybrid/collapse/arms.ts";
import type { Chain, ChainData } from "../../hybrid/collapse/chain-task.ts";
import type { Reading } from "../../hybrid/collapse/monitor.ts";
import { monitorsFor } from "../../hybrid/collapse/monitors.ts";
import type { TableCollapse } from "../../hybrid/collapse/result.ts";
import { FALSE_ALARMS, MOST_FALL, meanReading, type Stop, stopsOf } from "../../hybrid/collapse/stop-rules.ts";
import { studentQuantile } from "../../math/student-t.ts";
import { GROUPS, LEAST_ROWS } from "../../metrics/jackknife.ts";
import { randomFromSeed } from "../../random.ts";
import { productVersion } from "../../runs/fingerprint.ts";
import { applySchema } from "../../schema/file.ts";
import { inferSchema } from "../../schema/infer.ts";
import { synthesizerNamed } from "../../synthesizers/index.ts";
import { readEvents } from "../events.ts";
import { loadSchema } from "../files.ts";
import { foundLineage } from "../source-lineage.ts";
import { optionsFor } from "../synthesizer-options.ts";
import { tableFileOf } from "../table-file.ts";
import type { CollapseOptions } from "./options.ts";

const SYNTHESIZER = "mixture";
const SEEDS = 3;
/** Share of the rows that is frozen before anything is learnt. */
const FROZEN_SHARE = 0.3;
const LEVEL = 0.95;

/** Makes generations of a table in every arm, from several seeds at a time, and watches them. */
export async function refitGenerations(
  options: CollapseOptions & { readonly table: string },
  how: { readonly arms: readonly Arm[]; readonly generations: number; readonly executor: Executor },
): Promise<TableCollapse> {
  const { events = {}, signal } = options;
  const { arms, generations, executor } = how;
  const seed = options.seed ?? 0;
  const seeds = options.seeds ?? SEEDS;
  const random = randomFromSeed(seed).split("collapse");
  const synthesizer = synthesizerNamed(options.synthesizer ?? SYNTHESIZER);
  if (synthesizer.guarantee === "dp")
    throw new InvalidArgument(
      "needs-budget",
      `The synthesizer "${synthesizer.name}" spends a privacy budget at every fit.`,
      {
        advice: "Choose one without a guarantee: what generations do to a table is no release.",
      },
    );
  const synthesizerOptions = optionsFor(synthesizer, options.synthesizerOptions ?? {});
  const override = options.schema === undefined ? undefined : await loadSchema(options.schema);

  const path = await tableFileOf(options.table);
  events.phase?.("read", basename(options.table));
  const { table, source } = await readTable(path, {
    ...(options.query ? { query: options.query } : {}),
    ...readEvents(events),
    signal,
  });
  const split = splitRows(table.rows, { share: FROZEN_SHARE, random: random.split("frozen") });
  const [real, frozen] = [takeRows(table, split.train), takeRows(table, split.holdout)];
  if (frozen.rows < LEAST_ROWS)
    throw new InvalidArgument(
      "too-few-rows",
      `${basename(options.table)} has ${table.rows} rows: ${frozen.rows} would be frozen, and watching needs ${LEAST_ROWS}.`,
      { advice: `Give at least ${Math.ceil(LEAST_ROWS / FROZEN_SHARE)} rows.` },
    );
  const lineage = await foundLineage({ path, sha256: source.sha256 }, { signal });
  if (lineage)
    events.notice?.(
      `${basename(options.table)} is synthetic, of generation ${lineage.generation} (${lineage.because}): its generations are counted from there, and no real rows are among them.`,
    );
  const inferred = inferSchema(real);
  const schema = override ? applySchema(inferred, override, real) : inferred;
  // Free text is made by no synthesizer of tables.
  const modelled = {
    ...schema,
    columns: schema.columns.map((column) => (column.kind === "text" ? { ...column, drop: true } : column)),
  };

  events.phase?.(
    "refit",
    `${synthesizer.name}, ${generations} generations, ${seeds} ${seeds === 1 ? "seed" : "seeds"} of ${arms.join(", ")}`,
  );
  const chains = arms.flatMap((arm) => Array.from({ length: seeds }, (_, i) => ({ arm, i })));
  const tasks = chains.map(
    ({ arm, i }): Task => ({
      module: new URL("../../hybrid/collapse/chain-task.js", import.meta.url).href,
      name: "runChain",
      data: {
        real,
        frozen,
        schema: modelled,
        synthesizer: synthesizer.name,
        synthesizerOptions,
        arm,
        generations,
        texts: [],
        // The first generation is the same in every arm: they differ in what follows.
        key: random.split("chain").split(i).key,
      } satisfies ChainData,
    }),
  );
  const done = await runAll<Chain>(executor, tasks, {
    signal,
    onDone: (count) => events.progress?.(count, tasks.length, "sequences"),
  });
  const monitors = monitorsFor();
  const names = monitors.map(({ name }) => name);
  const byArm = arms.map((arm) => {
    const own = done.filter((_, at) => chains[at]?.arm === arm).map((chain) => readingsOf(chain, { arm }));
    const means = Array.from({ length: generations + 1 }, (_, g) =>
      names.map((_, m) => meanReading(own.map((readings) => readings[g]?.[m] ?? null))),
    );
    return { arm, means, stops: stopsOf(means, names) };
  });
  const decides = (arms.includes("accumulate") ? "accumulate" : arms[0]) as Arm;
  const deciding = byArm.find(({ arm }) => arm === decides) as (typeof byArm)[number];
  const isWatched = (m: number): boolean => byArm[0]?.means[0]?.[m] != null;
  return {
    format: "counterfoil-collapse/1",
    study: "table",
    version: productVersion(),
    decision: deciding.stops.length > 0 ? "stop" : "none",
    reasons: [decides, ...arms.filter((arm) => arm !== decides)].map((arm) =>
      sentenceOf(byArm.find((one) => one.arm === arm) as (typeof byArm)[number], {
        generations,
        titles: titlesOf(monitors),
      }),
    ),
    decides,
    table: {
      name: basename(options.table),
      rows: table.rows,
      sha256: source.sha256,
      generation: lineage?.generation ?? 0,
    },
    learnt: real.rows,
    frozen: frozen.rows,
    synthesizer: { name: synthesizer.name, options: synthesizerOptions as Record<string, unknown> },
    generations,
    seeds,
    mostFall: MOST_FALL,
    falseAlarms: FALSE_ALARMS,
    level: LEVEL,
    monitors: monitors.filter((_, m) => isWatched(m)).map(({ name, title, explains }) => ({ name, title, explains })),
    notWatched: monitors
      .filter((_, m) => !isWatched(m))
      .map(({ name }) => ({ name, why: WHY_NOT[name] ?? "there is nothing to watch" })),
    arms: byArm.map(({ arm, means, stops }) => ({
      arm,
      stops: stops.map((stop) => ({ ...stop, change: places(stop.change), high: places(stop.high) })),
      curves: names
        .filter((_, m) => isWatched(m))
        .map((monitor) => ({ monitor, points: pointsOf(means.map((row) => row[names.indexOf(monitor)] ?? null)) })),
    })),
    seed,
  };
}

const WHY_NOT: Readonly<Record<string, string>> = {
  "rare-category-recall": "no label is held by five frozen rows or more and by at most one in twenty",
  "variance-ratio": "no column varies",
};

/** @throws {InvalidData} the synthesizer could not learn one of the generations */
function readingsOf(chain: Chain, { arm }: { readonly arm: Arm }): readonly (readonly (Reading | null)[])[] {
  if ("readings" in chain) return chain.readings;
  const { generation, message, advice } = chain.failed;
  throw new InvalidData("cannot-learn", `Generation ${generation} (${arm}) could not be learnt: ${message}`, {
    ...(advice === undefined ? {} : { advice }),
  });
}

function pointsOf(readings: readonly (Reading | null)[]): TableCollapse["arms"][number]["curves"][number]["points"] {
  const quantile = studentQuantile((1 + LEVEL) / 2, GROUPS - 1);
  return readings.flatMap((reading, generation) =>
    reading === null
      ? []
      : [
          {
            generation,
            value: places(reading.value),
            low: places(Math.max(0, reading.value - quantile * reading.standardError)),
            high: places(reading.value + quantile * reading.standardError),
          },
        ],
  );
}

function titlesOf(monitors: ReturnType<typeof monitorsFor>): ReadonlyMap<string, string> {
  return new Map(monitors.map(({ name, title }) => [name, title]));
}

function sentenceOf(
  { arm, stops }: { readonly arm: Arm; readonly stops: readonly Stop[] },
  of: { readonly generations: number; readonly titles: ReadonlyMap<string, string> },
): string {
  const learnt = `Learning from ${ARM_WORDS[arm]} (${arm})`;
  const [first] = stops;
  if (!first)
    return `${learnt}: no monitor fell by more than ${100 * MOST_FALL} % in one generation, of ${of.generations}.`;
  const together = stops
    .filter(({ generation }) => generation === first.generation)
    .map(({ monitor, change }) => `${of.titles.get(monitor)?.toLowerCase()} by ${Math.round(-100 * change)} %`);
  return `${learnt}: stop before generation ${first.generation}, in which ${together.length > 1 ? "these fell" : "this fell"}: ${together.join(", ")}.`;
}

/** Four places are more than anybody reads, and fewer than tell of one row. */
function places(value: number): number {
  return Number(value.toPrecision(4));
}

import {
  type Bench,
  having,
  type Line,
  median,
  type PartResult,
  type Ran,
  runFresh,
  spread,
  troubleOf,
} from "../bench.ts";
import type { Contender } from "../contenders.ts";
import { OWN_LIBRARY } from "../ours.ts";
import { idealSeconds, type Shape, shapeOf } from "../shapes.ts";

const CONCURRENCY = 256;
const LATENCY_MS = 500;
const FEW = 8;

interface Round {
  readonly few: Ran;
  readonly many: Ran;
}

/** What a contender adds to the calls themselves: one text a row, and a chain of three. Rounds are interleaved. */
export async function overhead(bench: Bench): Promise<readonly PartResult[]> {
  return [await compare(bench, "text", 2000), await compare(bench, "chain", 1000)];
}

/** DAGs of calls: ours beside the bare client. */
export async function shapes(bench: Bench): Promise<readonly PartResult[]> {
  const few = {
    ...bench,
    contenders: bench.contenders.filter(({ kind, name }) => kind === "ours" || name === "undici"),
  };
  const results: PartResult[] = [];
  for (const [name, rows] of [
    ["structured", 2000],
    ["fan", 500],
    ["diamond", 500],
    ["tree", 400],
  ] as const)
    results.push(await compare(few, name, rows));
  return results;
}

async function compare(bench: Bench, shapeName: string, rows: number): Promise<PartResult> {
  const shape = shapeOf(shapeName);
  const latencyMs = bench.numbers("latency", LATENCY_MS);
  const many = bench.quick ? rows / 4 : rows;
  const rounds = bench.numbers("rounds", bench.quick ? 1 : 3);
  const behaviour = { latency: `fixed:${latencyMs}` };
  const own = bench.contenders.some(({ kind }) => kind === "ours") ? [OWN_LIBRARY] : [];
  const contenders = [...own, ...having(bench, shapeName)];
  const all = new Map<Contender, Round[]>(contenders.map((contender) => [contender, []]));
  for (let round = 0; round < rounds; round++)
    for (const contender of contenders) {
      if (round > 0 && contender.kind === "pipeline") continue; // theirs takes minutes
      const how = { name: `overhead-${shapeName}`, behaviour, shape, concurrency: CONCURRENCY };
      const first = await runFresh(bench, contender, { ...how, rows: FEW });
      const second = await runFresh(bench, contender, { ...how, rows: many });
      all.get(contender)?.push({ few: first, many: second });
      bench.say(`overhead, ${shapeName}, ${contender.title}: ${second.stats.seconds.toFixed(2)} s`);
    }
  const ideal = idealSeconds(shape, { rows: many, latencyMs, concurrency: CONCURRENCY });
  const calls = many * shape.columns.length;
  const bare = all.get(contenders.find(({ name }) => name === "undici") as Contender);
  const floor = bare ? median(bare.map((round) => round.many.stats.seconds)) : undefined;
  return {
    title: `Overhead: ${shape.title}`,
    caption:
      `${many} rows, ${calls} calls at ${latencyMs} ms, ${CONCURRENCY} at a time; ideal ${ideal.toFixed(2)} s. ` +
      `Medians of ${rounds} interleaved rounds (smallest–largest), pipelines once. Calls: first request to last answer; whole: the process with start and end; ` +
      `CPU ms: per call, beyond a run of ${FEW} rows; by the library: of the making of the rows alone, without scores, report and signature.`,
    lines: [...all].map(([contender, runs]) => lineOf(contender, { runs, shape, many, ideal, floor })),
    measured: [...all].map(([{ name }, runs]) => ({ name, runs: runs.map((round) => brief(round)) })),
  };
}

function lineOf(
  contender: Contender,
  {
    runs,
    shape,
    many,
    ideal,
    floor,
  }: {
    readonly runs: readonly Round[];
    readonly shape: Shape;
    readonly many: number;
    readonly ideal: number;
    readonly floor: number | undefined;
  },
): Line {
  const more = (many - FEW) * shape.columns.length;
  const seconds = runs.map((round) => round.many.stats.seconds);
  const trouble = runs.map((round) => troubleOf(round.many)).find((text) => text !== undefined);
  return {
    who: contender.title,
    "calls ÷ ideal": spread(
      seconds.map((each) => each / ideal),
      2,
    ),
    "÷ bare": floor === undefined ? "–" : (median(seconds) / floor).toFixed(2),
    "whole ÷ ideal": spread(
      runs.map((round) => round.many.measured.wallSeconds / ideal),
      2,
    ),
    "calls/s": Math.round(median(runs.map((round) => round.many.stats.callsPerSecond))),
    "CPU ms": spread(
      runs.map((round) => (1000 * (cpu(contender, round.many) - cpu(contender, round.few))) / more),
      2,
    ),
    [`${FEW} rows: wall s`]: spread(
      runs.map((round) => round.few.measured.wallSeconds),
      1,
    ),
    "CPU s": spread(
      runs.map((round) => round.few.measured.cpuSeconds),
      1,
    ),
    "peak MB": Math.round(median(runs.map((round) => round.many.measured.megabytes))),
    rows: trouble ?? Math.min(...runs.map((round) => round.many.delivered?.good ?? 0)),
  };
}

function cpu(contender: Contender, { measured }: Ran): number {
  return contender.cpuSeconds?.(measured) ?? measured.cpuSeconds;
}

function brief(round: Round): unknown {
  return Object.fromEntries(
    Object.entries(round).map(([name, { measured, stats, delivered }]: [string, Ran]) => {
      const { stdout: _stdout, memory: _memory, ...rest } = measured;
      return [name, { ...rest, calls: stats.calls, seconds: stats.seconds, server: stats.server, ...delivered }];
    }),
  );
}

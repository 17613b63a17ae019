import { Ajv2020 } from "ajv/dist/2020.js";
import { type Bench, having, type Line, type PartResult, type Ran, runFresh, spread, troubleOf } from "../bench.ts";
import type { Contender } from "../contenders.ts";
import type { LoggedCall } from "../endpoint.ts";
import { type OwnJob, type OwnRow, resultOf, rowsOf } from "../ours.ts";
import { ITEM, idealSeconds, shapeOf } from "../shapes.ts";

const LATENCY_MS = 100;
const CONCURRENCY = 64;
const FAULTS = { error500: 0.02, truncate: 0.01, invalid: 0.01, reset: 0.005 };
const TIMEOUT_MS = 1000;

/** What ours must do with broken answers. */
interface Checked {
  /** Released rows that do not fit the schema. */
  readonly invalid: number;
  /** Answers in broken JSON that came whole. */
  readonly broken: number;
  /** Answers that the result says were repaired or could not be used. */
  readonly marked: number;
  /** Released rows that are not those of a run without faults: a question was put again with the error. */
  readonly other: number;
}

type Tried = Ran & { readonly checked?: Checked };

/** Faults of a server, each drawn anew for every try; and the same with calls that never come back. */
export async function faults(bench: Bench): Promise<readonly PartResult[]> {
  const rows = bench.quick ? 500 : 2000;
  const own = bench.contenders.find(({ kind }) => kind === "ours");
  const shape = shapeOf("structured");
  const clean =
    own &&
    rowsOf(
      (await runFresh(bench, own, { name: "clean", behaviour: {}, shape, rows, concurrency: CONCURRENCY })).folder,
    );
  const ideal = idealSeconds(shape, { rows, latencyMs: LATENCY_MS, concurrency: CONCURRENCY });
  const common = `${rows} objects × 1 call at ${LATENCY_MS} ms, ${CONCURRENCY} at a time; 2 % status 500, 1 % torn body, 1 % broken JSON, .5 % reset; ideal ${ideal.toFixed(1)} s.`;
  return [
    await tryAll(bench, {
      contenders: having(bench, "structured"),
      rows,
      clean,
      faults: FAULTS,
      title: "Faults",
      caption: `${common} Seconds: first request to last answer.`,
    }),
    await tryAll(bench, {
      contenders: bench.contenders.flatMap((each) =>
        each.kind === "ours" ? [each, hedged(each)] : each.name === "langchain" ? [each] : [],
      ),
      rows,
      clean,
      faults: { ...FAULTS, hang: 0.01 },
      timeoutMs: TIMEOUT_MS,
      title: "Faults and 1 % hangs",
      caption: `The same, and 1 % of calls get no answer; ${TIMEOUT_MS / 1000} s for a request. Tail: seconds from the moment at which 99 % of the good answers had come to the last.`,
    }),
  ];
}

/** Ours with a second request where the first is slower than 95 % of the answers. */
function hedged(own: Contender): Contender {
  const model = { hedge: 0.95 };
  return {
    ...own,
    name: `${own.name}-hedged`,
    title: `${own.title}, hedge: ${model.hedge}`,
    command: (job) => own.command({ ...job, model } as OwnJob),
  };
}

async function tryAll(
  bench: Bench,
  how: {
    readonly contenders: readonly Contender[];
    readonly rows: number;
    readonly clean: readonly OwnRow[] | undefined;
    readonly faults: Readonly<Record<string, number>>;
    readonly timeoutMs?: number;
    readonly title: string;
    readonly caption: string;
  },
): Promise<PartResult> {
  const rounds = bench.numbers("rounds", bench.quick ? 1 : 3);
  const all = new Map<Contender, (Tried & { readonly tail: number })[]>(how.contenders.map((each) => [each, []]));
  for (let round = 0; round < rounds; round++)
    for (const contender of how.contenders) {
      if (round > 0 && contender.kind === "pipeline") continue;
      const ran = await runFresh(bench, contender, {
        name: "faults",
        behaviour: { latency: `fixed:${LATENCY_MS}`, faults: how.faults },
        shape: shapeOf("structured"),
        rows: how.rows,
        concurrency: CONCURRENCY,
        ...(how.timeoutMs && { timeoutMs: how.timeoutMs }),
      });
      const calls = await bench.endpoint.calls();
      all.get(contender)?.push({
        ...ran,
        tail: tailSeconds(calls),
        ...(how.clean &&
          contender.kind === "ours" &&
          ran.delivered && { checked: check(ran, calls, { folder: ran.folder, clean: how.clean }) }),
      });
      bench.say(`${how.title}, ${contender.title}: ${ran.stats.seconds.toFixed(1)} s`);
    }
  return {
    title: how.title,
    caption: `${how.caption} Ours and bare clients: median of ${rounds} (smallest–largest); pipelines once.`,
    lines: [...all].map(([contender, runs]) => lineOf(contender, runs, how.rows)),
    measured: [...all].map(([{ name }, runs]) => ({
      name,
      runs: runs.map(({ stats, measured, delivered, checked, tail }) => ({
        stats,
        wallSeconds: measured.wallSeconds,
        delivered,
        checked,
        tail,
      })),
    })),
  };
}

function lineOf(contender: Contender, runs: readonly (Tried & { readonly tail: number })[], rows: number): Line {
  const checks = runs.flatMap(({ checked }) => (checked ? [checked] : []));
  const told = (pick: (checked: Checked) => number): string | number =>
    checks.length > 0 ? Math.max(...checks.map(pick)) : "–";
  return {
    who: contender.title,
    calls: Math.max(...runs.map(({ stats }) => stats.calls)),
    "rows lost": Math.max(...runs.map(({ delivered }) => rows - (delivered?.good ?? 0))),
    seconds: spread(
      runs.map(({ stats }) => stats.seconds),
      1,
    ),
    "tail s": spread(
      runs.map(({ tail }) => tail),
      1,
    ),
    "invalid accepted": told(({ invalid }) => invalid),
    "broken unmarked": told(({ broken, marked }) => broken - marked),
    "put again": told(({ other }) => other),
    end: runs.map(troubleOf).find((text) => text !== undefined) ?? "well",
  };
}

function check(
  { measured }: Ran,
  calls: readonly LoggedCall[],
  { folder, clean }: { readonly folder: string; readonly clean: readonly OwnRow[] },
): Checked {
  const fits = new Ajv2020().compile(ITEM);
  const rows = rowsOf(folder);
  const before = new Map(clean.map((row) => [row.id, JSON.stringify(row)]));
  return {
    invalid: rows.filter(({ a }) => !fits(a)).length,
    broken: calls.filter(({ fault, status }) => fault === "invalid" && status === 200).length,
    marked: resultOf(measured).summary.spending.reduce((sum, each) => sum + each.repaired + each.unusable, 0),
    other: rows.filter((row) => JSON.stringify(row) !== before.get(row.id)).length,
  };
}

/** From the moment at which 99 % of the good answers had been given to the last. */
function tailSeconds(calls: readonly LoggedCall[]): number {
  const ends = calls
    .filter(({ status, fault }) => status === 200 && fault === undefined)
    .map(({ t, ms }) => t + ms)
    .sort((a, b) => a - b);
  return ((ends.at(-1) ?? 0) - (ends[Math.floor(ends.length * 0.99)] ?? 0)) / 1000;
}

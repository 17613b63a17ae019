import { setTimeout as sleep } from "node:timers/promises";
import { randomFromSeed } from "../../../src/random.ts";
import { type Bench, freshFolder, having, type Line, type PartResult, type Ran, runJob, troubleOf } from "../bench.ts";
import type { Contender, Job } from "../contenders.ts";
import type { LoggedCall } from "../endpoint.ts";
import { type Cost, costOf, hashOf, pricedAt, resultOf } from "../ours.ts";
import { unreadConnections } from "../process.ts";
import { type Shape, shapeOf } from "../shapes.ts";

/** Drawn anew for each call: answers that come at one time in one burst would make every instant one at which some are not read yet. */
const LATENCY = "lognormal:250,0.3";
const CONCURRENCY = 64;

interface Kill {
  /** Answers that had been written when the kill was ordered. */
  readonly at: number;
  /** Of them, distinct ones, once everything had settled. */
  readonly answered: number;
  /** Good answers that it had received and asked for again. */
  readonly again: number;
  /** Answers that had come and that it had not read yet: nobody can keep those. */
  readonly unread: number;
  readonly missing: number;
  readonly doubled: number;
  readonly resume: Ran;
  /** Ours: the released rows are those of a run that nobody killed. */
  readonly same?: boolean;
  /** Ours: what the result says that the answers cost, and what the endpoint billed for them, each answer once. */
  readonly told?: Cost;
  readonly billed?: Cost;
}

/** SIGKILL to the whole process group at random instants, then a resume: what is lost, doubled, and asked for again. A chain is killed less often. */
export async function kill(bench: Bench): Promise<readonly PartResult[]> {
  const kills = bench.numbers("kills", bench.quick ? 3 : 20);
  const peerKills = bench.numbers("peer-kills", bench.quick ? 1 : 3);
  return [
    await killIn(bench, { shape: shapeOf("text"), rows: bench.quick ? 400 : 2000, kills, peerKills }),
    await killIn(bench, {
      shape: shapeOf("chain"),
      rows: bench.quick ? 150 : 700,
      kills: Math.ceil(kills / 3),
      peerKills: Math.ceil(peerKills / 3),
    }),
  ];
}

async function killIn(
  bench: Bench,
  how: { readonly shape: Shape; readonly rows: number; readonly kills: number; readonly peerKills: number },
): Promise<PartResult> {
  const { shape, rows, kills, peerKills } = how;
  const contenders = having(bench, shape.name).filter(({ kind }) => kind !== "raw");
  const lines: Line[] = [];
  const measured: unknown[] = [];
  for (const contender of contenders) {
    const own = contender.kind === "ours";
    const count = own ? kills : peerKills;
    const calls = rows * shape.columns.length;
    const whole = own ? await undisturbed(bench, contender, shape, rows) : undefined;
    const found: Kill[] = [];
    for (const at of instants(count, calls, shape.name)) {
      found.push(await killAt(bench, contender, { shape, rows, at, whole }));
      bench.say(`kill, ${shape.name}, ${contender.title}, at ${at}: ${found.at(-1)?.again} asked again`);
    }
    lines.push(lineOf(contender, found));
    measured.push({
      name: contender.name,
      kills: found.map(({ resume, ...rest }) => ({ ...rest, wallSeconds: resume.measured.wallSeconds })),
    });
  }
  return {
    title: `kill -9, then resume: ${shape.title}`,
    caption:
      `${rows} rows, ${rows * shape.columns.length} calls at 250 ms (median, log-normal, σ .3), ${CONCURRENCY} at a time; killed once at an instant drawn anew in each part of the run ` +
      `(${kills} for ours, ${peerKills} for the others). Asked again: good answers that it had received and asked for once more; ` +
      `on top come the calls in flight, and answers that had come and lay unread in a socket (in all kills together). Rows: in all kills together. Cost as billed: tokens and dollars of the result are those of the endpoint's log, each answer once.`,
    lines,
    measured,
  };
}

/** One instant in each of equal parts of the run, as answers given; of many, the last is after the last answer, while the run is being finished. */
function instants(count: number, calls: number, label: string): readonly number[] {
  const draw = randomFromSeed(7).split(`kill ${label}`);
  return Array.from({ length: count }, (_, k) =>
    k > 4 && k === count - 1 ? calls : Math.max(1, Math.round((calls * (k + draw.uniform())) / count)),
  );
}

async function undisturbed(bench: Bench, contender: Contender, shape: Shape, rows: number): Promise<string> {
  const folder = freshFolder(bench, `whole-${shape.name}`);
  await bench.endpoint.start({ latency: "0" });
  const ran = await runJob(bench, contender, {
    shape,
    rows,
    folder,
    concurrency: CONCURRENCY,
    baseUrl: bench.endpoint.baseUrl,
  });
  if (ran.delivered?.good !== rows)
    throw new Error(
      `A run that nobody killed delivered ${ran.delivered?.good} of ${rows} rows: ${ran.measured.stdout.slice(-300)}`,
    );
  return hashOf(folder);
}

async function killAt(
  bench: Bench,
  contender: Contender,
  how: {
    readonly shape: Shape;
    readonly rows: number;
    readonly at: number;
    readonly whole: string | undefined;
  },
): Promise<Kill> {
  const { shape, rows, at } = how;
  const folder = freshFolder(bench, `kill-${contender.name}`);
  const job: Job = { shape, rows, folder, concurrency: CONCURRENCY, baseUrl: bench.endpoint.baseUrl };
  await bench.endpoint.start({ latency: LATENCY });
  let unread = 0;
  let stopped = Number.POSITIVE_INFINITY;
  await runJob(bench, contender, job, {
    whileStopped: () => {
      stopped = Date.now();
      unread = unreadConnections(Number(new URL(bench.endpoint.baseUrl).port));
    },
    killWhen: async () => (await bench.endpoint.stats()).servedDistinct >= at,
  });
  await sleep(300); // what was under way at the endpoint ends
  const answered = (await bench.endpoint.stats()).servedDistinct;
  const resume = await runJob(
    bench,
    contender,
    { ...job, resume: true },
    { timeoutSeconds: contender.kind === "ours" ? 120 : 45 },
  );
  const calls = await bench.endpoint.calls();
  return {
    at,
    answered,
    again: Math.max(0, repeated(calls, stopped) - unread),
    unread,
    missing: rows - (resume.delivered?.unique ?? 0),
    doubled: (resume.delivered?.rows ?? 0) - (resume.delivered?.unique ?? 0),
    resume,
    ...(how.whole !== undefined &&
      resume.delivered && {
        same: hashOf(folder) === how.whole,
        told: costOf(resultOf(resume.measured)),
        billed: billedOnce(calls),
      }),
  };
}

/** Questions whose good answer had been sent before an instant (milliseconds since 1970), and that were answered once more. What the endpoint still wrote
 * to a connection that was gone does not count. */
function repeated(calls: readonly LoggedCall[], instant: number): number {
  const times = new Map<string, number[]>();
  for (const { key, status, fault, t, ms } of calls) {
    if (status !== 200 || fault !== undefined) continue;
    const known = times.get(key);
    if (known) known.push(t + ms);
    else times.set(key, [t + ms]);
  }
  return [...times.values()].filter((ends) => ends.length > 1 && Math.min(...ends) <= instant).length;
}

/** What every answer costs, those that were given more than once counted once. */
function billedOnce(calls: readonly LoggedCall[]): Cost {
  const byKey = new Map<string, LoggedCall>();
  for (const call of calls) if (call.status === 200 && call.fault === undefined) byKey.set(call.key, call);
  const sum = (pick: (call: LoggedCall) => number): number =>
    [...byKey.values()].reduce((all, each) => all + pick(each), 0);
  return pricedAt(
    sum(({ prompt }) => prompt),
    sum(({ completion }) => completion),
  );
}

/** Nothing is missing and nothing told twice, to a millionth of a cent. */
function isTrue({ told, billed }: Kill): boolean {
  return (
    told !== undefined &&
    billed !== undefined &&
    told.promptTokens === billed.promptTokens &&
    told.completionTokens === billed.completionTokens &&
    Math.abs(told.dollars - billed.dollars) < 1e-8
  );
}

function lineOf(contender: Contender, kills: readonly Kill[]): Line {
  const sum = (pick: (kill: Kill) => number): number => kills.reduce((total, each) => total + pick(each), 0);
  const own = contender.kind === "ours";
  const trouble = kills.map(({ resume }) => troubleOf(resume)).filter((text) => text !== undefined);
  return {
    who: contender.title,
    kills: kills.length,
    "asked again":
      kills.length > 4
        ? `≤ ${Math.max(...kills.map(({ again }) => again))}, in all ${sum(({ again }) => again)}`
        : kills.map(({ again }) => again).join(" / "),
    unread: sum(({ unread }) => unread),
    "rows missing": sum(({ missing }) => missing),
    doubled: sum(({ doubled }) => doubled),
    "same bytes": own ? `${kills.filter(({ same }) => same).length} of ${kills.length}` : "–",
    "cost as billed": own ? `${kills.filter(isTrue).length} of ${kills.length}` : "–",
    end: trouble.length > 0 ? `${trouble[0]} (${trouble.length} of ${kills.length})` : "well",
  };
}

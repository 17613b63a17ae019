import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Contender, Delivered, Job } from "./contenders.ts";
import { type Behaviour, type Endpoint, type EndpointStats, OTHER_ADDRESS } from "./endpoint.ts";
import { type Measured, measure } from "./process.ts";

export type Line = Record<string, string | number>;

/** A table with what must be known to read it, and everything that was measured for it. */
export interface PartResult {
  readonly title: string;
  readonly caption: string;
  readonly lines: readonly Line[];
  readonly measured: unknown;
}

/** What every part works with. */
export interface Bench {
  readonly endpoint: Endpoint;
  /** Ours first, where there is one. */
  readonly contenders: readonly Contender[];
  readonly quick: boolean;
  /** Where runs keep their files. */
  readonly folder: string;
  readonly numbers: (name: string, otherwise: number) => number;
  readonly say: (text: string) => void;
}

/** One run of a contender. */
export interface Ran {
  readonly measured: Measured;
  readonly stats: EndpointStats;
  readonly delivered: Delivered | undefined;
}

/** Runs a job against the endpoint as it is set.
 * @param options see `measure` */
export async function runJob(
  bench: Bench,
  contender: Contender,
  job: Job,
  options: {
    readonly timeoutSeconds?: number;
    readonly killWhen?: () => boolean | Promise<boolean>;
    readonly whileStopped?: () => void;
  } = {},
): Promise<Ran> {
  mkdirSync(job.folder, { recursive: true });
  const measured = await measure(contender.command(job), {
    log: join(job.folder, "output.log"),
    timeoutSeconds: options.timeoutSeconds ?? 180,
    ...(options.killWhen && { killWhen: options.killWhen }),
    ...(options.whileStopped && { whileStopped: options.whileStopped }),
  });
  return {
    measured,
    stats: await bench.endpoint.stats(),
    delivered: measured.outcome === "ended" ? contender.delivered(job, measured) : undefined,
  };
}

/** Sets the endpoint and runs a job in an empty folder. */
export async function runFresh(
  bench: Bench,
  contender: Contender,
  how: Omit<Job, "baseUrl" | "folder"> & {
    readonly name: string;
    readonly behaviour: Behaviour;
    readonly timeoutSeconds?: number;
  },
): Promise<Ran & { readonly folder: string }> {
  const { name, behaviour, timeoutSeconds, ...job } = how;
  const folder = freshFolder(bench, `${name}-${contender.name}`);
  const fails = behaviour.faults !== undefined || behaviour.capacity !== undefined;
  await bench.endpoint.start(behaviour);
  const ran = await runJob(
    bench,
    contender,
    { ...job, folder, baseUrl: baseUrlFor(contender, bench, fails) },
    timeoutSeconds === undefined ? {} : { timeoutSeconds },
  );
  return { ...ran, folder };
}

/** Where calls fail, a client that must not be used against a failing server is left aside. */
function baseUrlFor({ localClient }: Contender, { endpoint: { baseUrl } }: Bench, fails: boolean): string {
  return localClient && fails ? baseUrl.replace("127.0.0.1", OTHER_ADDRESS) : baseUrl;
}

export function freshFolder(bench: Bench, name: string): string {
  const folder = join(bench.folder, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Those of the contenders that have the shape. */
export function having(bench: Bench, shape: string): readonly Contender[] {
  return bench.contenders.filter(({ shapes }) => shapes?.includes(shape) ?? true);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** The median, with the smallest and the largest where there are several. */
export function spread(values: readonly number[], places: number): string {
  if (values.length === 0) return "–";
  const text = (value: number): string => value.toFixed(places).replace(/^(-?)0\./, "$1.");
  const middle = text(median(values));
  return values.length === 1 ? middle : `${middle} (${text(Math.min(...values))}–${text(Math.max(...values))})`;
}

/** Where a run ended badly, how. */
export function troubleOf({ measured, delivered }: Ran): string | undefined {
  if (measured.outcome !== "ended") return measured.outcome === "timeout" ? "stopped: hangs" : "killed";
  // Ours tells by 3 and 4 that the policy does not let the rows pass, which is a result.
  if (measured.exitCode !== 0 && !(delivered && (measured.exitCode === 3 || measured.exitCode === 4)))
    return `exit ${measured.exitCode}`;
  return delivered === undefined ? "no result" : undefined;
}

import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { readTable } from "../data/read.ts";
import { InvalidArgument, InvalidData, throwIfCancelled } from "../errors.ts";
import { renderScalePage } from "../evidence/report/hybrid/scale-page.ts";
import { lossOf, type PilotMetric } from "../hybrid/planner/pilot.ts";
import { analyseScaling, type ScalingAnalysis } from "../hybrid/scaling/analysis.ts";
import { isForetold } from "../hybrid/scaling/held-out.ts";
import { inMetric } from "../hybrid/scaling/in-metric.ts";
import { type PointColumns, pointsOf, type TablePoints } from "../hybrid/scaling/table-points.ts";
import { randomFromSeed } from "../random.ts";
import { writeFolder } from "../runs/atomic-folder.ts";
import { productVersion } from "../runs/fingerprint.ts";
import { collecting, readEvents } from "./events.ts";
import { freshFolder } from "./files.ts";
import type { JobEvents } from "./job.ts";
import { scaleSentences } from "./scale-words.ts";
import { withDigits } from "./with-digits.ts";

export interface ScaleOptions extends PointColumns {
  /** A table with sizes and losses. */
  readonly points: string;
  /** SELECT over the file, which is the table `source`. */
  readonly query?: string | undefined;
  /** Sizes to foretell the loss at. */
  readonly predict?: readonly number[] | undefined;
  /** A value of the metric to find the size for. */
  readonly target?: number | undefined;
  /** Of every interval, default .9. */
  readonly level?: number | undefined;
  /** Laws of the bootstrap, default 1,000. */
  readonly samples?: number | undefined;
  readonly out?: string | undefined;
  readonly seed?: number | undefined;
  readonly events?: JobEvents | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What `counterfoil scale --json` prints and `scale.json` holds. Values are in the metric's own units, laws and their parameters in losses. */
export interface ScaleResult {
  readonly format: "counterfoil-scale/1";
  readonly version: string;
  /** "refused": the loss does not fall with the size, or a size was asked about that is too far out. */
  readonly decision: "fitted" | "refused";
  /** Whole sentences, the answer first. */
  readonly reasons: readonly string[];
  readonly source: { readonly name: string; readonly rows: number; readonly sha256: string };
  readonly metric: PilotMetric;
  readonly columns: TablePoints["columns"];
  readonly level: number;
  readonly samples: number;
  readonly seed: number;
  readonly laws: readonly ScaleLaw[];
  /** Learners whose points no law can be asked of. */
  readonly left: readonly { readonly group: string; readonly why: string }[];
  /** Over all laws; null: there is one. */
  readonly summary: ScaleSummary | null;
  readonly notices: readonly string[];
}

/** One learner's law. */
export interface ScaleLaw extends ScalingAnalysis {
  readonly sentences: readonly string[];
}

export interface ScaleSummary {
  readonly fitted: number;
  readonly meanRmsdLog: { readonly rectified: number; readonly power: number };
  /** Of the largest size, held out. */
  readonly heldOut: {
    readonly medianLogError: { readonly rectified: number; readonly power: number };
    /** Laws whose interval held what was measured. */
    readonly inside: number;
  };
}

const LEVEL = 0.9;
const SAMPLES = 1000;

/** Fits a scaling law to losses by data size: what doubling the data buys, what size a target needs, and where more data stops helping.
 * @returns "refused" where the loss does not fall with the size, or a size beyond 16 times the largest was asked about; the rest is answered
 * @throws {InvalidArgument} a column that is not there or cannot be guessed; a target that no loss can have
 * @throws {InvalidData} fewer than six sizes; sizes or losses that are not above 0; the same measurement twice */
export async function scale(options: ScaleOptions): Promise<ScaleResult> {
  const { signal } = options;
  const notices: string[] = [];
  const events = collecting(options.events, notices);
  const [level, samples, seed] = [options.level ?? LEVEL, options.samples ?? SAMPLES, options.seed ?? 0];
  const out = options.out === undefined ? undefined : await freshFolder(options.out);
  const name = basename(options.points);
  events.phase?.("read", name);
  const { table, source } = await readTable(options.points, { ...readEvents(events), query: options.query, signal });
  const { groups, metric, columns } = pointsOf(table, options, events.notice);
  const target = options.target === undefined ? null : targetLoss(options.target, metric);
  const random = randomFromSeed(seed).split("scale");
  const laws: ScaleLaw[] = [];
  const left: { readonly group: string; readonly why: string }[] = [];
  events.phase?.("fit", groups.length === 1 ? "one law" : `${groups.length} laws`);
  for (const [i, points] of groups.entries()) {
    throwIfCancelled(signal);
    events.progress?.(i, groups.length, "laws");
    try {
      const analysis = inMetric(
        analyseScaling(points, {
          ...{ predict: options.predict ?? [], target, level, samples },
          random: random.split(points.group ?? ""),
        }),
        metric,
      );
      if (groups.length === 1) for (const notice of analysis.notices) events.notice(notice);
      laws.push({ ...analysis, sentences: scaleSentences(analysis, metric) });
    } catch (error) {
      // One learner that was measured too little does not spoil the others.
      if (!(error instanceof InvalidData) || groups.length === 1) throw error;
      left.push({ group: points.group ?? "", why: error.message });
    }
  }
  events.progress?.(groups.length, groups.length, "laws");
  if (laws.length === 0)
    throw new InvalidData("no-law", left[0]?.why ?? "", { advice: "No learner has enough points." });
  const summary = laws.length > 1 ? summaryOf(laws) : null;
  const refused =
    laws.every(({ fitted }) => fitted === null) ||
    laws.some(({ fitted }) => fitted?.predictions.some(({ answer }) => answer === null));
  const result: ScaleResult = withDigits(
    {
      format: "counterfoil-scale/1",
      version: productVersion(),
      decision: refused ? "refused" : "fitted",
      reasons: summary ? summaryWords(summary, { laws, metric }) : (laws[0]?.sentences ?? []),
      source: { name, rows: table.rows, sha256: source.sha256 },
      ...{ metric, columns, level, samples, seed, laws, left, summary, notices },
    },
    6,
  );
  if (out !== undefined) {
    events.phase?.("report", basename(out));
    const page = await renderScalePage(result);
    await writeFolder(
      out,
      async (folder) => {
        await writeFile(join(folder, "scale.json"), `${JSON.stringify(result, null, 2)}\n`);
        await writeFile(join(folder, "scale.html"), page);
      },
      { signal },
    );
  }
  return result;
}

function targetLoss(target: number, metric: PilotMetric): number {
  const loss = lossOf(metric, target);
  if (loss > 0) return loss;
  throw new InvalidArgument(
    "bad-target",
    `The target ${target} is at or beyond what a perfect learner has (${metric.perfect}).`,
    { advice: "Name a target that is short of perfect." },
  );
}

function summaryOf(laws: readonly ScaleLaw[]): ScaleSummary | null {
  const fitted = laws.flatMap((law) => law.fitted ?? []);
  if (fitted.length === 0) return null;
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    fitted: fitted.length,
    meanRmsdLog: {
      rectified: mean(fitted.map(({ rmsdLog }) => rmsdLog)),
      power: mean(fitted.map(({ power }) => power.rmsdLog)),
    },
    heldOut: {
      medianLogError: {
        rectified: median(fitted.map(({ heldOut }) => Math.abs(heldOut.rectified.logError))),
        power: median(fitted.map(({ heldOut }) => Math.abs(heldOut.power.logError))),
      },
      inside: fitted.filter(({ heldOut }) => isForetold(heldOut)).length,
    },
  };
}

function summaryWords(
  summary: ScaleSummary,
  of: { readonly laws: readonly ScaleLaw[]; readonly metric: PilotMetric },
): readonly string[] {
  const { laws, metric } = of;
  const { fitted, meanRmsdLog, heldOut } = summary;
  const shown = (share: number): string => `${(100 * share).toFixed(2)} %`;
  const gains = laws
    .flatMap(({ group, fitted: law }) => (law ? [{ group, gain: law.doubling.value }] : []))
    .sort((a, b) => b.gain - a.gain);
  const [most, least] = [gains[0], gains.at(-1)];
  const unfitted = laws.length - fitted;
  return [
    `Doubling the data at the largest size takes ${metric.name} ${metric.better === "lower" ? "down" : "up"} by ${median(gains.map(({ gain }) => gain)).toPrecision(3)} (the median of ${fitted} laws): most for ${most?.group} (${most?.gain.toPrecision(3)}), least for ${least?.group} (${least?.gain.toPrecision(3)}).`,
    `The rectified law misses the points by ${shown(meanRmsdLog.rectified)} of the loss on average, a plain power law by ${shown(meanRmsdLog.power)}.`,
    `The largest size, held out, is foretold with a median error of ${shown(Math.expm1(heldOut.medianLogError.rectified))} (plain power law: ${shown(Math.expm1(heldOut.medianLogError.power))}); ${heldOut.inside} of ${fitted} intervals hold what was measured.`,
    ...(unfitted > 0
      ? [
          `For ${laws
            .filter((law) => law.fitted === null)
            .map(({ group }) => group)
            .join(", ")} there is no law: the loss does not fall with the size.`,
        ]
      : []),
  ];
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  return ((sorted[(n - 1) >> 1] as number) + (sorted[n >> 1] as number)) / 2;
}

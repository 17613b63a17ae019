import type { Score } from "../metrics/metric.ts";
import { type CollectedRow, collectTexts, type TextCollector } from "../metrics/text/collect.ts";
import { textMetrics } from "../metrics/text/index.ts";
import type { RunCounts } from "../metrics/text/input.ts";
import { decide } from "../policy/decide.ts";
import type { Decision } from "../policy/decision.ts";
import { type Facts, NOTHING_DECLARED, type RunFacts } from "../policy/facts.ts";
import type { Policy } from "../policy/policy.ts";
import { randomFromSeed } from "../random.ts";
import type { DataLineage } from "../runs/data-lineage.ts";
import type { Lineage, RunSummary } from "../text/run-summary.ts";
import { lineageFacts } from "./source-lineage.ts";

/** What is measured of a run while its rows pass; in the bundle's `run.json`, so that it can be measured again. */
export interface RunMeasures {
  /** Names of the exported columns, in order. */
  readonly columns: readonly string[];
  readonly source: RunFacts["source"];
  readonly judges: readonly { readonly name: string; readonly scale: readonly [number, number] }[];
  readonly intended: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Counts the rows of a run; every one is to be added in the order of the release. */
export function collectRun(measures: RunMeasures, seed: number): TextCollector {
  return collectTexts({ ...measures, random: randomFromSeed(seed).split("judge") });
}

/** Every text metric, in the order of the report. */
export function measureRun(
  collector: TextCollector,
  { run, policy, seed }: { readonly run: RunCounts; readonly policy: Pick<Policy, "level">; readonly seed: number },
): readonly Score[] {
  const input = collector.finish(run, { level: policy.level, seed });
  return textMetrics.map((metric) => metric.measure(input));
}

/** May it be released? */
export function decideRun(
  policy: Policy,
  {
    scores,
    summary,
    source,
    lineage,
  }: {
    readonly scores: readonly Score[];
    readonly summary: RunSummary;
    readonly source: RunFacts["source"];
    readonly lineage: DataLineage;
  },
): Decision {
  const facts: Facts = {
    declared: NOTHING_DECLARED,
    rows: { train: null, holdout: null, synthetic: summary.accepted },
    judged: null,
    queries: null,
    privacy: null,
    lineage: lineageFacts(lineage),
    run: {
      asked: summary.asked,
      accepted: summary.accepted,
      attempts: summary.attempts,
      price: priceOf(summary),
      ended: summary.stopped?.reason ?? "complete",
      source,
    },
  };
  return decide(policy, scores, facts);
}

/** US dollars of all answers; null: that of one of them is not known. */
export function priceOf({ spending }: Pick<RunSummary, "spending">): number | null {
  return addUp(spending.map(({ price }) => price));
}

/** A sum of which one part is not known is not known. */
export function addUp(parts: readonly (number | null)[]): number | null {
  return parts.includes(null) ? null : parts.reduce<number>((sum, part) => sum + (part as number), 0);
}

/** One line of the bundle's lineage: what a row of the release rests on, without any text. */
export interface LineageLine {
  readonly row: number;
  /** Number of the attempt. */
  readonly attempt: number;
  readonly sourceRow: number | null;
  readonly sample: number;
  /** Keys of its calls, in the order of the steps. */
  readonly calls: readonly string[];
  readonly replayed: number;
  /** Null: a provider did not say. */
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  /** US dollars; null: not known. */
  readonly price: number | null;
  readonly repaired: boolean;
}

export function lineageLine(lineage: Lineage): LineageLine {
  const calls = lineage.steps.flatMap((step) => step.calls);
  return {
    row: lineage.row,
    attempt: lineage.index,
    sourceRow: lineage.sourceIndex,
    sample: lineage.sample,
    calls: calls.map(({ key }) => key),
    replayed: calls.filter(({ replayed }) => replayed).length,
    promptTokens: addUp(calls.map(({ usage }) => usage?.promptTokens ?? null)),
    completionTokens: addUp(calls.map(({ usage }) => usage?.completionTokens ?? null)),
    price: addUp(calls.map(({ price }) => price)),
    repaired: calls.some(({ mark }) => mark?.repaired !== undefined),
  };
}

/** The scores that judges gave a row, by step and name. */
export function judgedOf(
  lineage: Lineage,
  judges: readonly { readonly step: string; readonly scores: readonly string[] }[],
): CollectedRow["judged"] {
  const out: Record<string, number> = {};
  for (const { step, scores } of judges) {
    const value = lineage.steps.find((item) => item.step === step)?.value;
    if (value === null || typeof value !== "object" || Array.isArray(value)) continue;
    for (const name of scores) {
      const score = (value as Readonly<Record<string, unknown>>)[name];
      if (typeof score === "number") out[`${step}.${name}`] = score;
    }
  }
  return out;
}

import { columnOf, type Table } from "../data/table.ts";
import { InvalidArgument, InvalidData } from "../errors.ts";
import type { CrossFitted } from "../hybrid/estimation/cross-fitted.ts";
import type { Inference, MethodName } from "../hybrid/estimation/estimation.ts";
import { inferSample } from "../hybrid/estimation/infer-sample.ts";
import type { PairedSample } from "../hybrid/estimation/sample.ts";
import type { InferEstimation, InferFile, InferResult, InferSource } from "../hybrid/infer-result.ts";
import { type AuxiliaryWords, alarmWords, answerSentences, tablesSentences } from "../hybrid/infer-words.ts";
import { type Random, randomFromSeed } from "../random.ts";
import { productVersion } from "../runs/fingerprint.ts";
import { collecting } from "./events.ts";
import { CROSS_FITTED, withCrossFit } from "./infer-cross-fit.ts";
import { inferLimits } from "./infer-limits.ts";
import { checkInferOptions, type InferOptions } from "./infer-options.ts";
import { makeSample } from "./infer-sample.ts";
import { combineTables } from "./infer-tables.ts";
import { layUnits, type NamedTable, type Units } from "./infer-units.ts";
import { withDigits } from "./with-digits.ts";

/** A file that was read. */
export interface OpenedFile extends NamedTable {
  readonly sha256: string;
}

/** The files that the options name, in their order. */
export interface OpenedFiles {
  readonly labelled: OpenedFile;
  readonly unlabelled?: OpenedFile | undefined;
  readonly synthetic: readonly OpenedFile[];
  /** What was noticed while they were read. */
  readonly notices?: readonly string[] | undefined;
}

const LEVEL = 0.9;

/** What may be concluded from tables that were read; the work of {@link infer} without its files.
 * @param files.synthetic paired with units where the options name a key, else tables of a synthesizer
 * @throws {InvalidArgument} a formula, column or option that does not fit
 * @throws {InvalidData} keys, proxies, weights or covariates that cannot be used; terms that are combinations of each other */
export async function answer(files: OpenedFiles, options: InferOptions): Promise<InferResult> {
  const formula = checkInferOptions(options);
  const notices: string[] = [...(files.notices ?? [])];
  const events = collecting(options.events, notices);
  const { notice } = events;
  const { labelled, unlabelled, synthetic } = files;
  const level = options.level ?? LEVEL;
  const seed = options.seed ?? 0;
  checkColumns(labelled.table, options);
  const paired = options.key === undefined ? [] : synthetic;
  const free = options.key === undefined ? synthetic : [];
  const hasSources = paired.length > 0 || (options.proxies ?? []).length > 0;
  const units = layUnits(
    { labelled, unlabelled },
    {
      formula,
      options,
      needsCovariates: paired.length === 0 || (options.proxies ?? []).length > 0 || options.crossFit === true,
      notice,
    },
  );
  const laid = makeSample(units, paired, { formula, options, notice });
  const random = randomFromSeed(seed).split("infer");
  const fits = options.crossFit || (!hasSources && laid.sample.units > laid.sample.labelled.length);
  const crossed = fits ? await withCrossFit(laid, units, { options, random, events }) : { sample: laid.sample };
  const { sample } = crossed;
  events.phase?.("estimate", `${sample.labelled.length} labelled of ${sample.units} units`);
  const found = estimate(sample, units, { level, crossFitted: crossed.crossFitted, random: random.split("alarms") });
  if (!("impossible" in found)) found.notices.forEach(notice);
  const estimations = "impossible" in found ? [] : found.estimations.map(plainEstimation);
  const primary = "impossible" in found ? null : primaryOf(found, estimations, options.method);
  const own = estimations.find(({ method }) => method === primary);
  const alone = estimations.find(({ method }) => method === "labelled-only")?.terms;
  const headline = own?.terms?.find(({ term }) => term !== "(intercept)") ?? own?.terms?.[0];
  const tables =
    free.length > 0 && alone
      ? combineTables(free, { units, formula, options, realRows: sample.labelled.length, alone, level, notice })
      : null;
  const alarms =
    "impossible" in found
      ? []
      : [found.overidentification, found.covariateBalance].flatMap((test) =>
          test === null ? [] : [{ ...test, words: alarmWords(test) }],
        );
  const sources: InferSource[] = sample.sources.map(({ name, kind }) => ({
    name,
    kind: name === CROSS_FITTED ? "cross-fitted" : kind,
  }));
  // Where there is nothing but labels, their own estimate is no second best.
  const refusal = "impossible" in found ? found.impossible : sample.sources.length > 0 ? found.refusal : null;
  const fired = alarms.filter(({ rejected }) => rejected).map(({ words }) => words);
  return withDigits<InferResult>(
    {
      format: "counterfoil-infer/1",
      version: productVersion(),
      decision: own?.terms ? (fired.length > 0 ? "alarm" : "estimated") : "none",
      sentences: [
        ...(own?.terms && headline
          ? answerSentences({
              outcome: units.outcome,
              labelled: sample.labelled.length,
              unlabelled: sample.units - sample.labelled.length,
              auxiliary: auxiliaryWords(sources),
              level,
              primary: own,
              headline,
              naive:
                sources.length === 0
                  ? undefined
                  : (estimations.find(({ method }) => method === "naive-pooling")?.terms ?? undefined),
            })
          : ["No valid interval can be given."]),
        ...fired,
        ...(refusal === null ? [] : [refusal]),
        ...(tables && headline ? tablesSentences(tables, headline.term) : []),
      ],
      formula: options.formula,
      family: units.outcome.family.kind,
      probability: units.outcome.family.kind === "quantile" ? units.outcome.family.probability : null,
      outcome: { column: units.outcome.column, label: units.outcome.label, labels: units.outcome.labels },
      level,
      seed,
      units: sample.units,
      labelled: sample.labelled.length,
      files: filesOf(files),
      sources,
      primary,
      refusal,
      headline: headline?.term ?? null,
      estimations,
      alarms,
      tables,
      notices,
    },
    12,
  );
}

/** Fails on a mistyped name before hours of work. */
function checkColumns(table: Table, options: InferOptions): void {
  for (const name of [
    ...(options.proxies ?? []),
    options.key,
    options.weights,
    options.strata,
    options.labellingChance,
  ])
    if (name !== undefined) columnOf(table, name);
}

function filesOf({ labelled, unlabelled, synthetic }: OpenedFiles): readonly InferFile[] {
  const file = (role: InferFile["role"], { name, table, sha256 }: OpenedFile): InferFile => ({
    role,
    name,
    rows: table.rows,
    sha256,
  });
  return [
    file("labelled", labelled),
    ...(unlabelled ? [file("unlabelled", unlabelled)] : []),
    ...synthetic.map((item) => file("synthetic", item)),
  ];
}

/** Codes of data from which no valid interval can be had: an answer, not an error. */
const NO_INTERVAL: readonly string[] = ["too-few-labelled", "separated-term"];

function estimate(
  sample: PairedSample,
  units: Units,
  of: { readonly level: number; readonly crossFitted: CrossFitted | undefined; readonly random: Random },
): Inference | { readonly impossible: string } {
  try {
    const found = inferSample(sample, units.outcome.family, of);
    const alone = found.estimations.find(({ method }) => method === "labelled-only");
    const { impossible, rough } = inferLimits(sample, {
      outcome: units.outcome,
      alone: alone && "terms" in alone ? alone : undefined,
    });
    return impossible === null ? { ...found, notices: [...found.notices, ...rough] } : { impossible };
  } catch (error) {
    if (error instanceof InvalidData && NO_INTERVAL.includes(error.code))
      return { impossible: [error.message, error.advice].filter(Boolean).join(" ") };
    throw error;
  }
}

function plainEstimation(item: Inference["estimations"][number]): InferEstimation {
  const none = { terms: null, covariance: null, degreesOfFreedom: null, lambda: null };
  if ("notComputable" in item) return { method: item.method, ...none, notComputable: item.notComputable };
  const p = item.terms.length;
  return {
    method: item.method,
    terms: item.terms,
    covariance: Array.from({ length: p }, (_, i) => [...item.covariance.subarray(i * p, (i + 1) * p)]),
    degreesOfFreedom: item.degreesOfFreedom,
    lambda: item.lambda ?? null,
    notComputable: null,
  };
}

/** @throws {InvalidArgument} the method asked for gives no estimate here */
function primaryOf(
  found: Inference,
  estimations: readonly InferEstimation[],
  asked: MethodName | undefined,
): MethodName {
  if (asked === undefined) return found.primary;
  const own = estimations.find(({ method }) => method === asked);
  if (own?.terms) return asked;
  throw new InvalidArgument(
    "no-estimate",
    `The method "${asked}" gives no estimate here. ${own?.notComputable ?? ""}`.trim(),
    {
      advice: `Leave --method out: "${found.primary}" does.`,
    },
  );
}

function auxiliaryWords(sources: readonly InferSource[]): AuxiliaryWords {
  const has = (kind: InferSource["kind"]): boolean => sources.some((source) => source.kind === kind);
  if (has("proxy") && has("synthetic")) return "predictions and synthetic rows";
  return has("synthetic") ? "synthetic rows" : has("proxy") ? "predictions" : "unlabelled rows";
}

import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { readTable } from "../data/read.ts";
import { columnOf, selectColumns, type Table, takeRows } from "../data/table.ts";
import { InvalidArgument, InvalidData } from "../errors.ts";
import { renderInferPage } from "../evidence/report/hybrid/infer-page.ts";
import { threadExecutor } from "../executors/threads.ts";
import { crossFit, outOfFold } from "../hybrid/cross-fit.ts";
import type { CrossFitted } from "../hybrid/estimation/cross-fitted.ts";
import { type Inference, METHODS, type MethodName } from "../hybrid/estimation/estimation.ts";
import { inferSample } from "../hybrid/estimation/infer-sample.ts";
import type { PairedSample } from "../hybrid/estimation/sample.ts";
import { takeMatrixRows } from "../hybrid/formula/design.ts";
import { parseFormula } from "../hybrid/formula/formula.ts";
import type { InferEstimation, InferFile, InferResult, InferSource } from "../hybrid/infer-result.ts";
import { type AuxiliaryWords, alarmWords, answerSentences, tablesSentences } from "../hybrid/infer-words.ts";
import { suggest } from "../math/nearest-name.ts";
import { type Random, randomFromSeed } from "../random.ts";
import { writeFolder } from "../runs/atomic-folder.ts";
import { productVersion } from "../runs/fingerprint.ts";
import { collecting, readEvents } from "./events.ts";
import { freshFolder } from "./files.ts";
import type { InferOptions } from "./infer-options.ts";
import { makeSample } from "./infer-sample.ts";
import { combineTables } from "./infer-tables.ts";
import { apartFrom, layUnits, type NamedTable, type Units } from "./infer-units.ts";

const LEVEL = 0.9;

/** Estimates a mean, a quantile or the coefficients of a regression from few real labels and many predictions or synthetic rows, with intervals
 * that hold whatever these are worth.
 * @returns "estimated"; "alarm" where a test says that labels were not given at random; "none" where too few labels give no valid interval
 * @throws {InvalidArgument} a formula, column or option that does not fit
 * @throws {InvalidData} keys, proxies, weights or covariates that cannot be used; terms that are combinations of each other */
export async function infer(options: InferOptions): Promise<InferResult> {
  const formula = parseFormula(options.formula);
  checkOptions(options);
  const notices: string[] = [];
  const events = collecting(options.events, notices);
  const { notice } = events;
  const out = options.out === undefined ? undefined : await freshFolder(options.out);
  const level = options.level ?? LEVEL;
  const seed = options.seed ?? 0;
  const files: InferFile[] = [];
  const open = async (path: string, role: InferFile["role"]): Promise<NamedTable> => {
    const name = basename(path);
    events.phase?.("read", name);
    const { table, source } = await readTable(path, {
      ...readEvents(events),
      threads: options.threads,
      signal: options.signal,
    });
    files.push({ role, name, rows: table.rows, sha256: source.sha256 });
    return { name, table };
  };
  const labelled = await open(options.labelled, "labelled");
  const unlabelled = options.unlabelled === undefined ? undefined : await open(options.unlabelled, "unlabelled");
  const synthetic: NamedTable[] = [];
  for (const path of options.synthetic ?? []) synthetic.push(await open(path, "synthetic"));
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
  const found = estimate(sample, units, { level, crossFitted: crossed.crossFitted });
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
  const refusal = "impossible" in found ? found.impossible : found.refusal;
  const fired = alarms.filter(({ rejected }) => rejected).map(({ words }) => words);
  const result: InferResult = rounded({
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
    outcome: { column: units.outcome.column, labels: units.outcome.labels },
    level,
    seed,
    units: sample.units,
    labelled: sample.labelled.length,
    files,
    sources,
    primary,
    refusal,
    headline: headline?.term ?? null,
    estimations,
    alarms,
    tables,
    notices,
  });
  if (out !== undefined) {
    events.phase?.("report", basename(out));
    await writeFolder(
      out,
      async (folder) => {
        await writeFile(join(folder, "infer.json"), `${JSON.stringify(result, null, 2)}\n`);
        await writeFile(join(folder, "infer.html"), renderInferPage(result));
      },
      { signal: options.signal },
    );
  }
  return result;
}

/** The source that stands for the models of the labelled rows themselves. */
const CROSS_FITTED = "cross-fitted trees";

function checkOptions(options: InferOptions): void {
  const { synthetic = [], key, synthesis, probability, family, level } = options;
  const wrong = (message: string, advice: string): InvalidArgument =>
    new InvalidArgument("bad-options", message, { advice });
  if (synthesis !== undefined && (synthetic.length === 0 || key !== undefined))
    throw wrong(
      "How tables were synthesised matters where they are given without a key only.",
      "Give --synthetic without --key, or leave --synthesis out.",
    );
  if (probability !== undefined && family !== "quantile")
    throw wrong("A probability belongs to a quantile.", "Add --family quantile.");
  for (const [what, value] of [
    ["level", level],
    ["probability", probability],
  ] as const)
    if (value !== undefined && !(value > 0 && value < 1))
      throw wrong(`The ${what} is ${value}; it lies between 0 and 1.`, `Give .9 for 90 %.`);
  if (options.method !== undefined && !METHODS.includes(options.method))
    throw new InvalidArgument(
      "unknown-method",
      `There is no method "${options.method}"${suggest(options.method, METHODS)}.`,
    );
  if (options.method === "naive-pooling")
    throw wrong(
      "Naive pooling gives no valid interval; it is shown beside the others only because it fails.",
      "Choose another method.",
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

async function withCrossFit(
  laid: { readonly sample: PairedSample; readonly rows: Uint32Array },
  units: Units,
  of: { readonly options: InferOptions; readonly random: Random; readonly events: ReturnType<typeof collecting> },
): Promise<{ readonly sample: PairedSample; readonly crossFitted?: CrossFitted | undefined }> {
  const { sample, rows } = laid;
  const { options, events } = of;
  const apart = apartFrom(units.outcome, { ...options, strata: undefined });
  const names = units.table.columns.map(({ name }) => name).filter((name) => !apart.includes(name));
  const n = sample.labelled.length;
  if (n < FEWEST_TO_LEARN || sample.units === n || sample.units > rows.length) {
    events.notice(
      n < FEWEST_TO_LEARN
        ? `${n} labels are too few to learn a model from (${FEWEST_TO_LEARN} at least), so unlabelled rows are not used.`
        : "There are no unlabelled rows of the table itself, so no model of the labels is made.",
    );
    return { sample };
  }
  events.phase?.("cross-fit", `5 models of ${n} labels`);
  const executor = threadExecutor(options.threads);
  try {
    const kept = selectColumns(units.table, names);
    const fit = await crossFit(rows.length === kept.rows ? kept : takeRows(kept, rows), {
      labelled: sample.labelled,
      outcome: sample.real.outcome,
      chance: units.outcome.labels !== null,
      random: of.random.split("cross-fit"),
      executor,
      signal: options.signal,
    });
    if (!fit) {
      events.notice("No column is left to predict the outcome from, so unlabelled rows are not used.");
      return { sample };
    }
    events.notice(
      `No predictions were given for the unlabelled rows${options.crossFit ? " by this model" : ""}: boosted trees, each fitted without a fifth of the labels, predict them from ${fit.predictors.length} column${fit.predictors.length === 1 ? "" : "s"}.`,
    );
    const design = takeMatrixRows(units.matrix, sample.width, rows);
    const outcome = outOfFold(fit, { labelled: sample.labelled, average: units.outcome.family.kind !== "quantile" });
    const inRange =
      units.outcome.family.kind === "poisson"
        ? (value: number): number => Math.max(0, value)
        : (value: number): number => value;
    return {
      sample: {
        ...sample,
        sources: [...sample.sources, { name: CROSS_FITTED, kind: "proxy", design, outcome: outcome.map(inRange) }],
      },
      crossFitted: { design, predictions: fit.predictions.map((values) => values.map(inRange)), foldOf: fit.foldOf },
    };
  } finally {
    await executor.close();
  }
}

const FEWEST_TO_LEARN = 25;

/** Codes of data from which no valid interval can be had: an answer, not an error. */
const NO_INTERVAL: readonly string[] = ["too-few-labelled", "separation"];

function estimate(
  sample: PairedSample,
  units: Units,
  of: { readonly level: number; readonly crossFitted: CrossFitted | undefined },
): Inference | { readonly impossible: string } {
  try {
    return inferSample(sample, units.outcome.family, of);
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

/** Twelve digits are more than an estimate has, and the same on every machine. */
function rounded<T>(value: T): T {
  if (typeof value === "number") return (Number.isInteger(value) ? value : Number(value.toPrecision(12))) as T;
  if (Array.isArray(value)) return value.map(rounded) as T;
  if (value !== null && typeof value === "object")
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rounded(item)])) as T;
  return value;
}

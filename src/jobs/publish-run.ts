import { rm } from "node:fs/promises";
import { basename } from "node:path";
import { cellKinds, tableOfJson } from "../data/json-rows.ts";
import { type LineColumn, parquetOfJsonLines, writeJsonLines } from "../data/write-json-lines.ts";
import { throwIfCancelled } from "../errors.ts";
import { type BundleFolder, jsonText, sealBundle } from "../evidence/bundle.ts";
import { saltedDigest, sha256 } from "../evidence/canonical.ts";
import { writeEvaluation } from "../evidence/evaluation-folder.ts";
import { dataDigests, SYNTHETIC_MARK } from "../evidence/manifest.ts";
import type { RunReportInput, ShownLineage } from "../evidence/report/text/input.ts";
import { renderRunReport } from "../evidence/report/text/render.ts";
import type { Signer } from "../evidence/sign.ts";
import type { Json } from "../llm/model.ts";
import type { Score } from "../metrics/metric.ts";
import type { TextCollector } from "../metrics/text/collect.ts";
import { textMetrics } from "../metrics/text/index.ts";
import type { Decision } from "../policy/decision.ts";
import type { Policy } from "../policy/policy.ts";
import { publicDecision } from "../policy/public-decision.ts";
import { secureBytes } from "../random.ts";
import { systemClock } from "../runs/clock.ts";
import { type DataLineage, knownLineage, learntFrom, lineageMetadata, withoutCounts } from "../runs/data-lineage.ts";
import { fingerprint, productVersion } from "../runs/fingerprint.ts";
import { BUNDLE } from "../runs/layout.ts";
import { appendToLedger } from "../runs/ledger.ts";
import { userFolders } from "../runs/user-folders.ts";
import { schemaToYaml } from "../schema/file.ts";
import { inferSchema } from "../schema/infer.ts";
import type { Lineage, RunSummary } from "../text/run-summary.ts";
import type { JobEvents } from "./job.ts";
import {
  collectRun,
  decideRun,
  judgedOf,
  type LineageLine,
  lineageLine,
  measureRun,
  type RunMeasures,
} from "./judge-run.ts";

/** An accepted row on its way into the bundle. */
export interface ReleasedRow {
  /** The exported columns. */
  readonly values: Readonly<Record<string, Json>>;
  readonly lineage: Lineage;
  /** The cells of its source row that a prompt reads, as texts; empty: none. They are measured against, and go no further. */
  readonly source: readonly string[];
}

/** A model that a recipe names. */
export interface RunModel {
  /** The recipe's own name. */
  readonly name: string;
  readonly provider: string;
  readonly model: string;
  /** Without key, user or password. */
  readonly endpoint: string;
}

export interface RunSource {
  /** The file or folder; only the last part of its path is told. */
  readonly name: string;
  /** False: a bundle of synthetic data. */
  readonly real: boolean;
  /** Of the bytes that were read, lower-case hex; only a salted digest of it leaves the house. */
  readonly sha256: string;
  readonly rows: number;
  /** 0 where nothing says that it is synthetic. */
  readonly generation: number;
}

/** A judge's cell, which is told of though it is not exported. */
export interface RunJudge {
  /** Name of the step. */
  readonly step: string;
  /** Names of the scores in its cell. */
  readonly scores: readonly string[];
  readonly scale: readonly [number, number];
}

/** A run that is over. */
export interface RunPublication {
  readonly title: string;
  /** Final path of the bundle, absolute. */
  readonly out: string;
  /** The recipe as it was run: plain JSON, without keys, functions and paths of private data. It goes into the bundle as it is. */
  readonly recipe: Readonly<Record<string, unknown>>;
  readonly seed: number;
  /** Names of the exported columns, in order. */
  readonly columns: readonly string[];
  /** In the order of the release; read once, one at a time. */
  readonly rows: AsyncIterable<ReleasedRow> | Iterable<ReleasedRow>;
  /** Asked for once the rows were read. */
  readonly summary: () => RunSummary;
  readonly models: readonly RunModel[];
  /** Null: the recipe has no source. */
  readonly source: RunSource | null;
  /** Exported columns that hold cells of a real source as they are; default: none. Who makes texts of this release needs the permission to show them a model. */
  readonly verbatim?: readonly string[] | undefined;
  /** Default: none. */
  readonly judges?: readonly RunJudge[] | undefined;
  /** What samplers were told to draw, for exported columns: shares by label. Default: nothing is known. */
  readonly intended?: Readonly<Record<string, Readonly<Record<string, number>>>> | undefined;
  readonly policy: Policy;
  readonly policyText: string;
  readonly signer: Signer;
  readonly notices: readonly string[];
  /** Write CSV beside Parquet and JSON lines. */
  readonly csv?: boolean | undefined;
  readonly events: JobEvents;
  readonly signal?: AbortSignal | undefined;
}

/** Writes the release (Parquet and JSON lines), its lineage and what the run came to, judges it, decides by the policy, writes the report and seals the
 * bundle; the ledger learns of it. Memory does not grow with the rows, but for some tens of bytes each.
 *
 * Of a real source nothing goes into the bundle but numbers: no cell of it, no prompt, no intermediate cell that is not exported, and no words about a
 * rejected row, which could quote one.
 * @param folder the unfinished bundle: `writeBundle(out, (folder) => publishRun(folder, …))`
 * @returns `evaluation`: the folder beside the bundle that holds scores and decision where the policy publishes none
 * @throws {ResourceError} disk full, read-only
 * @throws {Cancelled} the signal fired */
export async function publishRun(folder: BundleFolder, run: RunPublication): Promise<PublishedRun> {
  const { policy, seed, events, signal } = run;
  const measures: RunMeasures = {
    columns: run.columns,
    source: run.source === null ? "none" : run.source.real ? "real" : "synthetic",
    judges: (run.judges ?? []).flatMap(({ step, scores, scale }) =>
      scores.map((score) => ({ name: `${step}.${score}`, scale })),
    ),
    intended: run.intended ?? {},
  };
  const collector = collectRun(measures, seed);
  const lineage = lineageOf(run);
  const written = await writeRelease(folder, { run, measures, collector, lineage });
  const summary = run.summary();
  if (summary.accepted !== written.rows)
    throw new Error(`the run tells of ${summary.accepted} accepted rows, and gave ${written.rows}`);

  events.phase?.("evaluate", `${textMetrics.length} metrics`);
  const scores = measureRun(collector, { run: summary, policy, seed });
  const decision = decideRun(policy, { scores, summary, source: measures.source, lineage });

  events.phase?.("report", `${scores.length} scores, signed by ${run.signer.keyId.slice(0, 12)}…`);
  const shown = measures.source === "real" ? withoutWords(summary) : summary;
  await folder.writeText(
    BUNDLE.run,
    jsonText({ format: "counterfoil-run/1", ...measures, verbatim: run.verbatim ?? [], lineage, summary: shown }),
  );
  const schemaText = schemaToYaml(inferSchema(tableOfJson(run.columns, written.first)));
  const page: RunReportInput = {
    ...reportInput(run, { decision, scores, summary: shown, schemaText, lineage }),
    rows: written.first.slice(0, SHOWN_ROWS),
    lineage: written.traced && shownLineage(written.traced, { isReal: measures.source === "real" }),
  };
  const withholds = !policy.publishEvaluation;
  const published = withholds ? { scores: [], decision: publicDecision(policy, decision.facts) } : { scores, decision };
  const evaluation = withholds
    ? await writeEvaluation(
        run.out,
        new Map([
          [BUNDLE.report, renderRunReport(page)],
          [BUNDLE.scores, jsonText(scores)],
          [BUNDLE.decision, jsonText(decision)],
        ]),
        { signal },
      )
    : null;
  try {
    await folder.writeText(BUNDLE.report, renderRunReport({ ...page, ...published }));
    const salt = Buffer.from(secureBytes(32)).toString("hex");
    const sealed = await sealBundle(folder, {
      job: "run",
      seed,
      recipe: run.recipe,
      ...published,
      policyText: run.policyText,
      schemaText,
      splitSha256: null,
      inputs: run.source ? [{ role: "source", saltedSha256: saltedDigest(salt, run.source.sha256) }] : [],
      lineage,
      signer: run.signer,
      clock: systemClock,
    });
    const told = await appendToLedger(userFolders(), {
      format: "counterfoil-ledger/1",
      time: sealed.manifest.created,
      job: "run",
      version: fingerprint().version,
      seed,
      sourceSha256: run.source?.sha256 ?? "",
      salt,
      decision: decision.decision,
      manifestSha256: sealed.manifestSha256,
      released: { ...knownLineage(lineage), sha256s: dataDigests(sealed.manifest) },
    });
    if (told) events.notice?.(told);
  } catch (error) {
    if (evaluation !== null) await rm(evaluation, { recursive: true, force: true });
    throw error;
  }
  return { scores, decision, lineage, rows: written.rows, evaluation };
}

export interface PublishedRun {
  readonly scores: readonly Score[];
  readonly decision: Decision;
  readonly lineage: DataLineage;
  readonly rows: number;
  readonly evaluation: string | null;
}

/** Rows that a model makes up by itself are as far from real ones as those that it makes of real ones. */
function lineageOf({ source, policy }: RunPublication): DataLineage {
  const lineage = learntFrom(source ? [{ role: "source", generation: source.generation, rows: source.rows }] : []);
  return policy.publishEvaluation ? lineage : withoutCounts(lineage);
}

/** Rows of the release that the report shows. */
const SHOWN_ROWS = 5;
/** Rows from which the schema is inferred. */
const SCHEMA_ROWS = 2000;
/** The row with the most calls among the first of the release is the one that the report follows. */
const TRACED_AMONG = 20;

interface WrittenRelease {
  readonly rows: number;
  /** The first rows, for the schema and the report. */
  readonly first: readonly Readonly<Record<string, Json>>[];
  readonly traced: TracedRow | null;
}

interface TracedRow {
  readonly lineage: Lineage;
  readonly values: Readonly<Record<string, Json>>;
}

async function writeRelease(
  folder: BundleFolder,
  what: {
    readonly run: RunPublication;
    readonly measures: RunMeasures;
    readonly collector: TextCollector;
    readonly lineage: DataLineage;
  },
): Promise<WrittenRelease> {
  const { run, measures, collector } = what;
  const { columns, events, signal } = run;
  const dataPath = folder.pathOf(BUNDLE.syntheticJsonl);
  const linesPath = folder.pathOf("lineage.jsonl");
  const data = await writeJsonLines(dataPath);
  const lines = await writeJsonLines(linesPath);
  const kinds = columns.map(() => cellKinds());
  const first: Readonly<Record<string, Json>>[] = [];
  let traced: (TracedRow & { readonly calls: number }) | null = null;
  let rows = 0;
  try {
    for await (const { values, lineage, source } of run.rows) {
      throwIfCancelled(signal);
      const own = Object.fromEntries(columns.map((name) => [name, values[name] ?? null]));
      columns.forEach((name, j) => {
        kinds[j]?.add(own[name]);
      });
      const line = lineageLine(lineage);
      const judged = judgedOf(lineage, run.judges ?? []);
      await data.add(own);
      await lines.add({ ...line, ...judged });
      collector.add({ values: own, source, repaired: line.repaired, judged });
      if (rows < SCHEMA_ROWS) first.push(own);
      if (rows < TRACED_AMONG && (traced === null || line.calls.length > traced.calls))
        traced = { lineage, values: own, calls: line.calls.length };
      rows++;
    }
  } catch (error) {
    await Promise.all([data.abandon(), lines.abandon()]);
    throw error;
  }
  events.phase?.("write", "the release and its lineage");
  const { longestLine } = await data.close();
  const { longestLine: longestLineage } = await lines.close();
  await parquetOfJsonLines(dataPath, {
    parquet: folder.pathOf(BUNDLE.synthetic),
    ...(run.csv ? { csv: folder.pathOf(BUNDLE.syntheticCsv) } : {}),
    columns: columns.map((name, j) => ({ name, type: (kinds[j] as ReturnType<typeof cellKinds>).type() })),
    longestLine,
    metadata: {
      "counterfoil:digitalSourceType": SYNTHETIC_MARK,
      "counterfoil:version": productVersion(),
      ...lineageMetadata(knownLineage(what.lineage)),
    },
    signal,
  });
  await parquetOfJsonLines(linesPath, {
    parquet: folder.pathOf(BUNDLE.lineage),
    columns: [...LINEAGE_COLUMNS, ...measures.judges.map(({ name }) => ({ name, type: "double" as const }))],
    longestLine: longestLineage,
    metadata: { "counterfoil:version": productVersion() },
    signal,
  });
  await rm(linesPath);
  return { rows, first, traced };
}

const LINEAGE_COLUMNS: readonly (LineColumn & { readonly name: keyof LineageLine })[] = [
  { name: "row", type: "integer" },
  { name: "attempt", type: "integer" },
  { name: "sourceRow", type: "integer" },
  { name: "sample", type: "integer" },
  { name: "calls", type: "texts" },
  { name: "replayed", type: "integer" },
  { name: "promptTokens", type: "integer" },
  { name: "completionTokens", type: "integer" },
  { name: "price", type: "double" },
  { name: "repaired", type: "boolean" },
];

/** Without what was said of rejected rows. */
function withoutWords(summary: RunSummary): RunSummary {
  return {
    ...summary,
    rejections: summary.rejections.map((rejection) => ({
      ...rejection,
      examples: rejection.examples.map((example) => ({ ...example, detail: "" })),
    })),
  };
}

/** The way of a row. Where the source is real only cells that are in the release anyway are shown, and not why an answer was no use, which may quote it. */
function shownLineage({ lineage, values }: TracedRow, { isReal }: { readonly isReal: boolean }): ShownLineage {
  const released = new Set(Object.values(values).flatMap(leavesOf));
  return {
    ...lineage,
    values,
    steps: lineage.steps.map((step) => ({
      ...step,
      calls: isReal
        ? step.calls.map((call) => (call.mark?.unusable ? { ...call, mark: { ...call.mark, unusable: "" } } : call))
        : step.calls,
      isShown: !isReal || (step.value !== null && leavesOf(step.value).every((leaf) => released.has(leaf))),
    })),
  };
}

/** The texts, numbers and so on that a cell is made of. */
function leavesOf(value: Json): readonly string[] {
  if (value === null || typeof value !== "object") return [JSON.stringify(value)];
  return Object.values(value).flatMap((part: Json) => leavesOf(part));
}

function reportInput(
  run: RunPublication,
  found: {
    readonly decision: Decision;
    readonly scores: readonly Score[];
    readonly summary: RunSummary;
    readonly schemaText: string;
    readonly lineage: DataLineage;
  },
): Omit<RunReportInput, "rows" | "lineage"> {
  const { version, node } = fingerprint();
  const { decision, scores, summary, schemaText, lineage } = found;
  return {
    title: run.title,
    decision,
    scores,
    definitions: textMetrics,
    summary,
    columns: run.columns,
    notices: run.notices,
    provenance: {
      recipeDigest: sha256(jsonText(run.recipe)),
      schemaDigest: sha256(schemaText),
      models: run.models,
      source: run.source && { name: basename(run.source.name), isReal: run.source.real },
      lineage,
      seed: run.seed,
      version,
      node: String(node),
      created: systemClock.now(),
      policy: decision.policy,
      signer: run.signer.keyId,
      verify: [`counterfoil verify ${basename(run.out)} --trust <the signer's public key>`],
    },
  };
}

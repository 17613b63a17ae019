import { rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { concatRows, selectColumns, type Table } from "../data/table.ts";
import { type BundleFolder, jsonText, sealBundle } from "../evidence/bundle.ts";
import { saltedDigest, sha256 } from "../evidence/canonical.ts";
import { writeEvaluation } from "../evidence/evaluation-folder.ts";
import { dataDigests, type InputFile } from "../evidence/manifest.ts";
import type { PrivacyStatement } from "../evidence/privacy-statement.ts";
import type { Provenance, ReportInput } from "../evidence/report/input.ts";
import { profileTables } from "../evidence/report/profile.ts";
import { renderReport } from "../evidence/report/render.ts";
import { describeColumns } from "../evidence/report/synthetic-columns.ts";
import type { Signer } from "../evidence/sign.ts";
import { metrics } from "../metrics/index.ts";
import type { Score } from "../metrics/metric.ts";
import type { Decision } from "../policy/decision.ts";
import { parsePolicy } from "../policy/policy.ts";
import { publicDecision } from "../policy/public-decision.ts";
import { secureBytes } from "../random.ts";
import { systemClock } from "../runs/clock.ts";
import { type DataLineage, knownLineage, withoutCounts } from "../runs/data-lineage.ts";
import { fingerprint } from "../runs/fingerprint.ts";
import { BUNDLE } from "../runs/layout.ts";
import { appendToLedger, type SourceMark } from "../runs/ledger.ts";
import { userFolders } from "../runs/user-folders.ts";
import { schemaToYaml } from "../schema/file.ts";
import { publicSchema } from "../schema/public.ts";
import type { TableSchema } from "../schema/schema.ts";
import type { JobEvents } from "./job.ts";
import { headlineOf, judgedColumns } from "./judge.ts";
import type { SelfTest } from "./self-test.ts";

export interface Publication {
  readonly job: "synthesize" | "evaluate";
  readonly title: string;
  /** Final path of the bundle, absolute. */
  readonly out: string;
  readonly train: Table;
  readonly holdout: Table | undefined;
  readonly synthetic: Table;
  /** Rows of the whole synthetic table, where `synthetic` is its first part. */
  readonly syntheticRows: number;
  /** Who each row of train, then of the holdout, belongs to. */
  readonly entities: Int32Array | undefined;
  readonly schema: TableSchema;
  readonly policyText: string;
  readonly scores: readonly Score[];
  readonly decision: Decision;
  readonly recipe: Readonly<Record<string, unknown>>;
  readonly seed: number;
  readonly splitSha256: string | null;
  /** The files read, with their SHA-256, which does not leave the house. */
  readonly inputs: readonly { readonly role: InputFile["role"]; readonly sha256: string }[];
  /** Of the synthetic table; null: nobody knows. */
  readonly lineage: DataLineage | null;
  readonly source: string;
  readonly madeElsewhere: string | undefined;
  readonly synthesizer: Provenance["synthesizer"];
  readonly signer: Signer;
  readonly notices: readonly string[];
  /** Those that say nothing of the real rows: all that a bundle tells whose policy withholds the evaluation. Absent: none. */
  readonly publicNotices?: readonly string[] | undefined;
  /** The guarantee, where the release has one. Its schema is then public as it is. */
  readonly privacy?: PrivacyStatement | undefined;
  /** Whether the bundle tells what was computed from the real rows to judge it; absent: as its policy says. */
  readonly publishEvaluation?: boolean | undefined;
  readonly events: JobEvents;
  readonly mark: SourceMark;
  readonly selfTest?: SelfTest | null;
  readonly judged: "release" | "procedure";
}

/** Writes the report and seals the bundle; the ledger learns of it.
 *
 * Where the policy withholds the evaluation, the bundle holds nothing that was computed from the real rows beside what the guarantee covers: no score,
 * no plot of real columns, no count of rows, no digest of the split, and of the decision the rules on public facts. The whole evaluation then goes
 * into a folder beside the bundle, for the operator alone.
 * @param folder the unfinished bundle; the synthetic data, if it is ours, is in it already
 * @returns `evaluation`: where the evaluation is, if it is not in the bundle */
export async function publishInto(
  folder: BundleFolder,
  what: Publication,
): Promise<{ readonly evaluation: string | null }> {
  what.events.phase?.("report", `${what.scores.length} scores, signed by ${what.signer.keyId.slice(0, 12)}…`);
  const policy = parsePolicy(what.policyText, { metrics, sha256: sha256(what.policyText), file: BUNDLE.policy });
  const withholds = !(what.publishEvaluation ?? policy.publishEvaluation);
  const schemaText = schemaTextOf(what);
  const whole = wholeReport(what, schemaText);
  const selfTestText = what.selfTest ? `${JSON.stringify(what.selfTest, null, 2)}\n` : undefined;
  const evaluation = withholds
    ? await writeEvaluation(
        what.out,
        new Map([
          [BUNDLE.report, await renderReport({ ...whole, notices: [NOT_IN_BUNDLE, ...whole.notices] })],
          [BUNDLE.scores, jsonText(what.scores)],
          [BUNDLE.decision, jsonText(what.decision)],
          ...(selfTestText === undefined ? [] : [[BUNDLE.selfTest, selfTestText] as const]),
        ]),
      )
    : null;
  try {
    const decision = withholds ? publicDecision(policy, what.decision.facts) : what.decision;
    await folder.writeText(
      BUNDLE.report,
      await renderReport(withholds ? withoutEvaluation(whole, { what, decision }) : whole),
    );
    if (selfTestText !== undefined && !withholds) await folder.writeText(BUNDLE.selfTest, selfTestText);
    const salt = Buffer.from(secureBytes(32)).toString("hex");
    const sealed = await sealBundle(folder, {
      job: what.job,
      seed: what.seed,
      recipe: what.recipe,
      scores: withholds ? [] : what.scores,
      decision,
      policyText: what.policyText,
      schemaText,
      privacy: what.privacy,
      splitSha256: withholds ? null : what.splitSha256,
      inputs: what.inputs.map(({ role, sha256 }) => ({ role, saltedSha256: saltedDigest(salt, sha256) })),
      ...(what.lineage ? { lineage: withholds ? withoutCounts(what.lineage) : what.lineage } : {}),
      signer: what.signer,
      clock: systemClock,
    });
    const told = await appendToLedger(userFolders(), {
      format: "counterfoil-ledger/1",
      time: sealed.manifest.created,
      job: what.job,
      version: fingerprint().version,
      seed: what.seed,
      sourceSha256: what.inputs[0]?.sha256 ?? "",
      salt,
      source: what.mark,
      decision: decision.decision,
      manifestSha256: sealed.manifestSha256,
      ...(what.job === "synthesize" && what.lineage
        ? { released: { ...knownLineage(what.lineage), sha256s: dataDigests(sealed.manifest) } }
        : {}),
    });
    if (told) what.events.notice?.(told);
  } catch (error) {
    if (evaluation !== null) await rm(evaluation, { recursive: true, force: true });
    throw error;
  }
  if (evaluation !== null)
    what.events.notice?.(
      `The evaluation was computed from the real rows, outside any guarantee, and this policy keeps it out of the bundle. It is in ${evaluation}, for you alone.`,
    );
  return { evaluation };
}

const NOT_IN_BUNDLE =
  "This evaluation was computed from the real rows, and the policy keeps it out of the bundle. Do not pass it on with the table.";

/** Absolute path of the report inside a bundle. */
export function reportOf(bundle: string): string {
  return join(bundle, BUNDLE.report);
}

/** The schema as it may leave the house. Under a guarantee nothing of it was read from the rows but what was paid for, and leaving out what few rows hold
 * would tell of those rows. */
function schemaTextOf({ schema, train, holdout, entities, privacy }: Publication): string {
  if (privacy) return schemaToYaml(schema);
  return schemaToYaml(publicSchema(schema, holdout ? concatRows([train, holdout]) : train, entities));
}

/** Everything there is to tell. */
function wholeReport(what: Publication, schemaText: string): ReportInput {
  const names = judgedColumns(what.train, what.schema);
  const judged = (table: Table): Table => selectColumns(table, names);
  const real = judged(what.holdout ? concatRows([what.train, what.holdout]) : what.train);
  const { version, node } = fingerprint();
  return {
    title: what.title,
    job: what.job,
    decision: what.decision,
    scores: what.scores,
    definitions: metrics,
    profiles: profileTables(
      real,
      judged(what.synthetic),
      what.schema,
      what.entities ? { entities: what.entities } : {},
    ),
    provenance: {
      source: basename(what.source),
      ...(what.madeElsewhere ? { synthetic: basename(what.madeElsewhere) } : {}),
      rows: { train: what.train.rows, holdout: what.holdout?.rows ?? 0, synthetic: what.syntheticRows },
      seed: what.seed,
      synthesizer: what.synthesizer,
      version,
      node: String(node),
      created: systemClock.now(),
      policy: what.decision.policy,
      lineage: what.lineage,
      splitDigest: what.splitSha256,
      schemaDigest: sha256(schemaText),
      signer: what.signer.keyId,
      verify: [`counterfoil verify ${basename(what.out)} --trust <the signer's public key>`],
    },
    notices: what.notices,
    headline: headlineOf(what.scores),
    judged: what.judged,
    selfTest: what.selfTest ?? null,
    privacy: what.privacy ?? null,
  };
}

/** What of it says nothing of the real rows. */
function withoutEvaluation(
  { title, job, provenance }: ReportInput,
  { what, decision }: { readonly what: Publication; readonly decision: Decision },
): ReportInput {
  return {
    title,
    job,
    decision,
    scores: [],
    profiles: { rows: { real: 0, synthetic: what.syntheticRows }, columns: [], undrawn: [], pairs: null },
    provenance: {
      ...provenance,
      rows: { train: null, holdout: null, synthetic: what.syntheticRows },
      lineage: provenance.lineage && withoutCounts(provenance.lineage),
      splitDigest: null,
    },
    notices: what.publicNotices ?? [],
    headline: headlineOf([]),
    privacy: what.privacy ?? null,
    withheld: { columns: describeColumns(what.synthetic, what.schema) },
  };
}

import { basename, join } from "node:path";
import { concatRows, selectColumns, type Table } from "../data/table.ts";
import { type BundleFolder, sealBundle } from "../evidence/bundle.ts";
import { saltedDigest, sha256 } from "../evidence/canonical.ts";
import type { InputFile } from "../evidence/manifest.ts";
import type { Provenance } from "../evidence/report/input.ts";
import { profileTables } from "../evidence/report/profile.ts";
import { renderReport } from "../evidence/report/render.ts";
import type { Signer } from "../evidence/sign.ts";
import { metrics } from "../metrics/index.ts";
import type { Score } from "../metrics/metric.ts";
import type { Decision } from "../policy/decision.ts";
import { secureBytes } from "../random.ts";
import { systemClock } from "../runs/clock.ts";
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
  readonly source: string;
  readonly madeElsewhere: string | undefined;
  readonly synthesizer: Provenance["synthesizer"];
  readonly signer: Signer;
  readonly notices: readonly string[];
  readonly events: JobEvents;
  readonly mark: SourceMark;
  readonly selfTest?: SelfTest | null;
  readonly judged: "release" | "procedure";
}

/** Writes the report and seals the bundle; the ledger learns of it.
 * @param folder the unfinished bundle; the synthetic data, if it is ours, is in it already */
export async function publishInto(folder: BundleFolder, what: Publication): Promise<void> {
  what.events.phase?.("report", `${what.scores.length} scores, signed by ${what.signer.keyId.slice(0, 12)}…`);
  const names = judgedColumns(what.train, what.schema);
  const judged = (table: Table): Table => selectColumns(table, names);
  const real = judged(what.holdout ? concatRows([what.train, what.holdout]) : what.train);
  const schemaText = schemaToYaml(
    publicSchema(what.schema, what.holdout ? concatRows([what.train, what.holdout]) : what.train, what.entities),
  );
  const { version, node } = fingerprint();
  await folder.writeText(
    BUNDLE.report,
    await renderReport({
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
        splitDigest: what.splitSha256,
        schemaDigest: sha256(schemaText),
        signer: what.signer.keyId,
        verify: [`counterfoil verify ${basename(what.out)} --trust <the signer's public key>`],
      },
      notices: what.notices,
      headline: headlineOf(what.scores),
      judged: what.judged,
      selfTest: what.selfTest ?? null,
    }),
  );
  if (what.selfTest) await folder.writeText(BUNDLE.selfTest, `${JSON.stringify(what.selfTest, null, 2)}\n`);
  const salt = Buffer.from(secureBytes(32)).toString("hex");
  const sealed = await sealBundle(folder, {
    job: what.job,
    seed: what.seed,
    recipe: what.recipe,
    scores: what.scores,
    decision: what.decision,
    policyText: what.policyText,
    schemaText,
    splitSha256: what.splitSha256,
    inputs: what.inputs.map(({ role, sha256 }) => ({ role, saltedSha256: saltedDigest(salt, sha256) })),
    signer: what.signer,
    clock: systemClock,
  });
  const told = await appendToLedger(userFolders(), {
    format: "counterfoil-ledger/1",
    time: sealed.manifest.created,
    job: what.job,
    version,
    seed: what.seed,
    sourceSha256: what.inputs[0]?.sha256 ?? "",
    salt,
    source: what.mark,
    decision: what.decision.decision,
    manifestSha256: sealed.manifestSha256,
  });
  if (told) what.events.notice?.(told);
}

/** Absolute path of the report inside a bundle. */
export function reportOf(bundle: string): string {
  return join(bundle, BUNDLE.report);
}

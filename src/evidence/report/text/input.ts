import type { Json } from "../../../llm/model.ts";
import type { DataLineage } from "../../../runs/data-lineage.ts";
import type { Lineage, RunSummary } from "../../../text/run-summary.ts";
import type { Judgement } from "../input.ts";

/** Everything the report of a text run shows. Plain data. Of a source that is real it holds numbers of rows and no cell. */
export interface RunReportInput extends Judgement {
  readonly title: string;
  readonly summary: RunSummary;
  /** Names of the exported columns, in order. */
  readonly columns: readonly string[];
  /** Some rows of the release. */
  readonly rows: readonly Readonly<Record<string, Json>>[];
  /** One row's way from its source to the release; null: the release has no row. */
  readonly lineage: ShownLineage | null;
  readonly notices: readonly string[];
  readonly provenance: RunProvenance;
}

/** A row's lineage as far as it may be shown. */
export interface ShownLineage extends Omit<Lineage, "steps"> {
  /** What it became in the release. */
  readonly values: Readonly<Record<string, Json>>;
  readonly steps: readonly (Lineage["steps"][number] & {
    /** False: the cell stays in the folder of the run, for it may hold what stood in a real source row. */
    readonly isShown: boolean;
  })[];
}

/** How a run came to be, and how somebody else can check it. */
export interface RunProvenance {
  /** SHA-256 of the recipe in the bundle. */
  readonly recipeDigest: string;
  readonly schemaDigest: string;
  readonly models: readonly {
    readonly name: string;
    readonly provider: string;
    readonly model: string;
    readonly endpoint: string;
  }[];
  /** Null: the recipe has no source. */
  readonly source: { readonly name: string; readonly isReal: boolean } | null;
  readonly lineage?: DataLineage | undefined;
  readonly seed: number;
  readonly version: string;
  readonly node: string;
  /** ISO 8601. */
  readonly created: string;
  readonly policy: { readonly name: string; readonly sha256: string };
  /** Id of the key that signs the bundle. */
  readonly signer: string;
  /** Commands that check this result, one a line. */
  readonly verify: readonly string[];
}

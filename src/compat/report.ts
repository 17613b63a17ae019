import { columnOf, type Table } from "../data/table.ts";
import { residualRisk } from "../math/residual-risk.ts";
import { isMeasured, type Score } from "../metrics/metric.ts";
import type { Purpose } from "../schema/purpose.ts";
import { isQuantity, schemaOf, type TableSchema } from "../schema/schema.ts";
import { binAccuracy, binAccuracyMax } from "./mostlyai.ts";
import { closestRecord, labels, numbers, overfittingProtection, qualityReport, type SdType } from "./sdmetrics.ts";
import { diagnosticReport, disclosureProtection, newRowSynthesis } from "./sdmetrics-rows.ts";

export const PEERS = ["sdmetrics", "anonymeter", "mostlyai"] as const;
export type Peer = (typeof PEERS)[number];

/** A peer's own numbers for this table, each beside ours and with the difference in words. Never gated on. */
export interface CompatReport {
  readonly peer: Peer;
  /** Version whose answers were compared. */
  readonly version: string;
  readonly numbers: readonly {
    readonly name: string;
    readonly theirs: number | null;
    readonly ours: { readonly metric: string; readonly value: number | null } | null;
    readonly difference: string;
  }[];
}

/** Rows of each table that row-wise distances look at: they compare every row with every other. */
const MOST_ROWS = 2000;

/** Computes what a peer would print.
 * @param context scores: ours, to stand beside; purpose: its quasi-identifiers and sensitive columns are what DisclosureProtection needs */
export function compatReport(
  peer: Peer,
  tables: { readonly real: Table; readonly holdout: Table | undefined; readonly synthetic: Table },
  context: {
    readonly schema: TableSchema;
    readonly scores: readonly Score[];
    readonly purpose?: Pick<Purpose, "quasiIdentifiers" | "sensitive"> | undefined;
  },
): CompatReport {
  const { schema, scores } = context;
  const ours = (metric: string): { readonly metric: string; readonly value: number | null } => {
    const score = scores.find((item) => item.metric === metric);
    return { metric, value: score && isMeasured(score) ? score.value : null };
  };
  const number = (value: number): number | null => (Number.isFinite(value) ? value : null);
  if (peer === "anonymeter") return anonymeter(scores);
  const types = typesOf(tables.real, schema);
  const { real, synthetic, holdout } = tables;
  if (peer === "mostlyai") {
    const columns = [...types].map(([name, type]) => mostlyaiColumn(name, type, { real, synthetic }));
    const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
    return {
      peer,
      version: "1.10",
      numbers: [
        {
          name: "accuracy, univariate",
          theirs: number(mean(columns.map(({ accuracy }) => accuracy))),
          ours: ours("column-accuracy"),
          difference:
            "Theirs compares with the training rows, so that a copy scores best; ours with rows nobody trained on, and says what fresh rows reach.",
        },
        {
          name: "accuracy_max, univariate",
          theirs: number(mean(columns.map(({ most }) => most))),
          ours: ours("column-accuracy"),
          difference: "A formula for two samples of one distribution; our ceiling is measured on real rows instead.",
        },
      ],
    };
  }
  const report = (threshold: boolean, bins: "own" | "shared") =>
    qualityReport(real, synthetic, types, {
      correlation: threshold ? 0.5 : 0,
      association: threshold ? 0.3 : 0,
      bins,
    });
  const [plain, cut, right] = [report(false, "own"), report(true, "own"), report(false, "shared")];
  const out: CompatReport["numbers"][number][] = [
    {
      name: "Quality Report, overall",
      theirs: number(cut.overall),
      ours: null,
      difference: "An average: a lost relation is bought off by good columns. We have no overall score on purpose.",
    },
    {
      name: "Quality Report, overall, thresholds 0",
      theirs: number(plain.overall),
      ours: null,
      difference: `Before version 0.27 weak pairs counted too: the same data, another number (${cut.pairs} of ${plain.pairs} pairs count now).`,
    },
    {
      name: "Column Shapes",
      theirs: number(plain.columnShapes),
      ours: ours("column-accuracy"),
      difference: "Theirs leaves out a column that cannot be computed (all missing); ours counts missing as a value.",
    },
    {
      name: "Column Pair Trends, thresholds 0",
      theirs: number(plain.columnPairTrends),
      ours: ours("pair-accuracy"),
      difference: `Theirs cuts each table by its own edges, so that numbers times 1000 keep their score; with shared bins theirs would be ${right.columnPairTrends.toFixed(4)}.`,
    },
  ];
  out.push(...furtherNumbers({ real, synthetic, types }, context, ours));
  if (holdout) {
    const rows = some(synthetic);
    const protection = overfittingProtection(
      closestRecord(rows, some(real), types),
      closestRecord(rows, some(holdout), types),
    );
    out.push({
      name: `DCROverfittingProtection, first ${Math.min(MOST_ROWS, synthetic.rows)} rows`,
      theirs: number(protection),
      ours: ours("near-copies"),
      difference:
        "A distance share: one per cent of copied rows stays inside its noise. Ours looks at the closest rows alone, against the holdout, and says what it would have seen.",
    });
  }
  return { peer, version: "0.32", numbers: out };
}

/** The Diagnostic Report and the two older privacy numbers. */
function furtherNumbers(
  { real, synthetic, types }: { real: Table; synthetic: Table; types: ReadonlyMap<string, SdType> },
  { schema, purpose }: Parameters<typeof compatReport>[2],
  ours: (metric: string) => { readonly metric: string; readonly value: number | null },
): CompatReport["numbers"][number][] {
  const number = (value: number): number | null => (Number.isFinite(value) ? value : null);
  const keys = synthetic.columns
    .map(({ name }) => schemaOf(schema, name))
    .filter(({ kind, drop, identifier }) => kind === "identifier" && !drop && identifier?.unique)
    .map(({ name }) => name);
  const diagnostic = diagnosticReport(real, synthetic, types, keys);
  const rows = some(synthetic);
  const out: CompatReport["numbers"][number][] = [
    {
      name: "Diagnostic Report, overall",
      theirs: number(diagnostic.overall),
      ours: ours("validity"),
      difference: `The mean of Data Validity (${diagnostic.dataValidity.toFixed(4)}) and Data Structure (${diagnostic.dataStructure.toFixed(4)}); ranges and labels of the training rows themselves are the rule there, in ours the declared or inferred ones.`,
    },
    {
      name: `NewRowSynthesis, first ${rows.rows} rows`,
      theirs: number(newRowSynthesis(real, rows, types)),
      ours: ours("exact-copies"),
      difference:
        "The share of rows without a match within 1 %: natural duplicates count as copies, and one changed cell hides one. Ours counts against what a holdout finds by chance.",
    },
  ];
  const known = (purpose?.quasiIdentifiers ?? []).filter((name) => types.has(name));
  const sensitive = (purpose?.sensitive ?? []).filter((name) => types.has(name));
  if (known.length > 0 && sensitive.length > 0)
    out.push({
      name: "DisclosureProtection, cap",
      theirs: number(disclosureProtection(real, synthetic, { known, sensitive, types }, "cap").score),
      ours: ours("attribute-inference"),
      difference:
        "Theirs has no people outside the training rows to compare with, so that a relation that holds for everybody counts as disclosure; ours subtracts what is inferred about non-members.",
    });
  return out;
}

/** The first rows of a table. */
function some(table: Table): Table {
  return {
    rows: Math.min(table.rows, MOST_ROWS),
    columns: table.columns.map((column) =>
      column.type === "text"
        ? { ...column, codes: column.codes.subarray(0, MOST_ROWS) }
        : { ...column, values: column.values.subarray(0, MOST_ROWS) },
    ),
  };
}

/** Anonymeter's estimator, given the counts of our attacks. */
function anonymeter(scores: readonly Score[]): CompatReport {
  const attacks = ["singling-out-univariate", "singling-out-multivariate", "linkability", "attribute-inference"];
  return {
    peer: "anonymeter",
    version: "1.0",
    numbers: attacks.map((metric) => {
      const score = scores.find((item) => item.metric === metric);
      const worst = score && isMeasured(score) ? (score.details?.worst as Counts | undefined) : undefined;
      return {
        name: `${metric}, risk from the same counts`,
        theirs: worst
          ? residualRisk(
              {
                attacks: worst.attacks,
                successes: worst.members,
                control: { attacks: worst.attacks, successes: worst.nonMembers },
              },
              0.95,
            ).value
          : null,
        ours: { metric, value: score && isMeasured(score) ? score.value : null },
        difference:
          "The same estimator; theirs cannot be seeded, so only the counts can be shared. Ours takes the worst of three seeds, and members and non-members in equal numbers.",
      };
    }),
  };
}

interface Counts {
  readonly attacks: number;
  readonly members: number;
  readonly nonMembers: number;
}

function typesOf(table: Table, schema: TableSchema): ReadonlyMap<string, SdType> {
  const out = new Map<string, SdType>();
  for (const { name, type } of table.columns) {
    const { kind, drop } = schemaOf(schema, name);
    if (drop || kind === "identifier" || kind === "text") continue;
    out.set(name, isQuantity(kind) && type !== "text" ? (type === "date" ? "datetime" : "numerical") : "categorical");
  }
  return out;
}

const BINS = 10;
const FEWEST_OF_A_LABEL = 5;

/** Ten bins by the original's quantiles, or its ten commonest labels and one for the rest; missing is a bin. */
function mostlyaiColumn(
  name: string,
  type: SdType,
  tables: { readonly real: Table; readonly synthetic: Table },
): { readonly accuracy: number; readonly most: number } {
  const [a, b] = [columnOf(tables.real, name), columnOf(tables.synthetic, name)];
  const counted = type === "categorical" ? countLabels(labels(a), labels(b)) : countQuantiles(numbers(a), numbers(b));
  return { accuracy: binAccuracy(...counted), most: binAccuracyMax(...counted) };
}

function countLabels(real: readonly (string | null)[], synthetic: readonly (string | null)[]): [number[], number[]] {
  const counts = new Map<string, number>();
  for (const label of real) if (label !== null) counts.set(label, (counts.get(label) ?? 0) + 1);
  const kept = [...counts]
    .filter(([, count]) => count >= FEWEST_OF_A_LABEL)
    .sort((x, y) => y[1] - x[1])
    .slice(0, BINS)
    .map(([label]) => label);
  const binOf = new Map(kept.map((label, i) => [label, i]));
  const count = (values: readonly (string | null)[]): number[] => {
    const out = new Array<number>(kept.length + 2).fill(0);
    for (const label of values) {
      const at = label === null ? kept.length + 1 : (binOf.get(label) ?? kept.length);
      out[at] = (out[at] as number) + 1;
    }
    return out;
  };
  return [count(real), count(synthetic)];
}

function countQuantiles(real: Float64Array, synthetic: Float64Array): [number[], number[]] {
  const sorted = real.filter((x) => !Number.isNaN(x)).sort();
  const edges = [
    ...new Set(Array.from({ length: BINS - 1 }, (_, i) => sorted[Math.floor(((i + 1) * sorted.length) / BINS)])),
  ];
  const count = (values: Float64Array): number[] => {
    const out = new Array<number>(edges.length + 2).fill(0);
    for (const x of values) {
      const at = Number.isNaN(x) ? edges.length + 1 : edges.filter((edge) => edge !== undefined && x >= edge).length;
      out[at] = (out[at] as number) + 1;
    }
    return out;
  };
  return [count(real), count(synthetic)];
}

import { columnOf, selectColumns } from "../data/table.ts";
import { InvalidData } from "../errors.ts";
import { type CombiningRule, combineEstimates, type TableEstimate } from "../hybrid/estimation/combining-rules.ts";
import type { TermEstimate } from "../hybrid/estimation/estimation.ts";
import { inferSample } from "../hybrid/estimation/infer-sample.ts";
import type { PairedSample } from "../hybrid/estimation/sample.ts";
import { buildDesign, takeMatrixRows } from "../hybrid/formula/design.ts";
import type { Formula } from "../hybrid/formula/formula.ts";
import { type Outcome, outcomeValues } from "../hybrid/formula/outcome.ts";
import type { InferTables, Synthesis } from "../hybrid/infer-result.ts";
import type { InferOptions } from "./infer-options.ts";
import { sameColumns, tellUnknown } from "./infer-sample.ts";
import { type NamedTable, rowsWhere, type Units } from "./infer-units.ts";

/** The rule that belongs to each way of making tables. */
const RULE_OF: Readonly<Record<Synthesis, CombiningRule>> = {
  fitted: "simple-synthesis",
  full: "fully-synthetic",
  partial: "partially-synthetic",
};

/** What m tables of a synthesizer, whose rows belong to no unit, say together; beside the labelled rows alone. Null: nothing, for a reason that
 * was told.
 * @param of.alone the labelled rows' own estimate
 * @throws {InvalidData} a table whose cells are not those of the real one */
export function combineTables(
  tables: readonly NamedTable[],
  of: {
    readonly units: Units;
    readonly formula: Formula;
    readonly options: InferOptions;
    readonly realRows: number;
    readonly alone: readonly TermEstimate[];
    readonly level: number;
    readonly notice: (message: string) => void;
  },
): InferTables | null {
  const { options, realRows, alone, level, notice } = of;
  const synthesis = options.synthesis ?? "fitted";
  const rule = RULE_OF[synthesis];
  const analysed = tables.flatMap((table) => analyse(table, of) ?? []);
  if (analysed.length === 0) return null;
  const terms = of.units.design.terms;
  const syntheticRows = analysed.reduce((sum, { rows }) => sum + rows, 0) / analysed.length;
  const combined = Object.values(RULE_OF).map((name) => {
    const found = terms.map((_, j) =>
      combineEstimates(
        analysed.map(({ estimates }): TableEstimate => {
          const { value, standardError } = estimates[j] as TermEstimate;
          return { value, variance: standardError ** 2 };
        }),
        { rule: name, realRows, syntheticRows, level },
      ),
    );
    if (name === rule)
      for (const { notices } of found.map((item) => ("notices" in item ? item : { notices: [] })))
        notices.forEach(notice);
    const [first] = found;
    if (!first || "notComputable" in first)
      return {
        rule: name,
        terms: null,
        repaired: false,
        notComputable: first?.notComputable ?? "There is no coefficient.",
      };
    return {
      rule: name,
      terms: found.flatMap((item, j) =>
        "notComputable" in item
          ? []
          : [
              {
                term: terms[j] as string,
                value: item.value,
                standardError: item.standardError,
                low: item.low,
                high: item.high,
              },
            ],
      ),
      repaired: found.some((item) => "repaired" in item && item.repaired),
      notComputable: null,
    };
  });
  const belongs = combined.find((item) => item.rule === rule)?.terms;
  return {
    tables: analysed.length,
    syntheticRows,
    realRows,
    synthesis,
    rule,
    combined,
    asIfReal: (analysed[0]?.estimates ?? []).map(({ effectiveN: _, ...term }) => term),
    agreement: (belongs ?? []).map((item, j) => {
      const real = alone[j] as TermEstimate;
      return {
        term: item.term,
        overlap: overlapOf(item, real),
        standardisedDifference: (item.value - real.value) / real.standardError,
      };
    }),
  };
}

function analyse(
  { name, table }: NamedTable,
  of: Parameters<typeof combineTables>[1],
): { readonly rows: number; readonly estimates: readonly TermEstimate[] } | undefined {
  const { units, formula, level, notice } = of;
  const { design, outcome } = units;
  const reference = selectColumns(units.table, [...new Set([outcome.column, ...design.reads])]);
  const own = sameColumns(table, { reference, name, notice, untyped: [outcome.column] });
  const values = outcomeValues({ formula, outcome }, columnOf(own, outcome.column), { rows: own.rows, where: name });
  const built = buildDesign(design, own, { unknown: "reference" });
  tellUnknown(built.unknown, { design, name, notice });
  const complete = rowsWhere(own.rows, (row) => built.incomplete[row] === 0 && !Number.isNaN(values[row]));
  if (complete.length < own.rows)
    notice(`${own.rows - complete.length} of ${own.rows} rows of ${name} have empty cells, and are left out.`);
  const sample: PairedSample = {
    units: complete.length,
    width: design.terms.length,
    terms: design.terms,
    labelled: Uint32Array.from(complete, (_, i) => i),
    real: {
      design: takeMatrixRows(built.matrix, design.terms.length, complete),
      outcome: Float64Array.from(complete, (row) => values[row] as number),
    },
    sources: [],
  };
  const found = labelledOnlyOf(sample, { outcome, level });
  if ("impossible" in found) {
    notice(`${name} is left out, for nothing can be estimated from it: ${found.impossible}`);
    return undefined;
  }
  return { rows: complete.length, estimates: found.terms };
}

/** What a table cannot do is no fault of the labels: it is told, and they keep their answer. */
const UNUSABLE: Readonly<Record<string, string>> = {
  "too-few-labelled": "it has fewer rows than coefficients and an interval need.",
  "collinear-terms": "some terms are combinations of others there, as where a level never occurs.",
  "separated-term": "a term parts its outcomes without an error, or they are all the same.",
};

function labelledOnlyOf(
  sample: PairedSample,
  { outcome, level }: { readonly outcome: Outcome; readonly level: number },
): { readonly terms: readonly TermEstimate[] } | { readonly impossible: string } {
  try {
    const { estimations } = inferSample(sample, outcome.family, { level });
    const found = estimations.find((item) => item.method === "labelled-only");
    return found && "terms" in found ? found : { impossible: found?.notComputable ?? "no method applies." };
  } catch (error) {
    const words = error instanceof InvalidData ? UNUSABLE[error.code] : undefined;
    if (words === undefined) throw error;
    return { impossible: words };
  }
}

/** Mean of the shares of two intervals that both cover.
 * @source Karr et al. (2006), The American Statistician 60(3) */
function overlapOf(
  a: { readonly low: number; readonly high: number },
  b: { readonly low: number; readonly high: number },
): number {
  const common = Math.min(a.high, b.high) - Math.max(a.low, b.low);
  return (common / (a.high - a.low) + common / (b.high - b.low)) / 2;
}

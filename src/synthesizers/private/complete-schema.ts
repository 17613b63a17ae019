import { type Column, columnOf, type Table } from "../../data/table.ts";
import type { Budget } from "../../dp/budget.ts";
import { stableThreshold } from "../../dp/stable-histogram.ts";
import { InvalidData } from "../../errors.ts";
import { compare } from "../../schema/encode.ts";
import { profileText } from "../../schema/profile.ts";
import { withoutCodes } from "../../schema/reduce/missing-codes.ts";
import { type ColumnSchema, isQuantity, type TableSchema } from "../../schema/schema.ts";
import { binEndsOf, declaredLabels, MOST_POINTS } from "./columns.ts";
import { gridUnit, gridValues } from "./grid.ts";
import { noisyBinEnds } from "./noisy-bins.ts";
import { noisyRange, RANGE_DEVIATIONS } from "./noisy-range.ts";

/** Share of ρ that is spent on domains nobody declared, however many they are. */
export const DOMAIN_SHARE = 0.2;

/** Bins that the values of a quantity are put into. */
const BINS = 32;
/** Labels kept of a column, those of the largest noisy counts first. */
const MOST_LABELS = 200;

/** Where the domain of a column comes from. */
export interface DomainSource {
  readonly column: string;
  readonly domain: "public" | "paid";
  /** In words. */
  readonly how: string;
}

/** What has to be found out about a column before it can be learned. */
interface Need {
  readonly column: Column;
  readonly meaning: ColumnSchema;
  readonly needs: "nothing" | "labels" | "bins" | "range and bins";
}

/** A schema in which every modelled column has a domain.
 *
 * What was declared is taken as it is and costs nothing. For the others a share of the budget is spent: labels whose noisy count passes the
 * threshold of a stable histogram; ranges from noisy counts by magnitude; bins from noisy counts of ever smaller cells. All of it is an answer
 * under the guarantee, so the completed schema may be published, and used again at no cost.
 * @param schema as declared (`schema/declared-schema.ts`)
 * @throws {InvalidData} too little epsilon to find a domain */
export function completeSchema(
  table: Table,
  schema: TableSchema,
  { budget }: { readonly budget: Budget },
): { readonly schema: TableSchema; readonly sources: readonly DomainSource[] } {
  const needs = needsOf(table, schema);
  const { rhoOf, delta } = pricesOf(needs, budget);
  const changed = new Map<string, ColumnSchema>();
  const sources: DomainSource[] = [];
  for (const need of needs) {
    const { name } = need.meaning;
    if (need.needs === "nothing") {
      sources.push({ column: name, domain: "public", how: "declared in the schema" });
      continue;
    }
    const found =
      need.needs === "labels"
        ? withLabels(need, { budget, rho: rhoOf(need), delta })
        : withBins(need, { budget, rho: rhoOf(need) });
    changed.set(name, found.meaning);
    sources.push({ column: name, domain: "paid", how: found.how });
  }
  return {
    schema: { ...schema, columns: schema.columns.map((meaning) => changed.get(meaning.name) ?? meaning) },
    sources,
  };
}

/** How many rows must hold something for it to be found, column by column: a function of the budget and of what is declared, of no cell. */
export function rowsToBeFound(
  table: Table,
  schema: TableSchema,
  { budget }: { readonly budget: Budget },
): readonly { readonly column: string; readonly rows: number }[] {
  const needs = needsOf(table, schema);
  const { rhoOf, delta } = pricesOf(needs, budget);
  const { rows } = budget.unit;
  return needs.flatMap((need) => {
    const column = need.meaning.name;
    if (need.needs === "labels") {
      const sigma = rows / Math.sqrt(2 * rhoOf(need));
      return [{ column, rows: stableThreshold({ sigma, delta, rows }) }];
    }
    if (need.needs !== "range and bins") return [];
    const sigma = rows / Math.sqrt(2 * rhoOf(need) * RANGE_SHARE);
    return [{ column, rows: Math.ceil(RANGE_DEVIATIONS * sigma) }];
  });
}

/** What each need may cost: shares of what is set apart. */
function pricesOf(
  needs: readonly Need[],
  budget: Budget,
): { readonly rhoOf: (need: Need) => number; readonly delta: number } {
  const weight = needs.reduce((sum, need) => sum + WEIGHTS[need.needs], 0);
  const histograms = needs.filter((need) => need.needs === "labels").length;
  return {
    rhoOf: (need) => (budget.rho * DOMAIN_SHARE * WEIGHTS[need.needs]) / weight,
    delta: histograms > 0 ? budget.remainingDelta / histograms : 0,
  };
}

/** Whether finding the domains takes a part of delta: labels that nobody declared do. */
export function needsLabels(table: Table, schema: TableSchema): boolean {
  return needsOf(table, schema).some(({ needs }) => needs === "labels");
}

const WEIGHTS: Readonly<Record<Need["needs"], number>> = { nothing: 0, labels: 2, bins: 2, "range and bins": 3 };

function needsOf(table: Table, schema: TableSchema): readonly Need[] {
  return schema.columns
    .filter(({ kind, drop }) => !drop && kind !== "identifier" && kind !== "constant" && kind !== "text")
    .map((meaning) => {
      const column = columnOf(table, meaning.name);
      return { column, meaning, needs: needOf(column, meaning) };
    });
}

function needOf(column: Column, meaning: ColumnSchema): Need["needs"] {
  const isAmount = column.type !== "text" && (isQuantity(meaning.kind) || meaning.range !== undefined);
  if (!isAmount) return declaredLabels(column, meaning) ? "nothing" : "labels";
  const { range } = meaning;
  if (!range) return "range and bins";
  const unit = gridUnit(column, meaning);
  return binEndsOf(meaning, { range, unit, count: gridValues(range, unit) }) ? "nothing" : "bins";
}

function withLabels(
  { column, meaning }: Need,
  { budget, rho, delta }: { readonly budget: Budget; readonly rho: number; readonly delta: number },
): { readonly meaning: ColumnSchema; readonly how: string } {
  const found = budget.stableHistogram(labelCounts(withoutCodes(column, meaning)), {
    query: `labels of "${meaning.name}"`,
    rho,
    delta,
  });
  if (found.size === 0) throw noDomain(meaning.name, "no label is common enough to be told apart from noise");
  const kept = [...found]
    .sort((a, b) => b[1] - a[1] || compare(a[0], b[0]))
    .slice(0, MOST_LABELS)
    .map(([label]) => label);
  const categories = kept.sort((a, b) => (column.type === "text" ? compare(a, b) : Number(a) - Number(b)));
  return {
    meaning: { ...meaning, categories },
    how: `${categories.length} labels by a stable histogram; rarer ones count as one of these`,
  };
}

function withBins(
  { column, meaning, needs }: Need,
  { budget, rho }: { readonly budget: Budget; readonly rho: number },
): { readonly meaning: ColumnSchema; readonly how: string } {
  const { name } = meaning;
  const { values } = withoutCodes(column, meaning) as Exclude<Column, { type: "text" }>;
  const range =
    meaning.range ?? noisyRange(values, { budget, query: `magnitudes of "${name}"`, rho: rho * RANGE_SHARE });
  if (!range) throw noDomain(name, "no magnitude of its values is common enough to be told apart from noise");
  const unit = gridUnit(column, { ...meaning, range });
  const isFound = needs !== "bins";
  const count = gridValues(range, unit);
  const ranged: ColumnSchema = { ...meaning, range };
  const how = isFound ? "range by noisy counts of magnitudes" : "range declared";
  if (count <= MOST_POINTS) return { meaning: ranged, how: `${how}; each of ${count} values is a bin` };
  const binEnds = noisyBinEnds(values, {
    range,
    unit,
    bins: BINS,
    budget,
    query: `bins of "${name}"`,
    rho: isFound ? rho * (1 - RANGE_SHARE) : rho,
  });
  return { meaning: { ...ranged, binEnds }, how: `${how}; ${binEnds.length} bins by noisy counts` };
}

/** Share of a column's part that goes to its range, where that is not declared either. */
const RANGE_SHARE = 1 / 3;

function labelCounts(column: Column): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  if (column.type === "text") {
    const profile = profileText(column);
    for (const code of profile.used) {
      const label = column.dictionary[code] as string;
      counts.set(label, (counts.get(label) ?? 0) + (profile.counts[code] as number));
    }
    return counts;
  }
  for (const value of column.values)
    if (!Number.isNaN(value)) counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
  return counts;
}

function noDomain(name: string, why: string): InvalidData {
  return new InvalidData("no-domain", `Column "${name}": the budget is too small to find its domain; ${why}.`, {
    advice: `Declare its categories or range in a schema file (public knowledge costs nothing), raise --epsilon, or leave the column out ("drop: true").`,
  });
}

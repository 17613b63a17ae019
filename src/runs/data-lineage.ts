/** How far a table is from real rows: 0 is real, k was learnt from a source of generation k − 1. */
export interface DataLineage {
  /** One more than the largest of the sources; 1 where there was none, as for rows that a model makes up. */
  readonly generation: number;
  /** What was learnt from. Empty: nothing was, or it is not known here. */
  readonly sources: readonly LineageSource[];
  /** Rows taken for real that were learnt from; null: withheld, or not known here. */
  readonly realRows: number | null;
}

export interface LineageSource {
  readonly role: "source" | "anchor";
  /** 0 where nothing says that it is synthetic. */
  readonly generation: number;
  /** That were learnt from; null: withheld. */
  readonly rows: number | null;
}

/** Most generations that anything may say of itself: more is no lineage but a mistake. */
export const MOST_GENERATIONS = 1_000_000;

/** The lineage of what is learnt from some sources. */
export function learntFrom(sources: readonly LineageSource[]): DataLineage {
  const real = sources.filter(({ generation }) => generation === 0);
  return {
    generation: 1 + sources.reduce((most, { generation }) => Math.max(most, generation), 0),
    sources,
    realRows: real.some(({ rows }) => rows === null) ? null : real.reduce((sum, { rows }) => sum + (rows as number), 0),
  };
}

/** Whether real rows were learnt from; null: not known here. */
export function isAnchored({ sources, generation }: DataLineage): boolean | null {
  if (sources.length === 0) return generation <= 1 ? false : null;
  return sources.some((source) => source.generation === 0);
}

/** Share of the rows taken for real among all that were learnt from; null: withheld, or not known here. */
export function realShareOf({ sources, realRows }: DataLineage): number | null {
  const all = sources.reduce((sum, { rows }) => sum + (rows ?? Number.NaN), 0);
  return realRows !== null && all > 0 ? realRows / all : null;
}

/** As much of a lineage as is known by looking at a file. */
export function knownLineage(lineage: DataLineage): KnownLineage {
  return { generation: lineage.generation, anchored: isAnchored(lineage) };
}

/** Without what was counted of the sources. */
export function withoutCounts(lineage: DataLineage): DataLineage {
  return { ...lineage, sources: lineage.sources.map((source) => ({ ...source, rows: null })), realRows: null };
}

/** "generation 2: learnt from 750 synthetic rows of generation 1 and from 500 real rows" */
export function lineageInWords({ generation, sources }: DataLineage): string {
  const told = sources.map(({ generation: of, rows }) => {
    const count = rows === null ? "" : `${rows.toLocaleString("en-US")} `;
    return of === 0 ? `${count}real rows` : `${count}synthetic rows of generation ${of}`;
  });
  return `generation ${generation}${told.length > 0 ? `: learnt from ${told.join(" and from ")}` : ""}`;
}

const GENERATION = "counterfoil:generation";
const ANCHORED = "counterfoil:anchored";
const MARK = "counterfoil:digitalSourceType";

/** What a file says of its lineage, beside its mark as synthetic. It tells no number of rows. */
export function lineageMetadata({ generation, anchored }: KnownLineage): Readonly<Record<string, string>> {
  return {
    [GENERATION]: String(generation),
    ...(anchored === null ? {} : { [ANCHORED]: anchored ? "yes" : "no" }),
  };
}

/** What is known of a table's lineage by looking at it. */
export interface KnownLineage {
  readonly generation: number;
  /** Whether what it was learnt from held real rows; null: not known. */
  readonly anchored: boolean | null;
}

/** What metadata say; undefined: nothing of ours. A file of a version without lineage says that it is synthetic, and no more. */
export function lineageFromMetadata(metadata: Readonly<Record<string, string>>): KnownLineage | undefined {
  const generation = Number(metadata[GENERATION] ?? "x");
  if (Number.isInteger(generation) && generation >= 0 && generation <= MOST_GENERATIONS)
    return { generation, anchored: metadata[ANCHORED] === undefined ? null : metadata[ANCHORED] === "yes" };
  return metadata[MARK] === undefined ? undefined : { generation: 1, anchored: null };
}

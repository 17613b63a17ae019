import { alignTo } from "../data/align.ts";
import { columnOf, selectColumns, type Table, takeColumn } from "../data/table.ts";
import { InvalidArgument, InvalidData } from "../errors.ts";
import type { AuxiliarySource, PairedSample } from "../hybrid/estimation/sample.ts";
import { buildDesign, type Design, takeMatrixRows } from "../hybrid/formula/design.ts";
import type { Formula } from "../hybrid/formula/formula.ts";
import { outcomeValues } from "../hybrid/formula/outcome.ts";
import { indexKeys, type KeyIndex, keyText, pairRows } from "../hybrid/pair-rows.ts";
import type { InferOptions } from "./infer-options.ts";
import { tellingSources } from "./infer-telling-sources.ts";
import { type NamedTable, positiveNumbers, quoted, rowsWhere, strataOf, type Units } from "./infer-units.ts";

/** A sample, and where its units stand in the files. */
export interface LaidSample {
  readonly sample: PairedSample;
  /** Rows of the units' table, one for each unit but those that only synthetic files have, which come last. */
  readonly rows: Uint32Array;
}

interface Making {
  readonly formula: Formula;
  readonly options: InferOptions;
  readonly notice: (message: string) => void;
}

/** Units, proxies and synthetic counterparts as one sample.
 * @throws {InvalidData} a proxy or a counterpart is missing (unless such units are to be dropped); keys twice or missing; unusable weights */
export function makeSample(units: Units, synthetic: readonly NamedTable[], making: Making): LaidSample {
  const { options, notice } = making;
  const proxies = (options.proxies ?? []).map((name) => proxyOf(units, name, making));
  const sources = synthetic.map((file) => openSource(units, file, making));
  const rows = completeRows(units, { proxies, sources, making });
  // Of a unit that only synthetic files know there is neither a prediction nor a weight.
  const needsRow = proxies.length > 0 || options.weights !== undefined || options.strata !== undefined;
  if (needsRow) tellOthers(sources, notice);
  const extras = needsRow ? [] : extraUnits(sources, notice);
  const total = rows.length + extras.length;
  const labelledRows = rowsWhere(rows.length, (unit) => !Number.isNaN(units.values[rows[unit] as number]));
  const p = units.design.terms.length;
  const design = takeMatrixRows(units.matrix, p, rows);
  const auxiliary: AuxiliarySource[] = [
    ...proxies.map(({ name, values }) => ({
      name,
      kind: "proxy" as const,
      design,
      outcome: Float64Array.from(rows, (row) => values[row] as number),
    })),
    ...sources.map(({ name, matrix, values, pairing }, m) => {
      const own = Uint32Array.from({ length: total }, (_, unit) =>
        unit < rows.length ? (pairing[rows[unit] as number] as number) : (extras[unit - rows.length]?.[m] as number),
      );
      return {
        name,
        kind: "synthetic" as const,
        design: takeMatrixRows(matrix, p, own),
        outcome: Float64Array.from(own, (row) => values[row] as number),
      };
    }),
  ];
  const where = { rows, nameRow: units.nameRow };
  const { weights, strata, labellingChance } = options;
  const labelled = labelledRows.map((unit) => rows[unit] as number);
  const outcome = Float64Array.from(labelled, (row) => units.values[row] as number);
  const sample: PairedSample = {
    units: total,
    width: p,
    terms: units.design.terms,
    labelled: labelledRows,
    real: {
      design: takeMatrixRows(units.matrix, p, labelled),
      outcome,
    },
    sources: tellingSources(auxiliary, {
      labelled: labelledRows,
      outcome,
      total,
      notice,
    }),
    ...(weights === undefined
      ? {}
      : { weights: positiveNumbers(columnOf(units.table, weights), { ...where, what: "weight" }) }),
    ...(strata === undefined
      ? {}
      : { strata: strataOf(columnOf(units.table, strata), { ...where, values: units.values }) }),
    ...(labellingChance === undefined
      ? {}
      : {
          labellingChance: positiveNumbers(columnOf(units.table, labellingChance), {
            ...where,
            rows: labelled,
            what: "chance of a label",
            most: 1,
          }),
        }),
  };
  return { sample, rows };
}

interface Proxy {
  readonly name: string;
  readonly values: Float64Array;
}

function proxyOf(units: Units, name: string, { formula }: Making): Proxy {
  const { outcome, table } = units;
  const column = columnOf(table, name);
  const values = outcomeValues({ formula, outcome }, column, { rows: table.rows, where: "the units" });
  if (outcome.family.kind === "poisson" && values.some((value) => value < 0))
    throw new InvalidData(
      "bad-proxy",
      `The proxy "${name}" is below 0 in ${units.nameRow(values.findIndex((value) => value < 0))}, and the outcome is a count.`,
      {
        advice: "Give the expected count, not its logarithm.",
      },
    );
  return { name, values };
}

/** A synthetic file by key: which of its rows belongs to which row of the units' table. */
interface Source extends Proxy {
  readonly index: KeyIndex;
  readonly matrix: Float64Array;
  /** 1 for rows that cannot be used. */
  readonly incomplete: Uint8Array;
  /** Row of the source for each row of the units' table; −1: none. */
  readonly pairing: Int32Array;
  readonly others: Uint32Array;
}

function openSource(units: Units, { name, table }: NamedTable, making: Making): Source {
  const { formula, options, notice } = making;
  const { design, outcome } = units;
  const key = options.key as string;
  const reference = selectColumns(units.table, [...new Set([key, outcome.column, ...design.reads])]);
  const own = sameColumns(table, { reference, name, notice, untyped: [key, outcome.column] });
  const index = indexKeys(columnOf(own, key), name);
  const values = outcomeValues({ formula, outcome }, columnOf(own, outcome.column), { rows: own.rows, where: name });
  const built = buildDesign(design, own, { unknown: "reference" });
  tellUnknown(built.unknown, { design, name, notice });
  const incomplete = built.incomplete.map((is, row) => (is || Number.isNaN(values[row]) ? 1 : 0));
  const { rows: pairing, others } = pairRows(columnOf(units.table, key), index);
  return { name, index, matrix: built.matrix, values, incomplete, pairing, others };
}

/** The columns that the analysis reads, in the types of the units' table.
 * @param of.untyped columns to be left as they are
 * @throws {InvalidArgument} one is missing */
export function sameColumns(
  table: Table,
  of: {
    readonly reference: Table;
    readonly name: string;
    readonly untyped: readonly string[];
    readonly notice: (message: string) => void;
  },
): Table {
  const wanted = of.reference.columns.map(({ name }) => name);
  const there = table.columns.map(({ name }) => name);
  const lacking = wanted.filter((name) => !there.includes(name));
  if (lacking.length > 0)
    throw new InvalidArgument("unknown-column", `${of.name} has no column ${quoted(lacking)}.`, {
      advice: `A synthetic file has the outcome and the covariates under the same names as the real one. It has: ${there.slice(0, 60).join(", ")}.`,
    });
  const typed = wanted.filter((name) => !of.untyped.includes(name));
  const { table: aligned, invalid } = alignTo(selectColumns(table, typed), selectColumns(of.reference, typed), {
    table: "synthetic",
    reference: "real",
  });
  for (const { column, cells } of invalid)
    of.notice(
      `${cells} cells of "${column}" in ${of.name} are not of the type that the real column has, and count as empty.`,
    );
  return { rows: table.rows, columns: wanted.map((name) => columnOf(typed.includes(name) ? aligned : table, name)) };
}

/** Says what a synthetic file's strange levels count as. */
export function tellUnknown(
  unknown: readonly { readonly column: string; readonly labels: readonly string[]; readonly rows: number }[],
  of: { readonly design: Design; readonly name: string; readonly notice: (message: string) => void },
): void {
  for (const { column, labels, rows } of unknown) {
    const levels = of.design.columns.flat().find(({ factor }) => factor.levels && factor.reads[0] === column)
      ?.factor.levels;
    of.notice(
      `${rows} row${rows === 1 ? "" : "s"} of ${of.name} ${rows === 1 ? "has" : "have"} a value of "${column}" that no labelled row has (${labels.map((label) => `"${label}"`).join(", ")}); it counts as "${levels?.[0]}".`,
    );
  }
}

/** Rows of the units' table that every proxy and every source speaks of.
 * @throws {InvalidData} one does not, and such rows are not to be dropped */
function completeRows(
  units: Units,
  of: { readonly proxies: readonly Proxy[]; readonly sources: readonly Source[]; readonly making: Making },
): Uint32Array {
  const { proxies, sources, making } = of;
  const { options, notice } = making;
  // Two rows of a unit are not two units, whether something is paired with them or not.
  if (options.key !== undefined)
    indexKeys(takeColumn(columnOf(units.table, options.key as string), units.kept), "the units");
  let rows = units.kept;
  const check = (
    lacks: (row: number) => boolean,
    words: (bad: Uint32Array) => { readonly code: string; readonly message: string; readonly advice: string },
  ): void => {
    const bad = rows.filter(lacks);
    if (bad.length === 0) return;
    const { code, message, advice } = words(bad);
    if (!options.dropUnpaired) throw new InvalidData(code, message, { advice });
    rows = rows.filter((row) => !lacks(row));
    notice(`${message} Such units are left out.`);
  };
  for (const { name, values } of proxies)
    check(
      (row) => Number.isNaN(values[row]),
      (bad) => ({
        code: "missing-proxy",
        message: `The proxy "${name}" is missing for ${bad.length} of ${rows.length} units (${some(bad, units.nameRow)}).`,
        advice:
          "Let the model predict every unit, labelled ones too, or leave units without a prediction out with --drop-unpaired.",
      }),
    );
  for (const source of sources) {
    const keyName = (row: number): string => keyText(columnOf(units.table, options.key as string), row);
    check(
      (row) => (source.pairing[row] as number) < 0,
      (bad) => ({
        code: "unpaired-keys",
        message: `Unpaired keys: ${source.name} has no row for ${bad.length} of ${rows.length} units (${options.key} ${some(bad, keyName)}).`,
        advice: "Make a synthetic row for every unit, labelled or not, or leave the others out with --drop-unpaired.",
      }),
    );
    check(
      (row) => source.incomplete[source.pairing[row] as number] === 1,
      (bad) => ({
        code: "incomplete-rows",
        message: `${source.name} has an empty cell in what the formula reads for ${bad.length} of ${rows.length} units (${options.key} ${some(bad, keyName)}).`,
        advice: "Fill the cells, or leave such units out with --drop-unpaired.",
      }),
    );
  }
  if (!rows.some((row) => !Number.isNaN(units.values[row])))
    throw new InvalidData("no-labels", "No labelled unit is left: none is in every source.", {
      advice: "Check that the keys of the files are the same.",
    });
  return rows;
}

/** Units that only synthetic files know: the row of each source, where every source has a complete one. */
function extraUnits(sources: readonly Source[], notice: (message: string) => void): readonly (readonly number[])[] {
  const [first, ...more] = sources;
  if (!first) return [];
  const others = sources.map(({ others: rows }) => new Set(rows));
  const paired = more.map(({ index }) => pairRows(first.index.column, index).rows);
  const extras: number[][] = [];
  for (const row of first.others) {
    const own = [row, ...paired.map((rows) => rows[row] as number)];
    if (sources.every(({ incomplete }, m) => others[m]?.has(own[m] as number) && incomplete[own[m] as number] === 0))
      extras.push(own);
  }
  if (extras.length > 0)
    notice(`${extras.length} units are in the synthetic files alone, and count as unlabelled ones.`);
  sources.forEach(({ name, others: { length } }) => {
    const left = length - extras.length;
    if (left > 0)
      notice(
        `${left} rows of ${name} belong to no unit${sources.length > 1 ? " that every file has" : ""}, and are not used.`,
      );
  });
  return extras;
}

function tellOthers(sources: readonly Source[], notice: (message: string) => void): void {
  for (const { name, others } of sources)
    if (others.length > 0) notice(`${others.length} rows of ${name} belong to no unit, and are not used.`);
}

function some(rows: Uint32Array, name: (row: number) => string): string {
  return `${[...rows.subarray(0, 3)].map(name).join(", ")}${rows.length > 3 ? ", …" : ""}`;
}

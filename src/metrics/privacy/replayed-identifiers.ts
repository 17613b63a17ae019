import { type Column, columnOf, lengthOf, type Table } from "../../data/table.ts";
import { wilson } from "../../math/distributions.ts";
import { schemaOf } from "../../schema/schema.ts";
import type { Interval, Metric, MetricInput } from "../metric.ts";
import { headerOf, notApplicable, notComputable } from "../score.ts";

/** Real identifiers and texts that stand in the synthetic table again. */
export const replayedIdentifiers: Metric = {
  name: "replayed-identifiers",
  title: "Identifiers and texts replayed",
  // Not of the privacy family: nothing is planted, for a value that only one real row holds is found wherever it stands.
  family: "validity",
  better: "lower",
  range: [0, 1],
  source:
    "Share of cells that equal a value which one training row holds, against the same share of the holdout's cells; interval of the difference by Newcombe (1998), Statistics in Medicine",
  definitionVersion: 1,
  explains:
    "Whether names, e-mail addresses, numbers of persons or free texts of the training rows come back in the synthetic table, more often than in real rows of other people; letter case, blanks and punctuation do not count. It sees no text that was reworded, and leaves out keys that are numbered through.",
  async measure(input) {
    const { unmodelled } = input;
    const names = (unmodelled?.synthetic.columns ?? []).map(({ name }) => name);
    if (!unmodelled || names.length === 0)
      return notApplicable(replayedIdentifiers, "The synthetic table has no column of identifiers or free text.");
    const { train, holdout, synthetic } = unmodelled;
    if (!holdout || holdout.rows === 0)
      return notComputable(replayedIdentifiers, "This needs real rows that were not used for fitting (--holdout).");
    const sides = { train, holdout, synthetic };
    const compared = names.map((name) => compare(name, sides)).filter((column) => column !== undefined);
    if (compared.length === 0)
      return notApplicable(
        replayedIdentifiers,
        "Identifiers here are few or numbered through, so that meeting one again tells nothing.",
      );
    const alpha = input.alpha / compared.length;
    const columns = compared
      .map((column) => ({ ...column, ...intervals(column, alpha) }))
      .sort((a, b) => b.difference.low - a.difference.low || b.value.value - a.value.value);
    const [worst] = columns as [(typeof columns)[number]];
    return {
      ...headerOf(replayedIdentifiers),
      ...worst.value,
      level: 1 - input.alpha,
      n: worst.cells,
      seeds: [input.seed],
      ceiling: worst.ceiling,
      difference: worst.difference,
      worst: columns
        .filter(({ value, ceiling }) => value.value > ceiling.value)
        .slice(0, 50)
        .map(({ name, value, ceiling }) => ({ name, value: value.value, ceiling: ceiling.value })),
      details: {
        columns: columns.map(({ name, cells, replayed, holdoutCells, holdoutReplayed }) => ({
          name,
          holds: identifierType(input, name),
          cells,
          replayed,
          holdoutCells,
          holdoutReplayed,
        })),
        leftOut: names.length - columns.length,
      },
    };
  },
};

/** A column whose values fill more than this part of the values of their form is numbered through, or has few. */
const MOST_DENSE = 1e-4;

interface Compared {
  readonly name: string;
  /** Synthetic cells that are not missing, and those of them that equal a value which one training row holds. */
  readonly cells: number;
  readonly replayed: number;
  readonly holdoutCells: number;
  readonly holdoutReplayed: number;
}

function compare(
  name: string,
  sides: { readonly train: Table; readonly holdout: Table; readonly synthetic: Table },
): Compared | undefined {
  const known = countValues(columnOf(sides.train, name));
  if (known.size === 0 || density(known.keys()) > MOST_DENSE) return undefined;
  const found = (table: Table): readonly [cells: number, replayed: number] => {
    let cells = 0;
    let replayed = 0;
    for (const [value, count] of countValues(columnOf(table, name))) {
      cells += count;
      if (known.get(value) === 1) replayed += count;
    }
    return [cells, replayed];
  };
  const [cells, replayed] = found(sides.synthetic);
  const [holdoutCells, holdoutReplayed] = found(sides.holdout);
  return cells > 0 && holdoutCells > 0 ? { name, cells, replayed, holdoutCells, holdoutReplayed } : undefined;
}

/** Cells by value; a text without letter case, blanks and punctuation. */
function countValues(column: Column): Map<string, number> {
  const out = new Map<string, number>();
  const add = (value: string, count: number): void => {
    if (value !== "") out.set(value, (out.get(value) ?? 0) + count);
  };
  if (column.type === "text") {
    const counts = new Float64Array(column.dictionary.length);
    for (const code of column.codes) if (code >= 0) counts[code] = (counts[code] as number) + 1;
    counts.forEach((count, code) => {
      if (count > 0) add(plain(column.dictionary[code] as string), count);
    });
    return out;
  }
  for (let i = 0; i < lengthOf(column); i++) {
    const value = column.values[i] as number;
    if (!Number.isNaN(value)) add(String(value), 1);
  }
  return out;
}

function plain(label: string): string {
  return label
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "");
}

/** How large a part of the values of their form these are: of those with one length, over the product of the different signs at each place. */
function density(values: Iterable<string>): number {
  const forms = new Map<number, { count: number; signs: Set<string>[] }>();
  let total = 0;
  for (const value of values) {
    const form = forms.get(value.length) ?? {
      count: 0,
      signs: Array.from({ length: Math.min(value.length, 64) }, () => new Set<string>()),
    };
    forms.set(value.length, form);
    form.count++;
    total++;
    form.signs.forEach((signs, place) => {
      signs.add(value[place] as string);
    });
  }
  let sum = 0;
  for (const { count, signs } of forms.values()) {
    const logSize = signs.reduce((log, { size }) => log + Math.log(size), 0);
    // Of few values every place has few signs, whatever they are: no more than one of each can be told.
    sum += count < 20 ? 0 : count * Math.min(1, Math.exp(Math.log(count) - logSize));
  }
  return sum / total;
}

function intervals(
  { cells, replayed, holdoutCells, holdoutReplayed }: Compared,
  alpha: number,
): { readonly value: Interval; readonly ceiling: Interval; readonly difference: Interval } {
  const share = (count: number, of: number): Interval => {
    const value = count / of;
    const { low, high } = wilson(count, of, alpha);
    return { value, low: Math.min(low, value), high: Math.max(high, value) };
  };
  const value = share(replayed, cells);
  const ceiling = share(holdoutReplayed, holdoutCells);
  const gap = value.value - ceiling.value;
  return {
    value,
    ceiling,
    difference: {
      value: gap,
      low: gap - Math.hypot(value.value - value.low, ceiling.high - ceiling.value),
      high: gap + Math.hypot(value.high - value.value, ceiling.value - ceiling.low),
    },
  };
}

function identifierType(input: MetricInput, name: string): string {
  const { kind, identifier } = schemaOf(input.schema, name);
  return kind === "text" ? "free text" : (identifier?.type ?? kind);
}

/** What decisions did to one subgroup. */
export interface GroupCounts {
  readonly rows: number;
  /** Rows that have the outcome. */
  readonly positives: number;
  /** Rows decided for. */
  readonly chosen: number;
  /** Rows decided for that have the outcome. */
  readonly hits: number;
}

/** A number that tells how alike subgroups are treated. */
export interface DecisionFigure {
  readonly name: "accuracy" | "equalised odds" | "demographic parity" | "adverse impact";
  /** The rates of one group, by name; NaN where its rows are too few for that rate. */
  readonly rates: readonly {
    readonly name: string;
    readonly of: (counts: GroupCounts) => number;
    /** Rows that the rate is over. */
    readonly over: (counts: GroupCounts) => number;
  }[];
  /** Fewest rows that a rate is over, of so many test rows. */
  readonly fewest: (testRows: number) => number;
  /** From one rate of all groups. */
  readonly combine: (rates: readonly number[]) => number;
  /** Of several rates. */
  readonly worst: (...values: number[]) => number;
}

const FEWEST = 30;

const accuracy = {
  name: "accuracy",
  of: ({ rows, positives, chosen, hits }: GroupCounts) => (rows - positives - chosen + 2 * hits) / rows,
  over: ({ rows }: GroupCounts) => rows,
};
const chosen = {
  name: "decided for",
  of: ({ rows, chosen }: GroupCounts) => chosen / rows,
  over: ({ rows }: GroupCounts) => rows,
};
const truePositives = {
  name: "true positive rate",
  of: ({ positives, hits }: GroupCounts) => hits / positives,
  over: ({ positives }: GroupCounts) => positives,
};
const falsePositives = {
  name: "false positive rate",
  of: ({ rows, positives, chosen, hits }: GroupCounts) => (chosen - hits) / (rows - positives),
  over: ({ rows, positives }: GroupCounts) => rows - positives,
};

const range = (rates: readonly number[]): number => Math.max(...rates) - Math.min(...rates);

/** Every figure; the metrics of this folder each show one.
 * @source Hardt, Price & Srebro (2016), NIPS (equalised odds); fairlearn's differences over groups, `worst_case` aggregation; 29 CFR 1607.4 D
 * (four fifths) and 1607.15 A (groups of at least 2 %) */
export const decisionFigures: readonly DecisionFigure[] = [
  {
    name: "accuracy",
    rates: [accuracy],
    fewest: () => FEWEST,
    combine: (rates) => Math.min(...rates),
    worst: Math.min,
  },
  {
    name: "equalised odds",
    rates: [truePositives, falsePositives],
    fewest: () => FEWEST,
    combine: range,
    worst: Math.max,
  },
  { name: "demographic parity", rates: [chosen], fewest: () => FEWEST, combine: range, worst: Math.max },
  {
    name: "adverse impact",
    rates: [chosen],
    fewest: (testRows) => Math.max(FEWEST, 0.02 * testRows),
    // Where nobody is decided for, nobody is put at a disadvantage.
    combine: (rates) => (Math.max(...rates) > 0 ? Math.min(...rates) / Math.max(...rates) : 1),
    worst: Math.min,
  },
];

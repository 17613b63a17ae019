/** A real table of the benchmark: where its rows come from, and what is predicted in it. */
export interface SourceTable {
  readonly name: string;
  readonly title: string;
  /** Of training and of test rows as they are, or of rows that are cut 75 / 25 (`prepare_tables.py`). */
  readonly files:
    | { readonly train: string; readonly test: string }
    | { readonly all: string; readonly drop: readonly string[] };
  readonly target: string;
  /** The target is whether the column is above this number. */
  readonly above?: number;
  /** Columns that give the target away: models of it must not see them. */
  readonly leaveOut?: readonly string[];
}

const DATA = "examples/data";

export const SOURCE_TABLES: readonly SourceTable[] = [
  {
    name: "adult",
    title: "Adult (official split)",
    files: { train: `${DATA}/adult.csv.gz`, test: `${DATA}/adult-test.csv.gz` },
    target: "income",
  },
  {
    name: "support2",
    title: "SUPPORT2 (75 / 25, without its row number)",
    files: { all: `${DATA}/support2.csv.gz`, drop: [""] },
    target: "death",
  },
  {
    name: "german-credit",
    title: "German credit (75 / 25)",
    files: { all: `${DATA}/german-credit.csv.gz`, drop: [] },
    target: "class",
  },
  {
    name: "ai4i",
    title: "AI4I (75 / 25, without its row number and product number)",
    files: { all: `${DATA}/ai4i2020.csv.gz`, drop: ["UDI", "ProductID"] },
    target: "MachineFailure",
    leaveOut: ["TWF", "HDF", "PWF", "OSF", "RNF"],
  },
  {
    name: "randhie",
    title: "RAND health insurance experiment (75 / 25; public domain, from statsmodels)",
    files: { all: "statsmodels:randhie", drop: [] },
    target: "mdvis",
    above: 0,
  },
];

/** A plan of the study of tables: `counterfoil plan` with these words, in the folder of the tables. */
export interface TablePlan {
  readonly name: string;
  readonly args: readonly string[];
}

/** Columns of SUPPORT2 that tell of what came after the third day in hospital, or are somebody's forecast of it. */
const LEAKS = [
  ...["death", "d.time", "slos", "charges", "totcst", "totmcst", "avtisst", "sfdm2"],
  ...["prg2m", "prg6m", "surv2m", "surv6m", "sps", "aps", "dnr", "dnrday"],
];

const TABLES: Readonly<Record<"adult" | "support2", readonly string[]>> = {
  adult: [
    ...["adult-60.csv", "--target", "income", "--test", "adult-test-4000.csv"],
    ...["--shifted", "adult-over-60.csv", "--goal", "0.9"],
  ],
  support2: [
    ...["support2-no-cancer.csv", "--target", "hospdead", "--goal", "0.8"],
    ...["--shifted", "support2-cancer.csv", "--target-leaks", ...LEAKS],
  ],
};

const GRID = ["--real", "25,50,100,250,500,1000", "--seeds", "5"];
const SYNTHESIZERS = ["gaussian-copula", "sequential-trees", "adversarial-forest"];

/** Each table with each synthesizer. Of Adult besides: fresh real rows instead of synthetic ones, which no synthesizer can beat; sequential trees whose
 * leaves may be small; and more real rows than the others said anything of. */
export const TABLE_PLANS: readonly TablePlan[] = [
  ...(["adult", "support2"] as const).flatMap((table) =>
    SYNTHESIZERS.map((name) => ({
      name: `${table}-${name}`,
      args: ["plan", ...TABLES[table], "--synthesizer", name, ...GRID],
    })),
  ),
  {
    name: "adult-fresh-real-rows",
    args: [
      ...["plan", ...TABLES.adult],
      ...["--generate", "node draw-rows.mjs adult-pool.csv {real} {rows} {seed} {out}", ...GRID],
    ],
  },
  {
    name: "adult-sequential-trees-of-5",
    args: ["plan", ...TABLES.adult, "--synthesizer", "sequential-trees", "--option", "minLeaf=5", ...GRID],
  },
  {
    name: "adult-more-real-rows",
    args: ["plan", ...TABLES.adult, "--synthetic", "0", "--real", "1000,2000,4000,8000", "--seeds", "5"],
  },
];

/** Those of one table in a picture. */
export function inPicture(table: string): readonly string[] {
  return [...SYNTHESIZERS, "fresh-real-rows"].map((name) => `${table}-${name}`);
}

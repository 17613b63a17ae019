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

/** Who makes the rows: a synthesizer; or, as a control that no synthesizer can beat, fresh real rows. */
const MAKERS: Readonly<Record<string, readonly string[]>> = {
  "gaussian-copula": ["--synthesizer", "gaussian-copula"],
  "sequential-trees": ["--synthesizer", "sequential-trees"],
  "adversarial-forest": ["--synthesizer", "adversarial-forest"],
  "fresh-real-rows": ["--generate", "node draw-rows.mjs adult-pool.csv {real} {rows} {seed} {out}"],
};

/** Plans by table and by who makes the rows; the last looks at more real rows than the others said anything of. */
export const TABLE_PLANS: readonly TablePlan[] = [
  ...(["adult", "support2"] as const).flatMap((table) =>
    Object.entries(MAKERS)
      .filter(([maker]) => table === "adult" || maker !== "fresh-real-rows")
      .map(([maker, words]) => ({
        name: `${table}-${maker}`,
        args: ["plan", ...TABLES[table], ...words, "--real", "25,50,100,250,500,1000", "--seeds", "5"],
      })),
  ),
  {
    name: "adult-more-real-rows",
    args: ["plan", ...TABLES.adult, "--synthetic", "0", "--real", "1000,2000,4000,8000", "--seeds", "5"],
  },
];

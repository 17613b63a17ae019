import { type Column, type Table, tableOf } from "../../../src/data/table.ts";
import type { Definition, ReportInput } from "../../../src/evidence/report/input.ts";
import { profileTables } from "../../../src/evidence/report/profile.ts";
import type { Interval, MeasuredScore, Planting, Score, WorstPart } from "../../../src/metrics/metric.ts";
import type { Decision, RuleResult, Verdict } from "../../../src/policy/decision.ts";
import { type Random, randomFromSeed } from "../../../src/random.ts";
import type { ColumnSchema, Kind, TableSchema } from "../../../src/schema/schema.ts";
import { FACTS } from "../../policy/fixtures.ts";

/** Made-up tables and scores in the shape of a real run: 48 columns of a hospital study, some skewed, some half missing. */
export function madeUpInput(
  options: { readonly verdict?: Verdict; readonly columns?: number; readonly rows?: number } = {},
): ReportInput {
  const verdict = options.verdict ?? "pass";
  const { real, synthetic, schema } = madeUpTables({ columns: options.columns ?? 48, rows: options.rows ?? 1200 });
  return {
    title: "support2.csv, synthetic twin",
    job: "synthesize",
    decision: madeUpDecision(verdict),
    scores: madeUpScores(verdict, schema),
    definitions: DEFINITIONS,
    profiles: profileTables(real, synthetic, schema),
    provenance: {
      source: "/home/somebody/private/support2.csv",
      rows: { train: 6829, holdout: 2276, synthetic: 9105 },
      seed: 20261122,
      synthesizer: {
        name: "sequential-trees",
        options: { minLeaf: 20, price: "auto", maxBins: 250 },
        notes: ["sfdm2 is visited last: the user declared that it gives the target away."],
      },
      version: "0.1.0",
      node: "v20.19.5",
      created: "2026-11-22T22:20:04.000Z",
      policy: { name: "default", sha256: "9c1185a5c5e9fc54612808977ee8f548b2258d31c1f5c3b8f0d5c5b5b0a1d2e3" },
      splitDigest: "3f79bb7b435b05321651daefd374cdc681dc06faa65e374e38337b88ca046dea",
      schemaDigest: "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
      signer: "ed25519:Zm9vYmFyYmF6cXV4",
      verify: [
        "npx counterfoil verify support2-synthetic --trust signer.pub.pem",
        "sha256sum -c support2-synthetic/SHA256SUMS",
      ],
    },
    notices: ["Column 1 had no header and is called column_1.", "column_1 is a key and was made anew."],
    headline: {
      pairs: { value: 0.921, ceiling: 0.944 },
      twoSample: verdict === "indeterminate" ? null : 0.897,
      trainOnSynthetic: 0.984,
      excessCopies: verdict === "refuse" ? 0.0073 : 0.00002,
      commonestCategoryLost: verdict === "refuse" ? { column: "dzgroup", expected: 34.2 } : null,
    },
  };
}

const NAMES =
  "age death sex hospdead slos d.time dzgroup dzclass num.co edu income scoma charges totcst totmcst avtisst race sps aps surv2m surv6m hday diabetes dementia ca prg2m prg6m dnr dnrday meanbp wblc hrt resp temp pafi alb bili crea sod ph glucose bun urine adlp adls sfdm2 adlsc admitted".split(
    " ",
  );

const LABELS: Readonly<Record<string, readonly string[]>> = {
  sex: ["male", "female"],
  dzgroup: ["ARF/MOSF w/Sepsis", "CHF", "COPD", "Lung Cancer", "MOSF w/Malig", "Coma", "Colon Cancer", "Cirrhosis"],
  dzclass: ["ARF/MOSF", "COPD/CHF/Cirrhosis", "Cancer", "Coma"],
  income: ["under $11k", "$11-$25k", "$25-$50k", ">$50k"],
  race: ["white", "black", "hispanic", "other", "asian"],
  ca: ["no", "yes", "metastatic"],
  dnr: ["no dnr", "dnr after sadm", "dnr before sadm"],
  sfdm2: ["no(M2 and SIP pres)", "adl>=4 (>=5 if sur)", "SIP>=30", "Coma or Intub", "<2 mo. follow-up"],
};
const FLAGS = ["death", "hospdead", "diabetes", "dementia"];
const SKEWED = [
  "slos",
  "d.time",
  "charges",
  "totcst",
  "totmcst",
  "bili",
  "crea",
  "glucose",
  "bun",
  "urine",
  "wblc",
  "hday",
];
const WHOLE = ["num.co", "edu", "scoma", "slos", "d.time", "hday", "adlp", "adls", "hrt", "resp", "sod"];
const GAPS: Readonly<Record<string, number>> = {
  income: 0.33,
  totmcst: 0.38,
  adlp: 0.62,
  adls: 0.31,
  glucose: 0.49,
  bun: 0.48,
  urine: 0.53,
  alb: 0.37,
  bili: 0.29,
  pafi: 0.26,
  ph: 0.25,
  edu: 0.18,
  sfdm2: 0.15,
  prg2m: 0.18,
  prg6m: 0.18,
};

export function madeUpTables(size: { readonly columns: number; readonly rows: number }): {
  readonly real: Table;
  readonly synthetic: Table;
  readonly schema: TableSchema;
} {
  const names = Array.from({ length: size.columns }, (_, j) => NAMES[j] ?? `measure_${j}`);
  const random = randomFromSeed(7);
  const make = (side: "real" | "synthetic"): Table => {
    const own = random.split(side);
    const factors = Array.from({ length: 4 }, (_, f) => {
      const stream = own.split(`factor ${f}`);
      return Float64Array.from({ length: size.rows }, () => stream.normal());
    });
    return tableOf(names.map((name, j) => column(name, j, side, factors, own.split(name))));
  };
  const real = make("real");
  const schema: TableSchema = { format: "counterfoil-schema/1", columns: real.columns.map(meaningOf), notes: [] };
  return { real, synthetic: make("synthetic"), schema };
}

function column(
  name: string,
  j: number,
  side: "real" | "synthetic",
  factors: readonly Float64Array[],
  random: Random,
): Column {
  const factor = factors[j % 4] as Float64Array;
  const weaker = side === "synthetic" ? 0.9 - (j % 7) * 0.05 : 1;
  const pull = (0.35 + ((j * 37) % 50) / 100) * weaker;
  const rest = Math.sqrt(1 - pull * pull);
  const shift = side === "synthetic" ? ((j * 13) % 9) / 45 : 0;
  const latent = factor.map((f) => pull * f + rest * random.normal() + shift);
  const gap = (GAPS[name] ?? 0) * (side === "synthetic" ? 0.96 : 1);
  const missing = latent.map(() => (random.uniform() < gap ? 1 : 0));
  const labels = LABELS[name] ?? (FLAGS.includes(name) ? ["false", "true"] : undefined);
  if (labels) {
    const codes = Int32Array.from(latent, (z, i) =>
      missing[i] ? -1 : Math.min(labels.length - 1, Math.floor(labels.length * (1 / (1 + Math.exp(-1.7 * z))) ** 1.6)),
    );
    return { name, type: "text", storage: FLAGS.includes(name) ? "boolean" : "text", codes, dictionary: labels };
  }
  if (name === "admitted") {
    const values = latent.map((z) => Math.floor((Date.UTC(1991, 6, 1) + z * 4e10) / 864e5) * 864e5);
    return { name, type: "date", storage: "date", values };
  }
  const whole = WHOLE.includes(name);
  const values = latent.map((z, i) => {
    if (missing[i]) return Number.NaN;
    const value = SKEWED.includes(name)
      ? Math.exp(2.2 + 1.25 * z) * (name.startsWith("tot") || name === "charges" ? 900 : 1)
      : name === "num.co"
        ? Math.max(0, 1.8 + 1.4 * z)
        : 60 + 15 * z;
    return whole ? Math.round(value) : Math.round(value * 100) / 100;
  });
  return { name, type: "number", storage: whole ? "integer" : "double", values };
}

function meaningOf(column: Column): ColumnSchema {
  const kind: Kind =
    column.type === "date"
      ? "date"
      : column.type === "text"
        ? column.storage === "boolean"
          ? "boolean"
          : "categorical"
        : column.storage === "integer"
          ? "integer"
          : "continuous";
  return {
    name: column.name,
    kind,
    type: column.type,
    evidence: [],
    ...(column.name === "income" ? { kind: "ordinal", order: LABELS.income as string[] } : {}),
  };
}

function around(value: number, spread: number): Interval {
  return { value, low: value - spread, high: value + spread };
}

function madeUpScores(verdict: Verdict, schema: TableSchema): Score[] {
  const names = schema.columns.map((column) => column.name);
  const base = (name: string): Omit<MeasuredScore, "value" | "low" | "high"> => {
    const found = DEFINITIONS.find((definition) => definition.name === name) as Definition;
    return {
      metric: name,
      title: found.title,
      family: found.family,
      definitionVersion: 1,
      better: found.better,
      level: 0.95,
      n: 2276,
      seeds: [20261122],
    };
  };
  const compared = (
    name: string,
    value: number,
    ceiling: number,
    floor: number,
    worst?: WorstPart[],
  ): MeasuredScore => ({
    ...base(name),
    ...around(value, 0.006),
    ceiling: around(ceiling, 0.005),
    floor: around(floor, 0.004),
    difference: around(value - ceiling, 0.008),
    normalised: around((value - floor) / (ceiling - floor), 0.03),
    ...(worst ? { worst } : {}),
  });
  const parts = (start: number, make: (i: number) => string): WorstPart[] =>
    Array.from({ length: 12 }, (_, i) => ({ name: make(i), value: start + i * 0.011, ceiling: 0.96 - (i % 3) * 0.01 }));
  const leak = verdict === "refuse" ? 0.0073 : 0.00002;
  const plantings = (scale: number): Planting[] =>
    (["verbatim", "noisy", "outliers"] as const).flatMap((kind) =>
      [0.0025, 0.005, 0.01, 0.02].flatMap((share) =>
        Array.from({ length: 5 }, (_, index) => ({
          leak: kind,
          share,
          index,
          ...around(share * scale * (kind === "noisy" ? 0.3 : 0.9) + index * 1e-4, 0.0007 * scale),
        })),
      ),
    );
  return [
    { ...base("validity"), ...around(1, 0) },
    compared(
      "column-accuracy",
      0.968,
      0.979,
      0.981,
      parts(0.86, (i) => names[(i * 5) % names.length] as string),
    ),
    compared(
      "pair-accuracy",
      0.921,
      0.944,
      0.87,
      parts(0.71, (i) => `${names[i]} × ${names[(i * 7 + 3) % names.length]}`),
    ),
    compared("missingness", 0.982, 0.991, 0.93),
    verdict === "indeterminate"
      ? {
          ...base("two-sample"),
          notComputable:
            "Each side has 143 rows to compare; the classifier needs at least 200. Give more rows, or a larger holdout.",
        }
      : {
          ...compared("two-sample", 0.897, 0.993, 0.21),
          worst: names
            .slice(0, 10)
            .map((name, i) => ({ name, value: 0.19 / (i + 1), note: i === 0 ? "too few values that are whole" : "" })),
        },
    compared("train-on-synthetic", 0.984, 0.997, 0.61),
    {
      ...base("categories-lost"),
      ...around(verdict === "refuse" ? 2 : 0, 0),
      worst: verdict === "refuse" ? [{ name: "dzgroup", value: 34.2, note: "expected 34 times" }] : [],
    },
    compared("tails", 0.93, 0.987, 0.98),
    { ...base("exact-copies"), value: leak, low: leak - 0.00002, high: leak + 0.0004, plantings: plantings(1) },
    { ...base("near-copies"), ...around(0.021, 0.06), plantings: plantings(28) },
  ];
}

const DEFINITIONS: readonly Definition[] = (
  [
    [
      "validity",
      "Valid cells",
      "validity",
      "higher",
      "The share of cells that the schema allows: type, range, category, key. It does not say whether values go together.",
    ],
    [
      "column-accuracy",
      "Columns one by one",
      "fidelity",
      "higher",
      "One minus the total variation distance of each column, on shared bins. It says nothing about relations.",
    ],
    [
      "pair-accuracy",
      "Pairs of columns",
      "fidelity",
      "higher",
      "One minus the total variation distance of each pair of columns, on shared bins. It does not see relations among three.",
    ],
    [
      "missingness",
      "Missing together",
      "fidelity",
      "higher",
      "How alike the patterns of missing cells are. It does not ask why they are missing.",
    ],
    [
      "two-sample",
      "Two-sample test",
      "fidelity",
      "higher",
      "Two minus twice the area under the curve of a boosted classifier that is trained to tell the tables apart; 1 is cannot be told.",
    ],
    [
      "train-on-synthetic",
      "Train on synthetic, test on real",
      "utility",
      "higher",
      "A boosted model of the target trained on synthetic rows, over one trained on real rows. It speaks for this target only.",
    ],
    [
      "categories-lost",
      "Categories lost",
      "coverage",
      "lower",
      "Categories that were expected ten times or more and never came. It does not see rarer ones.",
    ],
    [
      "tails",
      "Tails reached",
      "coverage",
      "higher",
      "How much of the outer hundredths of each quantity is filled. It does not see joint tails.",
    ],
    [
      "exact-copies",
      "Exact copies",
      "privacy",
      "lower",
      "Unique real rows found again in the synthetic table, training rows against holdout rows. It does not see near copies.",
    ],
    [
      "near-copies",
      "Near copies",
      "privacy",
      "lower",
      "Among the closest rows, the excess whose nearest real row was trained on. It does not see what patterns give away.",
    ],
  ] as const
).map(([name, title, family, better, explains]) => ({
  name,
  title,
  family,
  better,
  range: [0, 1] as const,
  source: "Counterfoil, this version's documentation; after Platzer & Reutterer (2021), Frontiers in Big Data 4",
  definitionVersion: 1,
  explains,
  formula: "value = 1 − ½ Σ |p(real, bin) − p(synthetic, bin)|",
}));

function madeUpDecision(verdict: Verdict): Decision {
  const rule = (
    name: string,
    metric: string,
    outcome: RuleResult["outcome"],
    reason: string,
    rest: Partial<RuleResult> = {},
  ): RuleResult => ({
    rule: name,
    metric,
    outcome,
    severity: "refuse",
    reason,
    pass: "score.difference.low >= -0.05",
    fail: "score.difference.high < -0.05",
    bound: "difference.high",
    observed: -0.015,
    op: ">=",
    threshold: -0.05,
    ...rest,
  });
  const failed = verdict === "refuse";
  const open = verdict === "indeterminate";
  const rules: RuleResult[] = [
    rule(
      "pairs-kept",
      "pair-accuracy",
      "pass",
      "Pair accuracy is .921 against a ceiling of .944; it may be .05 below, and is .023 below.",
    ),
    rule("columns-kept", "column-accuracy", "pass", "Column accuracy is .968 against a ceiling of .979."),
    rule(
      "hard-to-tell",
      "two-sample",
      open ? "indeterminate" : "pass",
      open
        ? "The two-sample test could not be computed: 143 rows a side are too few."
        : "A classifier scores .897; at least .8 is wanted.",
      open
        ? { observed: null, remedy: "Give a source of at least 800 rows, or raise the holdout share to .35." }
        : { bound: "high", observed: 0.903, threshold: 0.8 },
    ),
    rule(
      "useful",
      "train-on-synthetic",
      "pass",
      "A model trained on synthetic rows is .984 as good as one trained on real rows.",
    ),
    rule(
      "no-exact-copies",
      "exact-copies",
      failed ? "fail" : "pass",
      failed
        ? "At least .728 % of the released rows repeat a training row beyond what chance matches; .02 % is tolerated."
        : "The lower bound of excess copies is 0 %; .02 % is tolerated, and 1 % planted was refused 5 times of 5.",
      { bound: "low", observed: failed ? 0.00728 : 0, op: "<=", threshold: 0.0002 },
    ),
    rule(
      "no-near-copies",
      "near-copies",
      "pass",
      "Among the closest rows, 2.1 % too many lie nearer to training rows (−3.9 % to 8.1 %); 25 % is tolerated.",
      { bound: "low", observed: -0.039, op: "<=", threshold: 0.25 },
    ),
    rule(
      "categories-kept",
      "categories-lost",
      failed ? "warn" : "pass",
      failed ? "2 categories were lost; the commonest was expected 34 times." : "No category was lost.",
      { severity: "warn", bound: "value", observed: failed ? 2 : 0, op: "<=", threshold: 0 },
    ),
    rule("keys-valid", "validity", "not-applicable", "The table has no foreign key.", {
      observed: null,
      bound: "value",
      threshold: 1,
    }),
  ];
  return {
    facts: FACTS,
    decision: verdict,
    policy: { name: "default", sha256: "9c1185a5c5e9fc54612808977ee8f548b2258d31c1f5c3b8f0d5c5b5b0a1d2e3" },
    summary: {
      pass: "Every rule of the policy holds: the synthetic table is close to fresh real rows, and tests that find 1 % of planted copies find none here.",
      refuse:
        "The synthetic table repeats training rows: at least .728 % of its rows are copies, 36 times what the policy tolerates.",
      indeterminate:
        "Nothing failed, but one rule could not be decided: the holdout is too small for the two-sample test.",
      waived: "A failed rule was waived in writing.",
    }[verdict],
    rules,
    detectable: (["verbatim", "noisy", "outliers"] as const).map((leak) => ({
      leak,
      share: leak === "verbatim" ? 0.0025 : leak === "noisy" ? 0.02 : null,
      tried: [0.0025, 0.005, 0.01, 0.02].map((share, i) => ({
        share,
        plantings: 5,
        refused: leak === "verbatim" ? 5 : leak === "noisy" ? Math.min(5, i + (i > 1 ? 1 : 0)) : Math.min(3, i),
      })),
    })),
  };
}

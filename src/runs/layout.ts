/** Every path on disk, in one place. */

/** Paths inside a bundle, with forward slashes, relative to its folder. */
export const BUNDLE = {
  dataFolder: "data",
  synthetic: "data/synthetic.parquet",
  syntheticCsv: "data/synthetic.csv",
  /** Of a run of a text recipe: one row a line. */
  syntheticJsonl: "data/synthetic.jsonl",
  /** Of a run: where each row came from, what it rests on and what it cost. */
  lineage: "lineage.parquet",
  /** What a run came to. */
  run: "run.json",
  scores: "scores.json",
  decision: "decision.json",
  report: "report.html",
  schema: "schema.yaml",
  policy: "policy.yaml",
  recipe: "recipe.json",
  /** Of a release under differential privacy: what it promises, and what it spent on what. */
  privacy: "dp.json",
  /** Where it was asked for: the gate's answers to cases with a known right answer. */
  selfTest: "self-test.json",
  /** Every other file with its SHA-256. */
  manifest: "manifest.json",
  /** The signed statement on the manifest. */
  statement: "statement.dsse.json",
} as const;

/** Paths inside the work folder of a run, which is no part of the release. */
export const WORK = {
  /** Every answer that was ever paid for. */
  journal: "journal",
  /** Batches that a provider is working on. */
  batches: "batches",
  /** Rejected rows of the last run, with their cells and the reason. */
  rejected: "rejected.jsonl",
} as const;

/** Paths inside the user's own folders (see `user-folders.ts`). */
export const USER = {
  /** Under the config folder. */
  ownKey: "keys/own.pem",
  ownPublicKey: "keys/own.pub.pem",
  trustedKeys: "keys/trusted",
  /** Under the data folder. */
  ledger: "ledger.jsonl",
  /** Under it the rows of sources are sketched in the ledger. */
  sketchKey: "sketch.key",
} as const;

/** What the name of an unfinished folder begins with; the rest tells which process on which machine is writing it. */
export function partialPrefix(name: string): string {
  return `.${name}.partial-`;
}

/** Whether a folder's name is that of an unfinished bundle. */
export function isPartial(name: string): boolean {
  return /^\..+\.partial-/.test(name);
}

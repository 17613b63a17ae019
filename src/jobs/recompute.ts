import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { alignTo } from "../data/align.ts";
import { readTable } from "../data/read.ts";
import { selectColumns, sliceRows } from "../data/table.ts";
import { InvalidArgument } from "../errors.ts";
import { canonicalJson, sha256 } from "../evidence/canonical.ts";
import { checkManifest } from "../evidence/manifest.ts";
import { threadExecutor } from "../executors/threads.ts";
import { metrics } from "../metrics/index.ts";
import type { Score } from "../metrics/metric.ts";
import { parsePolicy } from "../policy/policy.ts";
import { randomFromSeed } from "../random.ts";
import { type Fingerprint, fingerprint } from "../runs/fingerprint.ts";
import { BUNDLE } from "../runs/layout.ts";
import type { Purpose } from "../schema/purpose.ts";
import { synthesizerNamed } from "../synthesizers/index.ts";
import { collecting } from "./events.ts";
import { loadSchema } from "./files.ts";
import { openTables } from "./given-tables.ts";
import type { JobEvents } from "./job.ts";
import { judge } from "./judge.ts";
import { JUDGED_ROWS, judgeRelease } from "./release.ts";
import { openSource } from "./source.ts";

/** The private files that a bundle was made of, which it does not hold. */
export interface RecomputeOptions {
  readonly bundle: string;
  /** The source of a synthesis, or the real rows of an evaluation. */
  readonly real: string;
  /** The real rows beside a synthetic source, if a synthesis had them. */
  readonly anchor?: string | undefined;
  /** Evaluations only: the table that was judged, and the holdout, if there was one. */
  readonly synthetic?: string | undefined;
  readonly holdout?: string | undefined;
  /** Evaluations only: the parent tables that were given, in the same form. */
  readonly parents?: readonly string[] | undefined;
  readonly realParents?: readonly string[] | undefined;
  /** The schema file that was given, if one was. */
  readonly schema?: string | undefined;
  readonly threads?: number | undefined;
  readonly events?: JobEvents | undefined;
  readonly signal?: AbortSignal | undefined;
}

const recipeShape = z.looseObject({
  job: z.enum(["synthesize", "evaluate"]),
  seed: z.number(),
  purpose: z.looseObject({}),
  schemaGiven: z.boolean(),
  privacy: z
    .looseObject({ epsilon: z.number(), unit: z.looseObject({ rows: z.number() }) })
    .nullable()
    .default(null),
  parents: z.object({ synthetic: z.array(z.string()), real: z.array(z.string()) }).optional(),
});
const synthesisShape = z.looseObject({
  rows: z.number(),
  query: z.string().nullable(),
  anchor: z.string().optional(),
  synthesizer: z.looseObject({ name: z.string() }),
  holdoutShare: z.number(),
  group: z.string().nullable(),
  id: z.string().nullable(),
  dropText: z.boolean(),
  judge: z.enum(["auto", "release", "procedure"]),
  shadowModels: z.number().nullable().default(null),
  testCases: z.looseObject({ column: z.string() }).nullable().default(null),
  where: z.string().nullable().default(null),
  shares: z
    .object({ column: z.string(), labels: z.record(z.string(), z.number()) })
    .nullable()
    .default(null),
});

/** Measures every metric again from the private files and compares with the scores in the bundle.
 * @returns what disagrees, one sentence each; empty when all scores are the same; null when the bundle's policy withholds them
 * @throws {InvalidArgument} a file that the bundle was made of is not given */
export async function recompute(options: RecomputeOptions): Promise<readonly string[] | null> {
  const text = (path: string): Promise<string> => readFile(join(options.bundle, path), "utf8");
  const manifest = checkManifest(JSON.parse(await text(BUNDLE.manifest)));
  if (typeof manifest === "string") return [manifest];
  const policyText = await text(BUNDLE.policy);
  if (!policyOf(policyText).publishEvaluation) return null;
  const recipeText: unknown = JSON.parse(await text(BUNDLE.recipe));
  const recipe = recipeShape.safeParse(recipeText);
  if (!recipe.success) return [`The recipe of this bundle cannot be run again: ${recipe.error.issues[0]?.message}.`];
  if (recipe.data.schemaGiven && recipe.data.privacy === null && options.schema === undefined)
    throw new InvalidArgument("missing-option", "This bundle was made with a schema file, and none is given.", {
      advice: "Give the same file with --schema.",
    });
  const theirs = JSON.parse(await text(BUNDLE.scores)) as readonly Score[];
  const ours =
    recipe.data.job === "synthesize"
      ? await synthesisAgain(options, {
          recipe: recipeText,
          splitSha256: manifest.splitSha256,
          policy: policyText,
        })
      : await evaluationAgain(options, { recipe: recipeText, policy: policyText });
  if (typeof ours === "string") return [ours];
  return differences(ours, theirs, toleranceFor(manifest.madeBy));
}

/** By how much scores may differ, relative to their size: another version, Node or processor may round otherwise. */
export function toleranceFor(madeBy: Fingerprint): number {
  const here = fingerprint();
  return (["version", "node", "arch"] as const).every((key) => here[key] === madeBy[key]) ? 0 : TOLERANCE;
}

const TOLERANCE = 0.002;

interface Again {
  readonly recipe: unknown;
  readonly policy: string;
}

async function synthesisAgain(
  options: RecomputeOptions,
  again: Again & { readonly splitSha256: string | null },
): Promise<readonly Score[] | string> {
  const common = recipeShape.parse(again.recipe);
  const recipe = synthesisShape.parse(again.recipe);
  const events = collecting(options.events, []);
  const random = randomFromSeed(common.seed);
  const synthesizer = synthesizerNamed(recipe.synthesizer.name);
  if (recipe.anchor !== undefined && options.anchor === undefined)
    throw new InvalidArgument("missing-option", "This bundle was made with real rows beside its source.", {
      advice: "Give the same rows with --anchor, and the source with --real.",
    });
  const source = await openSource(
    {
      source: options.real,
      holdoutShare: recipe.holdoutShare,
      dropText: recipe.dropText,
      signal: options.signal,
      ...(recipe.query === null ? {} : { query: recipe.query }),
      ...(recipe.anchor === undefined ? {} : { anchor: options.anchor }),
      ...(recipe.group === null ? {} : { group: recipe.group }),
      ...(common.privacy === null ? {} : { epsilon: common.privacy.epsilon, groupRows: common.privacy.unit.rows }),
      ...(recipe.id === null ? {} : { id: recipe.id }),
    },
    {
      declared: common.purpose as unknown as Purpose,
      override: await schemaAgain(options, common.privacy !== null),
      random,
      events,
    },
  );
  if (source.splitSha256 !== again.splitSha256)
    return "The real table is not the one of this bundle: its rows are split otherwise.";
  const { table: released } = await readTable(join(options.bundle, BUNDLE.synthetic), { signal: options.signal });
  // Test cases follow the rows that were judged.
  const table = recipe.testCases
    ? selectColumns(
        sliceRows(released, 0, recipe.rows),
        released.columns.map(({ name }) => name).filter((name) => name !== recipe.testCases?.column),
      )
    : released;
  const names = new Set(table.columns.map(({ name }) => name));
  const like = { ...source.table, columns: source.table.columns.filter(({ name }) => names.has(name)) };
  const synthetic = alignTo(table, like, { table: "released", reference: "real" }).table;
  const executor = threadExecutor(options.threads);
  try {
    const { scores } = await judgeRelease(source, sliceRows(synthetic, 0, Math.min(synthetic.rows, JUDGED_ROWS)), {
      synthesizer,
      synthesizerOptions: synthesizer.options.parse(recipe.synthesizer.options ?? {}),
      asked: { where: recipe.where ?? undefined, shares: recipe.shares ?? undefined },
      rows: recipe.rows,
      judge: common.privacy === null ? recipe.judge : "release",
      shadowModels: recipe.shadowModels ?? undefined,
      policy: policyOf(again.policy),
      seed: common.seed,
      random,
      executor,
      events,
      signal: options.signal,
    });
    return scores;
  } finally {
    await executor.close();
  }
}

/** Under a guarantee noise found out what nobody declared, and no second run finds the same: the bundle holds the schema that came of it, whole. */
async function schemaAgain(
  { bundle, schema }: RecomputeOptions,
  underGuarantee: boolean,
): Promise<Awaited<ReturnType<typeof loadSchema>> | undefined> {
  if (underGuarantee) return loadSchema(join(bundle, BUNDLE.schema));
  return schema === undefined ? undefined : loadSchema(schema);
}

async function evaluationAgain(options: RecomputeOptions, again: Again): Promise<readonly Score[]> {
  const { seed, purpose, holdout, parents } = recipeShape.parse(again.recipe);
  if (options.synthetic === undefined)
    throw new InvalidArgument("missing-option", "This bundle judges a table that it does not hold.", {
      advice: "Give that table with --synthetic.",
    });
  if (typeof holdout === "string" && options.holdout === undefined)
    throw new InvalidArgument("missing-option", "This bundle was made with a holdout, and none is given.", {
      advice: "Give the same rows with --holdout.",
    });
  for (const [flag, had, given] of [
    ["--parent", parents?.synthetic, options.parents],
    ["--real-parent", parents?.real, options.realParents],
  ] as const)
    if ((had?.length ?? 0) > (given?.length ?? 0))
      throw new InvalidArgument("missing-option", `This bundle was made with ${had?.length} parent tables (${flag}).`, {
        advice: `Give the same with ${flag}.`,
      });
  const events = collecting(options.events, []);
  const tables = await openTables(
    {
      real: options.real,
      synthetic: options.synthetic,
      holdout: options.holdout,
      parents: options.parents,
      realParents: options.realParents,
      signal: options.signal,
    },
    {
      declared: purpose as unknown as Purpose,
      override: options.schema === undefined ? undefined : await loadSchema(options.schema),
      events,
    },
  );
  const executor = threadExecutor(options.threads);
  try {
    const { scores } = await judge({
      ...tables,
      train: tables.real,
      policy: policyOf(again.policy),
      seed,
      random: randomFromSeed(seed).split("judge"),
      executor,
      events,
      signal: options.signal,
    });
    return scores;
  } finally {
    await executor.close();
  }
}

function policyOf(text: string): ReturnType<typeof parsePolicy> {
  return parsePolicy(text, { metrics, sha256: sha256(text), file: BUNDLE.policy });
}

/** What disagrees between scores that were measured again and those of a bundle, one sentence each. */
export function differences(ours: readonly Score[], theirs: readonly Score[], tolerance: number): readonly string[] {
  const found: string[] = [];
  const byName = new Map(theirs.map((score) => [score.metric, score]));
  // As in a file: an infinite end of an interval is null there.
  for (const score of JSON.parse(JSON.stringify(ours)) as readonly Score[]) {
    const other = byName.get(score.metric);
    byName.delete(score.metric);
    if (!other) found.push(`${score.metric} was measured again and is not among the bundle's scores.`);
    else if (!agree(score, other, tolerance))
      found.push(
        `${score.metric} is ${shown(score)} when measured again, and ${shown(other)} in the bundle${elsewhere(score, other)}.`,
      );
  }
  if (found.length > theirs.length / 2)
    found.unshift(
      "Most scores disagree, as they do where the files given are not the ones that were judged, or stand in the wrong places.",
    );
  for (const metric of byName.keys())
    found.push(`The bundle has a score "${metric}" that this version does not measure.`);
  return found;
}

function agree(a: unknown, b: unknown, tolerance: number): boolean {
  if (tolerance === 0) return canonicalJson(a) === canonicalJson(b);
  if (typeof a === "number" && typeof b === "number")
    return Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(a), Math.abs(b));
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return a === b;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) =>
    agree((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key], tolerance),
  );
}

/** Where two scores of the same number differ. */
function elsewhere(ours: Score, theirs: Score): string {
  if (shown(ours) !== shown(theirs)) return "";
  const [a, b] = [ours, theirs] as unknown as readonly Readonly<Record<string, unknown>>[];
  const keys = [...new Set([...Object.keys(a ?? {}), ...Object.keys(b ?? {})])];
  const differing = keys.filter((key) => canonicalJson(a?.[key] ?? null) !== canonicalJson(b?.[key] ?? null));
  return `; they differ in ${differing.join(", ")}`;
}

function shown(score: Score): string {
  return "notComputable" in score ? "not computable" : String(score.value);
}

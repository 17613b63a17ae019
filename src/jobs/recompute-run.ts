import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { readTable } from "../data/read.ts";
import { readJsonLines } from "../data/read-json-lines.ts";
import { cellOf, columnOf } from "../data/table.ts";
import { throwIfCancelled } from "../errors.ts";
import { sha256 } from "../evidence/canonical.ts";
import { checkManifest } from "../evidence/manifest.ts";
import type { Score } from "../metrics/metric.ts";
import type { CollectedRow } from "../metrics/text/collect.ts";
import { textMetrics } from "../metrics/text/index.ts";
import { parsePolicy } from "../policy/policy.ts";
import { BUNDLE } from "../runs/layout.ts";
import { collectRun, measureRun } from "./judge-run.ts";
import { differences, toleranceFor } from "./recompute.ts";
import { runSummarySchema } from "./result-schema.ts";

const runShape = z.object({
  format: z.literal("counterfoil-run/1"),
  columns: z.array(z.string()),
  source: z.enum(["none", "synthetic", "real"]),
  judges: z.array(z.object({ name: z.string(), scale: z.tuple([z.number(), z.number()]) })),
  intended: z.record(z.string(), z.record(z.string(), z.number())),
  summary: runSummarySchema,
});

/** Measures again what the bundle of a text run allows: everything but how much stands in the source, whose rows it does not hold.
 * @param bundle one that is trusted
 * @returns `problems`: what disagrees, one sentence each; `notices`: what was not measured again, and why */
export async function recomputeRun(
  bundle: string,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<{ readonly problems: readonly string[]; readonly notices: readonly string[] }> {
  const text = (path: string): Promise<string> => readFile(join(bundle, path), "utf8");
  const manifest = checkManifest(JSON.parse(await text(BUNDLE.manifest)));
  if (typeof manifest === "string") return { problems: [manifest], notices: [] };
  const policyText = await text(BUNDLE.policy);
  const policy = parsePolicy(policyText, { metrics: textMetrics, sha256: sha256(policyText), file: BUNDLE.policy });
  if (!policy.publishEvaluation)
    return {
      problems: [],
      notices: ["The scores of this bundle are withheld by its policy; nothing to compare."],
    };
  const run = runShape.safeParse(JSON.parse(await text(BUNDLE.run)));
  if (!run.success)
    return { problems: [`${BUNDLE.run} cannot be read: ${run.error.issues[0]?.message}.`], notices: [] };
  const { summary, source } = run.data;
  const collector = collectRun(run.data, manifest.seed);
  const ofRow = await lineageOf(bundle, run.data.judges);
  let rows = 0;
  for await (const values of readJsonLines(join(bundle, BUNDLE.syntheticJsonl))) {
    throwIfCancelled(options.signal);
    collector.add({ values: values as CollectedRow["values"], source: [], ...ofRow(rows) });
    rows++;
  }
  const { table } = await readTable(join(bundle, BUNDLE.synthetic), { query: "SELECT count(*) AS n FROM synthetic" });
  const inParquet = cellOf(columnOf(table, "n"), 0);
  if (rows !== summary.accepted || inParquet !== rows)
    return {
      problems: [
        `The run tells of ${summary.accepted} accepted rows; ${BUNDLE.syntheticJsonl} holds ${rows}, ${BUNDLE.synthetic} ${inParquet}.`,
      ],
      notices: [],
    };
  const needSource = source === "none" ? [] : OF_SOURCE;
  const kept = (scores: readonly Score[]): readonly Score[] =>
    scores.filter(({ metric }) => !needSource.includes(metric));
  const ours = measureRun(collector, { run: summary, policy, seed: manifest.seed });
  const theirs = JSON.parse(await text(BUNDLE.scores)) as readonly Score[];
  return {
    problems: differences(kept(ours), kept(theirs), toleranceFor(manifest.madeBy)),
    notices:
      needSource.length > 0
        ? [
            `${ours.length - needSource.length} scores were measured again. ${needSource.join(" and ")} were not: they need the source rows, which the bundle does not hold. How many rows were asked for and rejected, tokens and prices are taken from ${BUNDLE.run} as they stand.`,
          ]
        : [],
  };
}

/** What compares with the source. */
const OF_SOURCE: readonly string[] = ["source-passages", "copied-from-source"];

/** What the lineage tells of a row, by its number. */
async function lineageOf(
  bundle: string,
  judges: readonly { readonly name: string }[],
): Promise<(row: number) => Pick<CollectedRow, "repaired" | "judged">> {
  const names = judges.map(({ name }) => `"${name.replaceAll('"', '""')}"`);
  const { table } = await readTable(join(bundle, BUNDLE.lineage), {
    query: `SELECT ${["repaired", ...names].join(", ")} FROM lineage`,
  });
  const repaired = columnOf(table, "repaired");
  const scores = judges.map(({ name }) => ({ name, column: columnOf(table, name) }));
  return (row) => ({
    repaired: String(cellOf(repaired, row)) === "true",
    judged: Object.fromEntries(
      scores.flatMap(({ name, column }) => {
        const score = cellOf(column, row);
        return typeof score === "number" ? [[name, score]] : [];
      }),
    ),
  });
}

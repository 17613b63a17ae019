import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { renderPlanPage } from "../evidence/report/hybrid/plan-page.ts";
import { writeFolder } from "../runs/atomic-folder.ts";
import type { PlanResult } from "./plan.ts";
import { pilotCsv } from "./plan-csv.ts";

/** Writes the folder of a plan, complete or not at all: plan.json, pilot.csv and, where there are answers, plan.html. */
export async function writePlan(
  result: PlanResult,
  of: { readonly out: string; readonly signal: AbortSignal | undefined },
): Promise<void> {
  const { answers, version, seed } = result;
  const page =
    answers === null
      ? undefined
      : await renderPlanPage({
          version,
          title: result.pilot.files[0]?.name ?? "pilot",
          answers,
          seed,
          facts: factsOf(result),
        });
  await writeFolder(
    of.out,
    async (folder) => {
      // What is written does not depend on where.
      await writeFile(join(folder, "plan.json"), planJson({ ...result, folder: null }));
      await writeFile(join(folder, "pilot.csv"), pilotCsv(result.pilot));
      if (page !== undefined) await writeFile(join(folder, "plan.html"), page);
    },
    { signal: of.signal },
  );
}

/** A result as it is written and printed: numbers without an end are null. */
export function planJson(result: PlanResult): string {
  return `${JSON.stringify(result, null, 2)}\n`;
}

function factsOf(result: PlanResult): readonly (readonly [what: string, value: string])[] {
  const { files, student, generator, design, metric } = result.pilot;
  const names = {
    train: "Real rows to learn from",
    test: "Real test set",
    shifted: "Shifted test set",
    grid: "Pilot grid",
  };
  return [
    ...files.map(
      ({ role, name, rows, sha256: digest }) => [names[role], `${name}, ${rows} rows, SHA-256 ${digest}`] as const,
    ),
    ["Metric", `${metric.name}, ${metric.better} is better, ${metric.perfect} is perfect`],
    ["Student", student],
    ["Synthetic rows", generator],
    ...(design
      ? ([
          ["Real sizes", design.sizes.join(", ")],
          ["Synthetic rows for a real one", design.multiples.join(", ")],
          ["Draws of real rows at each size", String(design.seeds)],
          ["Fits and trainings", `${design.fits} and ${design.trainings}`],
        ] as const)
      : []),
  ];
}

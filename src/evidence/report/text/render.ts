import { readFileSync } from "node:fs";
import { count } from "../format.ts";
import { pageOf } from "../page.ts";
import { decisionPart, VERDICTS } from "../section-decision.ts";
import { definitionsPart } from "../section-definitions.ts";
import type { RunReportInput } from "./input.ts";
import { costSection } from "./section-cost.ts";
import { lineageSection } from "./section-lineage.ts";
import { numbersSection } from "./section-numbers.ts";
import { runProvenanceSection } from "./section-provenance.ts";
import { rejectsSection } from "./section-rejects.ts";
import { rowsSection } from "./section-rows.ts";
import { scoresSection } from "./section-scores.ts";
import { timingsSection } from "./section-timings.ts";

/** The report of a text run: one HTML file that loads nothing, as that of a table. The same input gives the same bytes.
 * @returns the file's text, UTF-8 */
export function renderRunReport(input: RunReportInput): string {
  const { summary, provenance, decision } = input;
  const of = summary.rejected > 0 ? `, chosen from ${count(summary.accepted + summary.rejected, "attempt")}` : "";
  return pageOf({
    title: input.title,
    verdict: VERDICTS[decision.decision].words,
    kind: "text run report",
    version: provenance.version,
    navigation: [
      ["decision", "Decision"],
      ["numbers", "What came of it"],
      ["rows", "What is in it"],
      ["cost", "Cost"],
      ["rejects", "Rejects"],
      ["timings", "Timings"],
      ["lineage", "One row’s way"],
      ["scores", "Scores"],
      ["provenance", "Provenance"],
      ["definitions", "Definitions"],
    ],
    sections: [
      decisionPart(input, {
        notices: input.notices,
        decidedOn: `on ${count(summary.accepted, "row")} of ${summary.asked} asked for${of}.`,
      }),
      numbersSection(input),
      rowsSection(input),
      costSection(input),
      rejectsSection(input),
      timingsSection(input),
      lineageSection(input),
      scoresSection(input),
      runProvenanceSection(input),
      definitionsPart(input, {
        beforehand:
          "A count over the whole release is no sample, so its interval is the number itself. Every other interval is at the level given with it.",
        rows: "Rows",
      }),
    ],
    footer: "Written by language models after a recipe: nothing in it was checked for truth.",
    style: readFileSync(new URL("./text.css", import.meta.url), "utf8"),
  });
}

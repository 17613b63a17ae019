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

/** What can be done about a failed rule, by what it measures. */
const CHANGES: Readonly<Record<string, string>> = {
  completeness:
    "Run the recipe again in the same folder with a larger budget, more attempts or a larger source: what was accepted is kept, and nothing is paid for twice.",
  acceptance: "Say in the prompt what the checks ask for, show an example, or use a model that does as it is told.",
  "repaired-share": "Allow longer answers, ask by a stricter rung (json-schema), or use another model.",
  "duplicate-rows": "Add a deduplicate step over these columns: what repeats is rejected, and made anew.",
  "duplicate-texts": "Add a deduplicate step over this column, or give the prompts more that differs from row to row.",
  "distinct-n":
    "Give the prompts more that differs from row to row (categories, persons, source rows), or raise the temperature.",
  "source-passages":
    "Forbid quoting in the prompt and reject the rows that do it (a check), or let the recipe read a synthetic table instead of the real rows.",
};

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
        changes: CHANGES,
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

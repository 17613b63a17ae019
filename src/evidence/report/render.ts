import type { Html } from "./html.ts";
import type { ReportInput } from "./input.ts";
import { pageOf } from "./page.ts";
import { coverageSection } from "./section-coverage.ts";
import { decisionSection, VERDICTS } from "./section-decision.ts";
import { definitionsSection } from "./section-definitions.ts";
import { guaranteeSection } from "./section-guarantee.ts";
import { headlineSection } from "./section-headline.ts";
import { privacySection } from "./section-privacy.ts";
import { provenanceSection } from "./section-provenance.ts";
import { qualitySection } from "./section-quality.ts";
import { syntheticSection } from "./section-synthetic.ts";

const NAVIGATION = [
  ["decision", "Decision"],
  ["guarantee", "Guarantee"],
  ["synthetic", "What is in it"],
  ["numbers", "Five numbers"],
  ["quality", "Good for"],
  ["privacy", "Gives away"],
  ["coverage", "Who is missing"],
  ["fairness", "Fairness"],
  ["provenance", "Provenance"],
  ["definitions", "Definitions"],
] as const;

/** The report: one HTML file that loads nothing, needs no network, and forbids itself both by a content policy. The same input gives the same
 * bytes. Every text that came from data is escaped; plots are drawn here, in both themes at once.
 * @returns the file's text, UTF-8 */
export async function renderReport(input: ReportInput): Promise<string> {
  const verdict = VERDICTS[input.decision.decision].words;
  const shown = await sectionsOf(input);
  const fairness = input.scores.some(({ family }) => family === "fairness");
  const navigation = NAVIGATION.filter(([id]) => (id === "fairness" ? fairness : shown.has(id)));
  return pageOf({
    title: input.title,
    verdict,
    kind: input.job === "synthesize" ? "synthetic data report" : "evaluation report",
    version: input.provenance.version,
    navigation,
    sections: [...shown.values()],
    footer: "Synthetic data: no row of it is a person’s record.",
  });
}

/** The sections by their ids, in their order. */
async function sectionsOf(input: ReportInput): Promise<ReadonlyMap<string, Html>> {
  const guarantee = input.privacy ? ([["guarantee", guaranteeSection(input)]] as const) : [];
  if (input.withheld)
    return new Map([
      ["decision", decisionSection(input)],
      ...guarantee,
      ["synthetic", syntheticSection(input)],
      ["provenance", provenanceSection(input)],
    ]);
  return new Map([
    ["decision", decisionSection(input)],
    ...guarantee,
    ["numbers", headlineSection(input)],
    ["quality", await qualitySection(input)],
    ["privacy", await privacySection(input)],
    ["coverage", coverageSection(input)],
    ["provenance", provenanceSection(input)],
    ["definitions", definitionsSection(input)],
  ]);
}

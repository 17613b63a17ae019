import type { CombiningRule } from "../../../hybrid/estimation/combining-rules.ts";
import type { InferResult } from "../../../hybrid/infer-result.ts";
import { RULE_WORDS, termTitle, whole } from "../../../hybrid/infer-words.ts";
import { count, number, percent } from "../format.ts";
import { type Html, html, named } from "../html.ts";
import { table } from "../table.ts";
import { type ForestRow, forestPlot } from "./forest.ts";
import { rangeWords, termOf } from "./infer-terms.ts";

const RULE_TITLES: Readonly<Partial<Record<CombiningRule, string>>> = {
  "simple-synthesis": "fitted model",
  "fully-synthetic": "fully synthetic",
  "partially-synthetic": "partially synthetic",
};

/** What free-running tables say, beside the labelled rows; nothing where there are none. */
export function tablesSection(result: InferResult): Html {
  const { tables, headline } = result;
  if (!tables) return html``;
  const alone = termOf(
    result.estimations.find(({ method }) => method === "labelled-only"),
    headline,
  );
  const byRule = tables.combined.flatMap(({ rule, terms }): ForestRow[] => {
    const item = terms?.find(({ term }) => term === headline);
    return item
      ? [
          {
            ...item,
            label: RULE_TITLES[rule] ?? rule,
            words: rangeWords(item),
            standing: rule === tables.rule ? "primary" : "beside",
          },
        ]
      : [];
  });
  const naive = tables.asIfReal.find(({ term }) => term === headline);
  const rows: ForestRow[] = [
    ...(alone ? [{ ...alone, label: "real rows", words: rangeWords(alone), standing: "beside" as const }] : []),
    ...byRule,
    ...(naive ? [{ ...naive, label: "as if real", words: rangeWords(naive), standing: "wrong" as const }] : []),
  ];
  const refused = tables.combined.filter(({ notComputable }) => notComputable !== null);
  return html`<section id="tables" aria-labelledby="tables-title"><h2 id="tables-title">What would a reader of the synthetic tables conclude?</h2>
<p>${count(tables.tables, "table")} of ${whole(tables.syntheticRows)} rows, taken as ${RULE_WORDS[tables.rule]} of ${whole(tables.realRows)} real rows. Their rows belong to no unit, so they cannot make the answer more precise.</p>
<h3>${named(termTitle(result, headline))}</h3>
${forestPlot(rows, { label: `${headline} from synthetic tables by every rule` })}
${table(
  `Agreement with the real rows, by the rule for ${RULE_WORDS[tables.rule]}`,
  ["Coefficient", "Overlap of the intervals (below 0: a gap)", "Difference, in standard errors of the real rows"],
  tables.agreement.map(({ term, overlap, standardisedDifference }) => [
    named(termTitle(result, term)),
    percent(Math.round(100 * overlap) / 100),
    number(Math.round(100 * standardisedDifference) / 100),
  ]),
)}
${refused.length > 0 && html`<ul>${refused.map(({ rule, notComputable }) => html`<li>${RULE_TITLES[rule]}: ${notComputable}</li>`)}</ul>`}
${tables.combined.some(({ repaired }) => repaired) && html`<p>The variance of the rule for fully synthetic tables came out negative, and was replaced by one on the safe side (Reiter 2002).</p>`}</section>`;
}

import { percent } from "./format.ts";
import { type Html, html, named } from "./html.ts";
import type { ReportInput } from "./input.ts";
import { table } from "./table.ts";

/** The columns of the synthetic table by themselves, where nothing is told of the real rows. */
export function syntheticSection(input: ReportInput): Html {
  const columns = input.withheld?.columns ?? [];
  return html`<section id="synthetic" aria-labelledby="synthetic-title"><h2 id="synthetic-title">What is in it?</h2>
<p>The columns of the synthetic table by themselves. How near they are to the real ones is not told here: that was computed from the real rows, and the policy keeps it out of the bundle. Whoever made the table has that evaluation.</p>
${table(
  "Columns of the synthetic table",
  ["Column", "Kind", "Missing", "Values"],
  columns.map(({ name, kind, missing, words }) => [named(name), kind, percent(missing), named(words)]),
  { numeric: [2], hideCaption: true },
)}</section>`;
}

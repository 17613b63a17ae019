import { count, number } from "../format.ts";
import { type Html, html, named } from "../html.ts";
import type { RunReportInput } from "./input.ts";
import { cell } from "./words.ts";

/** (3) The first rows of the release. */
export function rowsSection({ rows, columns, summary }: RunReportInput): Html {
  return html`<section id="rows" aria-labelledby="rows-title"><h2 id="rows-title">What is in it</h2>
<p class="quiet">${count(summary.accepted, "row")} of ${count(columns.length, "column")}. ${
    rows.length > 0 ? `The first ${rows.length === 1 ? "one" : rows.length}:` : "There is no row to show."
  }</p>
<ol class="rows-shown">${rows.map(
    (row, i) =>
      html`<li><p class="row-number small quiet">Row ${number(i)}</p><dl class="record">${columns.map(
        (name) => html`<div><dt>${named(name)}</dt><dd>${cell(row[name] ?? null)}</dd></div>`,
      )}</dl></li>`,
  )}</ol></section>`;
}

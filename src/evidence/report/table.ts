import { type Html, html, type Part } from "./html.ts";

/** A data table: caption, column headers, the first cell of each row its header. Scrolls inside itself where the screen is narrow. */
export function table(
  caption: string,
  headers: readonly string[],
  rows: readonly (readonly Part[])[],
  options: { readonly numeric?: readonly number[]; readonly hideCaption?: boolean } = {},
): Html {
  const numeric = new Set(options.numeric ?? headers.map((_, i) => i).slice(1));
  const mark = (i: number) => (numeric.has(i) ? html` class="n"` : "");
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table><caption${options.hideCaption ? html` class="hidden"` : ""}>${caption}</caption><thead><tr>${headers.map((header, i) => html`<th scope="col"${mark(i)}>${header}</th>`)}</tr></thead><tbody>${rows.map(
    (row) =>
      html`<tr>${row.map((cell, i) => (i === 0 ? html`<th scope="row">${cell}</th>` : html`<td${mark(i)}>${cell}</td>`))}</tr>`,
  )}</tbody></table></div>`;
}

/** The numbers behind a plot, folded away. */
export function dataFold(label: string, body: Part): Html {
  return html`<details class="data"><summary>${label}</summary>${body}</details>`;
}

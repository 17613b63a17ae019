import { type DataLineage, lineageInWords } from "../../runs/data-lineage.ts";
import { number } from "./format.ts";
import { type Html, html, named, type Part } from "./html.ts";
import type { Provenance, ReportInput } from "./input.ts";

/** (6) How it was made and measured, and how to check it without us. */
export function provenanceSection(input: ReportInput): Html {
  const { provenance } = input;
  return html`<section id="provenance" aria-labelledby="provenance-title"><h2 id="provenance-title">Where it comes from, and how to check it</h2>
<dl class="facts">${factsOf(provenance).map(([term, fact]) => html`<div><dt>${term}</dt><dd>${fact}</dd></div>`)}</dl>
${
  provenance.verify.length > 0
    ? html`<h3>How to check it</h3><p>These commands recompute every hash, check the signature, and say what does not fit. They need no network and no trust in whoever sent this file.</p><pre tabindex="0"><code>${provenance.verify.join("\n")}</code></pre>`
    : ""
}</section>`;
}

const WITHHELD = "withheld by the policy";

function factsOf(provenance: Provenance): [string, Part][] {
  const { rows, synthesizer, policy } = provenance;
  const digest = (hex: string): Html => html`<code class="digest">${hex}</code>`;
  return [
    ["Source", named(baseName(provenance.source))],
    ...(provenance.synthetic === undefined
      ? []
      : [["Synthetic file", named(baseName(provenance.synthetic))] as [string, Part]]),
    ["Training rows", rows.train === null ? WITHHELD : number(rows.train)],
    ["Holdout rows", rows.holdout === null ? WITHHELD : rows.holdout > 0 ? number(rows.holdout) : "none"],
    ["Synthetic rows", number(rows.synthetic)],
    ["Generation", generationWords(provenance.lineage)],
    ["Synthesizer", synthesizer ? synthesizer.name : "made elsewhere"],
    ...(synthesizer
      ? ([
          ["Its options", html`<code class="digest">${JSON.stringify(synthesizer.options)}</code>`],
          ...(synthesizer.notes.length > 0
            ? [["Its notes", html`<ul>${synthesizer.notes.map((note) => html`<li>${note}</li>`)}</ul>`]]
            : []),
        ] as [string, Part][])
      : []),
    ["Seed", String(provenance.seed)],
    ["Policy", html`${policy.name} ${digest(policy.sha256)}`],
    [
      "Split, SHA-256",
      provenance.splitDigest ? digest(provenance.splitDigest) : rows.train === null ? WITHHELD : "nothing was split",
    ],
    ["Schema, SHA-256", digest(provenance.schemaDigest)],
    ["Signed by key", provenance.signer ? digest(provenance.signer) : "not signed"],
    ["Made with", `counterfoil ${provenance.version}, Node ${provenance.node.replace(/^v/, "")}`],
    [
      "Made on",
      html`<time datetime="${provenance.created}">${provenance.created.replace("T", " ").replace(/\.\d+/, "")}</time>`,
    ],
  ];
}

/** How far the table is from real rows. */
export function generationWords(lineage: DataLineage | null | undefined): string {
  return lineage ? lineageInWords(lineage).replace(/^generation /, "") : "not known: the table was made elsewhere";
}

/** Folders say where somebody works; only the file's name is shown. */
function baseName(path: string): string {
  return path.split(/[\\/]/).at(-1) || path;
}

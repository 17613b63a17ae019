import { type Html, html, named, type Part } from "../html.ts";
import { generationWords } from "../section-provenance.ts";
import { table } from "../table.ts";
import type { RunReportInput } from "./input.ts";

/** (9) How it was made, and how to check it without us. */
export function runProvenanceSection({ provenance }: RunReportInput): Html {
  const { models, verify } = provenance;
  return html`<section id="provenance" aria-labelledby="provenance-title"><h2 id="provenance-title">Where it comes from, and how to check it</h2>
<dl class="facts">${factsOf(provenance).map(([term, fact]) => html`<div><dt>${term}</dt><dd>${fact}</dd></div>`)}</dl>
${
  models.length > 0
    ? html`<h3>Models</h3>${table(
        "Models of the recipe",
        ["In the recipe", "Provider", "Model", "Endpoint"],
        models.map(({ name, provider, model, endpoint }) => [
          named(name),
          provider,
          named(model),
          html`<code class="digest">${endpoint}</code>`,
        ]),
        { numeric: [], hideCaption: true },
      )}`
    : ""
}
<h3>How to check it</h3><p>These commands recompute every hash, check the signature, make the decision again from the scores, and say what does not fit. They need no network and no trust in whoever sent this file.</p><pre tabindex="0"><code>${verify.join("\n")}</code></pre></section>`;
}

function factsOf(provenance: RunReportInput["provenance"]): [string, Part][] {
  const { source, policy, created } = provenance;
  const digest = (hex: string): Html => html`<code class="digest">${hex}</code>`;
  return [
    [
      "Source",
      source === null
        ? "none: nothing was read"
        : html`${named(source.name)}, ${source.isReal ? "real rows, which the recipe permits to be sent to the models" : "synthetic"}`,
    ],
    ["Generation", generationWords(provenance.lineage)],
    ["Recipe, SHA-256", digest(provenance.recipeDigest)],
    ["Seed", String(provenance.seed)],
    ["Policy", html`${policy.name} ${digest(policy.sha256)}`],
    ["Schema, SHA-256", digest(provenance.schemaDigest)],
    ["Signed by key", digest(provenance.signer)],
    ["Made with", `counterfoil ${provenance.version}, Node ${provenance.node.replace(/^v/, "")}`],
    ["Made on", html`<time datetime="${created}">${created.replace("T", " ").replace(/\.\d+/, "")}</time>`],
  ];
}

import { type Html, html } from "./html.ts";
import type { SelfTestReport } from "./input.ts";
import { table } from "./table.ts";

/** The gate's answers to cases with a known right answer, made of the same real rows; nothing when it was not asked. */
export function selfTestPart(selfTest: SelfTestReport | null | undefined): Html {
  if (!selfTest) return html``;
  const { held, tried, rows, cases } = selfTest;
  return html`<h3 id="self-test">Can this gate be fooled?</h3>
<p>The real rows were cut at random into three parts of ${String(rows)} rows, and the same policy was asked about tables whose right answer is known before anyone looks: ${String(held)} of ${String(tried)} were answered right.</p>
${table(
  "Cases with a known answer",
  ["Case", "What it is", "Right", "Answered", ""],
  cases.map((item) => [
    item.name,
    item.says,
    item.right.join(" or "),
    item.got ?? `not tried: ${item.because.join(" ")}`,
    item.held === null ? "" : item.held ? "✓" : "✗ wrong",
  ]),
  { hideCaption: true },
)}`;
}

import type { Estimate } from "../jobs/estimate-recipe.ts";
import type { Preview } from "../jobs/preview-recipe.ts";
import type { RunResult } from "../jobs/run-result.ts";
import type { RunSummary, Spending } from "../text/run-summary.ts";
import { compact } from "./effects.ts";
import { decisionLine, shown } from "./result-lines.ts";

interface Printing {
  readonly json?: boolean;
}

/** Prints what a run came to: JSON for a script, or the decision, what was accepted and rejected, and what it cost. */
export function printRun(result: RunResult, options: Printing): void {
  process.stdout.write(`${options.json ? JSON.stringify(result, null, 2) : runText(result)}\n`);
}

function runText({ decision, summary, bundle, report, rows, seconds, seed }: RunResult): string {
  const lines = ["", decisionLine(decision), ""];
  lines.push(...summaryLines(summary), "");
  for (const { rule, outcome, reason } of decision.rules)
    if (outcome !== "pass" && outcome !== "not-applicable") lines.push(`  ${outcome.padEnd(14)} ${rule}: ${reason}`);
  if (lines.at(-1) !== "") lines.push("");
  if (bundle) lines.push(`bundle     ${shown(bundle)}`);
  if (report) lines.push(`report     ${shown(report)}  (open it in a browser)`);
  lines.push(`took       ${seconds.toFixed(1)} s · ${rows} rows · seed ${seed}`);
  return lines.join("\n");
}

/** What was accepted, rejected and paid. */
function summaryLines(summary: RunSummary): readonly string[] {
  const { asked, accepted, attempts, rejections, stopped, spending } = summary;
  const lines: string[] = [];
  const row = (label: string, value: string): void => {
    lines.push(`  ${label.padEnd(22)} ${value}`);
  };
  row("accepted", `${accepted} of ${asked} rows, in ${attempts} attempts`);
  if (stopped) row("stopped", stopped.detail);
  for (const { step, reason, rows } of rejections.slice(0, 6)) row("rejected", `${rows} by ${step} (${reason})`);
  if (rejections.length > 6) row("", `and ${rejections.length - 6} more reasons; see the report`);
  const calls = sumOf(spending, ({ calls }) => calls);
  const replayed = sumOf(spending, ({ replayed }) => replayed);
  row("answers", `${calls}${replayed > 0 ? `, ${replayed} of them from the journal` : ""}`);
  row(
    "tokens",
    `${compact(sumOf(spending, ({ promptTokens }) => promptTokens))} in, ${compact(sumOf(spending, ({ completionTokens }) => completionTokens))} out`,
  );
  const price = total(spending, ({ price }) => price);
  const paid = total(spending, ({ paidNow }) => paidNow);
  row(
    "price",
    price === null
      ? `not known for ${[...new Set(spending.flatMap(({ model, price }) => (price === null ? [model] : [])))].join(", ")} (--prices)`
      : `${dollars(price)}${accepted > 0 ? `, ${dollars(price / accepted)} an accepted row` : ""}${paid !== null && paid !== price ? `; ${dollars(paid)} paid by this run` : ""}`,
  );
  return lines;
}

/** Prints the rows of a preview with every cell. */
export function printPreview(preview: Preview, options: Printing): void {
  process.stdout.write(`${options.json ? JSON.stringify(preview, null, 2) : previewText(preview)}\n`);
}

function previewText({ rows, summary }: Preview): string {
  const lines: string[] = [];
  for (const { index, sourceIndex, cells, rejected } of rows) {
    lines.push(
      "",
      `row ${index}${sourceIndex === null ? "" : ` · source row ${sourceIndex}`}${rejected ? ` · REJECTED by ${rejected.step}: ${rejected.detail}` : ""}`,
    );
    for (const { step, kind, value } of cells) lines.push(`  ${step.padEnd(16)} ${kind.padEnd(11)} ${indented(value)}`);
  }
  // Two rows that were rejected stop nothing.
  const stopped = summary.stopped?.reason === "every-row-rejected" ? null : summary.stopped;
  lines.push("", ...summaryLines({ ...summary, stopped }));
  return lines.join("\n");
}

function indented(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const shortened = text.length > 600 ? `${text.slice(0, 600)} …` : text;
  return shortened.replaceAll("\n", `\n${" ".repeat(31)}`);
}

/** Prints an estimate. */
export function printEstimate(estimate: Estimate, options: Printing): void {
  process.stdout.write(`${options.json ? JSON.stringify(estimate, null, 2) : estimateText(estimate)}\n`);
}

function estimateText({ rows, columns, total: all, notes }: Estimate): string {
  const range = (
    r: { readonly low: number; readonly expected: number; readonly high: number },
    text: (x: number) => string,
  ): string => (r.low === r.high ? text(r.expected) : `${text(r.expected)} (${text(r.low)} to ${text(r.high)})`);
  const lines = ["", `for ${rows} rows, if no further row is rejected:`, ""];
  const table = [
    ["column", "model", "calls", "in the journal", "tokens in", "tokens out", "price"],
    ...columns.map((c) => [
      c.column,
      c.model,
      String(c.calls),
      String(c.replayed),
      compact(c.promptTokens),
      range(c.completionTokens, compact),
      c.price ? range(c.price, dollars) : "not known",
    ]),
  ];
  const widths = table[0]?.map((_, j) => Math.max(...table.map((cells) => cells[j]?.length ?? 0))) ?? [];
  for (const cells of table)
    lines.push(`  ${cells.map((cell, j) => cell.padEnd(widths[j] ?? 0)).join("  ")}`.trimEnd());
  lines.push(
    "",
    `  to be paid: ${all.calls} calls, ${all.price ? range(all.price, dollars) : "price not known (--prices)"}`,
  );
  for (const note of notes) lines.push(`  ${note}`);
  return lines.join("\n");
}

/** Cents and below as far as they matter: $12.30, $0.0042. */
function dollars(amount: number): string {
  if (amount === 0) return "$0";
  return `$${amount >= 1 ? amount.toFixed(2) : amount.toPrecision(3).replace(/\.?0+$/, "")}`;
}

function total(spending: readonly Spending[], of: (s: Spending) => number | null): number | null {
  const parts = spending.map(of);
  return parts.some((part) => part === null) ? null : parts.reduce<number>((sum, part) => sum + (part as number), 0);
}

function sumOf(spending: readonly Spending[], of: (s: Spending) => number): number {
  return spending.reduce((sum, one) => sum + of(one), 0);
}

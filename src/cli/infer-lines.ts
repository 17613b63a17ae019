import type { InferResult } from "../hybrid/infer-result.ts";
import { figure, METHOD_TITLES, termTitle } from "../hybrid/infer-words.ts";

/** The lines of an inference for a terminal: the answer in words, a table of coefficients, and all methods for the one that the answer is about. */
export function inferLines(result: InferResult, out: string | undefined): readonly string[] {
  const { estimations, primary, headline, refusal, alarms, sentences } = result;
  const own = estimations.find(({ method }) => method === primary)?.terms;
  const alone = estimations.find(({ method }) => method === "labelled-only")?.terms;
  const beside = primary !== "labelled-only" && alone;
  const range = (item: Parameters<typeof figure>[1] & { readonly value: number }): string =>
    `${figure(item.value, item)} (${figure(item.low, item)} to ${figure(item.high, item)})`;
  const fired = new Set([...alarms.filter(({ rejected }) => rejected).map(({ words }) => words), refusal]);
  return [
    "",
    ...sentences.map((sentence) => (fired.has(sentence) ? `  ! ${sentence}` : sentence)),
    ...(own && primary
      ? [
          "",
          ...aligned([
            ["", METHOD_TITLES[primary], ...(beside ? ["labels alone", "worth, in labels"] : [])],
            ...own.map((item, j) => [
              termTitle(result, item.term),
              range(item),
              ...(beside
                ? [alone[j] ? range(alone[j]) : "", item.effectiveN === null ? "" : String(Math.round(item.effectiveN))]
                : []),
            ]),
          ]),
        ]
      : []),
    ...(own && result.sources.length > 0
      ? [
          "",
          `${termTitle(result, headline)} by every method`,
          ...aligned(
            estimations.flatMap(({ method, terms }) => {
              const item = terms?.find(({ term }) => term === headline);
              return item
                ? [
                    [
                      METHOD_TITLES[method],
                      range(item),
                      method === "naive-pooling" ? "shown because it fails" : method === primary ? "the answer" : "",
                    ],
                  ]
                : [];
            }),
          ),
        ]
      : []),
    ...alarms.filter(({ rejected }) => !rejected).map(({ words }, i) => (i === 0 ? `\n${words}` : words)),
    ...(out === undefined ? [] : [`report  ${out}/infer.html`]),
  ];
}

function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, j) => Math.max(...rows.map((row) => [...(row[j] ?? "")].length)));
  return rows.map((row) => `  ${row.map((cell, j) => cell.padEnd(widths[j] as number)).join("  ")}`.trimEnd());
}

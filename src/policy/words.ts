import type { Op } from "./expression.ts";

/** "at least" for ">=". */
export const OP_WORDS: Readonly<Record<Op, string>> = {
  ">=": "at least",
  "<=": "at most",
  ">": "more than",
  "<": "less than",
};

const ENDS = { value: "the value", low: "the lower bound", high: "the upper bound" };

const BOUNDS: Readonly<Record<string, string>> = {
  ...ENDS,
  p: "the p-value",
  pHolm: "the p-value (Holm, over the attacks)",
  "ceiling.value": "the ceiling",
  "ceiling.low": "the lower bound of the ceiling",
  "ceiling.high": "the upper bound of the ceiling",
  "floor.value": "the floor",
  "floor.low": "the lower bound of the floor",
  "floor.high": "the upper bound of the floor",
  "difference.value": "the difference to fresh real rows",
  "difference.low": "the lower bound of the difference to fresh real rows",
  "difference.high": "the upper bound of the difference to fresh real rows",
  "normalised.value": "the normalised score (0: independent columns, 1: fresh real rows)",
  "normalised.low": "the lower bound of the normalised score (0: independent columns, 1: fresh real rows)",
  "normalised.high": "the upper bound of the normalised score (0: independent columns, 1: fresh real rows)",
};

const FACTS: Readonly<Record<string, string>> = {
  "rows.train": "the number of training rows",
  "rows.holdout": "the number of holdout rows",
  "rows.synthetic": "the number of synthetic rows",
  queries: "the number of runs that measured these real rows",
  judged: "what is judged",
  "declared.population": "the declared population",
  "declared.quasiIdentifiers": "the number of declared quasi-identifiers",
  "declared.sensitive": "the number of declared sensitive columns",
  "declared.protectedAttributes": "the number of declared protected columns",
  "declared.analyses": "the number of declared analyses",
  "privacy.epsilon": "epsilon",
  "privacy.delta": "delta",
  "privacy.rho": "rho",
  "privacy.unit": "the unit of privacy",
  "privacy.unitRows": "the number of rows of one unit",
  "privacy.totalEpsilon": "the source's epsilon over all its releases",
  "privacy.releases": "the number of private releases of the source",
  "lineage.sourceGeneration": "the generation of the source",
  "lineage.anchored": "whether real rows were learnt from",
  "lineage.realRows": "the number of real rows that were learnt from",
  "lineage.realShare": "the share of real rows among those that were learnt from",
  "run.asked": "the number of rows asked for",
  "run.accepted": "the number of accepted rows",
  "run.attempts": "the number of attempts",
  "run.price": "the price in US dollars",
  "run.ended": "how the run ended",
  "run.source": "the kind of source",
};

/** Facts that are so or not so, as clauses. */
const CLAUSES: Readonly<Record<string, { readonly so: string; readonly not: string }>> = {
  "lineage.anchored": { so: "real rows were learnt from too", not: "no real rows were learnt from" },
};

/** A number of so many digits: 2.952, and 1e-6 for what begins with three zeros. */
export function numberInWords(x: number, digits: number): string {
  const rounded = Number(x.toPrecision(digits));
  return rounded !== 0 && Math.abs(rounded) < 1e-3 ? rounded.toExponential() : String(rounded);
}

/** "the lower bound" for "low"; the bound itself where there is no word for it. */
export function boundInWords(bound: string): string {
  return BOUNDS[bound] ?? bound;
}

/** A path of a rule in words: "the lower bound" for "score.low", "the number of holdout rows" for "rows.holdout". */
export function pathInWords(path: string): string | undefined {
  return path.startsWith("score.") ? BOUNDS[path.slice("score.".length)] : FACTS[path];
}

/** A fact and its value as a clause: "the generation of the source is 2", "no real rows were learnt from".
 * @param written the value as it is to be shown */
export function factInWords(path: string, value: unknown, written: string): string {
  const clause = typeof value === "boolean" ? CLAUSES[path] : undefined;
  if (clause) return value ? clause.so : clause.not;
  return `${pathInWords(path) ?? path} is ${written}`;
}

/** An expression that is comparisons joined by "&&" or "||", as a clause of a sentence; undefined for any other.
 * @param number how a threshold reads, beside the path it is compared with */
export function expressionInWords(text: string, number: (value: number, path: string) => string): string | undefined {
  for (const [operator, word] of [
    ["||", " or "],
    ["&&", " and "],
  ] as const) {
    if (!text.includes(operator)) continue;
    const parts = text.split(operator).map((part) => expressionInWords(part, number));
    return parts.includes(undefined) ? undefined : parts.join(word);
  }
  const [, negation, flag] = /^\s*(!?)([\w.]+)\s*$/.exec(text) ?? [];
  const clause = flag === undefined ? undefined : CLAUSES[flag];
  if (clause) return negation === "!" ? clause.not : clause.so;
  const [, sized, plain, op, value] =
    /^\s*(?:size\(([\w.]+)\)|([\w.]+))\s*(>=|<=|>|<|==|!=)\s*(-?\d+(?:\.\d+)?(?:e-?\d+)?|"[^"]*")\s*$/.exec(text) ?? [];
  const path = sized ?? plain;
  const subject = path === undefined ? undefined : pathInWords(path);
  if (path === undefined || subject === undefined || op === undefined || value === undefined) return undefined;
  const wanted = value.startsWith('"') ? `the ${value.slice(1, -1)}` : number(Number(value), path);
  const words: Readonly<Record<string, string>> = { ...OP_WORDS, "==": "", "!=": "not" };
  return [subject, "is", words[op], wanted].filter((word) => word !== "").join(" ");
}

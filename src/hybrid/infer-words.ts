import type { AlarmTest, MethodName } from "./estimation/estimation.ts";
import type { Family } from "./estimation/sample.ts";
import type { Outcome } from "./formula/outcome.ts";
import type { InferEstimation, InferResult, InferTables, InferTerm } from "./infer-result.ts";

/** What each method is called before a reader. */
export const METHOD_TITLES: Readonly<Record<MethodName, string>> = {
  "control-variate": "control variate",
  "labelled-only": "labels alone",
  ppi: "PPI",
  "ppi-plus-plus": "PPI++",
  "cross-ppi": "cross-PPI",
  "gmm-two-step": "two-step GMM",
  "naive-pooling": "naive pooling",
};

/** A coefficient's name; a mean and a quantile have one only, which no reader knows as an intercept. */
export function termTitle(
  { family, outcome, probability }: Pick<InferResult, "family" | "outcome" | "probability">,
  term: string | null,
): string {
  if (family === "mean") return `mean of ${outcome.label}`;
  if (family === "quantile")
    return probability === 0.5 ? `median of ${outcome.label}` : `${probability} quantile of ${outcome.label}`;
  return term ?? "";
}

/** A whole number, "12,300". */
export function whole(count: number): string {
  return grouped(Math.round(count), 0);
}

/** What the rows that are no labels are called: "predictions", "synthetic rows". */
export type AuxiliaryWords = "predictions" | "synthetic rows" | "predictions and synthetic rows" | "unlabelled rows";

/** A number with the digits that its interval leaves room for: two significant ones of half its width. */
export function figure(value: number, term: { readonly low: number; readonly high: number }): string {
  const half = (term.high - term.low) / 2;
  if (!Number.isFinite(value)) return String(value);
  const places = half > 0 && Number.isFinite(half) ? Math.min(12, Math.max(0, 1 - Math.floor(Math.log10(half)))) : 3;
  return grouped(value, places);
}

/** The first sentences of an answer: estimate, interval, and what predictions were worth. */
export function answerSentences(of: {
  readonly outcome: Outcome;
  readonly labelled: number;
  readonly unlabelled: number;
  readonly auxiliary: AuxiliaryWords;
  readonly level: number;
  readonly primary: InferEstimation;
  readonly headline: InferTerm;
  /** The estimate of naive pooling, where there is something to pool. */
  readonly naive: readonly InferTerm[] | undefined;
}): readonly string[] {
  const { outcome, labelled, unlabelled, auxiliary, level, primary, headline, naive } = of;
  const alone = primary.method === "labelled-only" || unlabelled === 0;
  const interval = `${figure(headline.value, headline)} (${percent(level)} interval ${figure(headline.low, headline)} to ${figure(headline.high, headline)})`;
  const basis = `With ${counted(labelled, "label")}${alone ? " alone" : ` and ${counted(unlabelled, auxiliary)}`}`;
  const worth = headline.effectiveN === null || alone ? "." : worthWords(headline.effectiveN, labelled, auxiliary);
  return [
    `${basis}, ${subject(outcome, headline.term)} is ${interval}${ratio(outcome.family, headline)}${worth}`,
    ...(naive === undefined || primary.terms === null
      ? []
      : [naiveWords(naive, { outcome, auxiliary, right: primary.terms })]),
  ];
}

/** What two alarms say where they fire, and where they do not. */
export function alarmWords(test: AlarmTest): string {
  const p = `p ${test.p < 0.001 ? "< 0.001" : `= ${test.p.toFixed(3)}`}`;
  if (test.name === "overidentification")
    return test.rejected
      ? `The predictions or synthetic rows of labelled units do not behave as those of unlabelled ones (J test, ${p}): units were not labelled at random, or the two kinds were predicted in another way. Until that is explained, go by labels alone at most.`
      : `Predictions or synthetic rows behave alike for labelled and unlabelled units (J test, ${p}).`;
  return test.rejected
    ? `Labelled units differ from unlabelled ones in what is known of both (covariate balance, ${p}): they were hardly labelled at random, and every interval here may miss. Give the chances of a label (--labelling-chance) or strata (--strata).`
    : `Labelled and unlabelled units are alike in what is known of both (covariate balance, ${p}).`;
}

/** What free-running tables are worth, beside labelled rows. */
export function tablesSentences(tables: InferTables, headline: string): readonly string[] {
  const { tables: m, combined, rule, asIfReal } = tables;
  const term = combined.find((item) => item.rule === rule)?.terms?.find((item) => item.term === headline);
  const naive = asIfReal.find((item) => item.term === headline);
  const agreement = tables.agreement.find((item) => item.term === headline);
  const own = m === 1 ? "the synthetic table" : `the ${m} synthetic tables`;
  return [
    ...(term && agreement
      ? [
          `From ${own} one reads ${figure(term.value, term)} (${figure(term.low, term)} to ${figure(term.high, term)}) by the rule for ${RULE_WORDS[rule]}, ${Math.abs(agreement.standardisedDifference).toFixed(1)} standard errors from the labelled rows alone.`,
        ]
      : []),
    ...(term && naive && naive.standardError < term.standardError
      ? [
          `One table read as if it were real has a standard error of ${precise(naive.standardError)}, ${(term.standardError / naive.standardError).toFixed(1)} times too small.`,
        ]
      : []),
    "Rows that belong to no unit say nothing of a coefficient beyond what their generator learnt from the labelled rows: they cannot make the answer more precise.",
  ];
}

export const RULE_WORDS: Readonly<Record<InferTables["rule"], string>> = {
  "fully-synthetic": "fully synthetic tables",
  "partially-synthetic": "partially synthetic tables",
  "multiple-imputation": "multiple imputation",
  "simple-synthesis": "tables drawn from a fitted model",
  "proper-synthesis": "tables drawn from posterior models",
  "original-estimate": "what the real table would say",
};

/** What a coefficient is of, as the subject of a sentence. */
function subject(outcome: Outcome, term: string): string {
  const { family, labels, label } = outcome;
  if (family.kind === "mean") return labels ? `the share of "${labels[1]}" in ${label}` : `the mean of ${label}`;
  if (family.kind === "quantile")
    return family.probability === 0.5 ? `the median of ${label}` : `the ${family.probability} quantile of ${label}`;
  return term === "(intercept)" ? "the intercept" : `the coefficient of ${term}`;
}

function ratio(family: Family, term: InferTerm): string {
  if (family.kind !== "logistic" && family.kind !== "poisson") return "";
  const [value, low, high] = [term.value, term.low, term.high].map(Math.exp) as [number, number, number];
  const shown = { low, high };
  return `, ${family.kind === "logistic" ? "an odds ratio" : "a rate ratio"} of ${figure(value, shown)} (${figure(low, shown)} to ${figure(high, shown)})`;
}

function worthWords(effectiveN: number, labelled: number, auxiliary: AuxiliaryWords): string {
  const effective = Math.round(effectiveN);
  const saved = effective - labelled;
  if (saved < Math.max(1, 0.01 * labelled)) return `; the ${auxiliary} saved no labels.`;
  return `, as precise as ${grouped(effective, 0)} labels would be alone; the ${auxiliary} saved ${counted(saved, "label")}.`;
}

/** About the coefficient where pooling fails most. */
function naiveWords(
  naive: readonly InferTerm[],
  of: { readonly outcome: Outcome; readonly auxiliary: AuxiliaryWords; readonly right: readonly InferTerm[] },
): string {
  const off = naive.map(({ value }, j) => {
    const right = of.right[j] as InferTerm;
    return value === right.value ? 0 : Math.abs(value - right.value) / right.standardError;
  });
  const worst = off.reduce((best, value, j) => (value > (off[best] as number) ? j : best), 0);
  const [wrong, right] = [naive[worst] as InferTerm, of.right[worst] as InferTerm];
  const said = `Throwing labels and ${of.auxiliary} together as if all were real would say that ${subject(of.outcome, wrong.term)} is ${figure(wrong.value, wrong)} (${figure(wrong.low, wrong)} to ${figure(wrong.high, wrong)})`;
  return (off[worst] as number) >= 2
    ? `${said}, ${Number.isFinite(off[worst]) ? `${whole(off[worst] as number)} standard errors away from` : "and not"} ${figure(right.value, right)}, and be sure of it.`
    : `${said}: not far off here, which nobody could have known, with an interval that promises nothing.`;
}

function counted(count: number, noun: string): string {
  return `${grouped(count, 0)} ${noun}${count === 1 || noun.endsWith("s") ? "" : "s"}`;
}

function percent(level: number): string {
  return `${Number((100 * level).toPrecision(12))} %`;
}

function precise(value: number): string {
  return String(Number(value.toPrecision(2)));
}

function grouped(value: number, places: number): string {
  const [whole = "", rest] = Math.abs(value).toFixed(places).split(".");
  const text = whole.replace(/\B(?=(\d{3})+$)/g, ",") + (rest === undefined ? "" : `.${rest}`);
  return value < 0 && /[1-9]/.test(text) ? `−${text}` : text;
}

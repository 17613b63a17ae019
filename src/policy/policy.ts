import type { Document } from "yaml";
import { z } from "zod";
import type { InvalidArgument } from "../errors.ts";
import { nearest, suggest } from "../math/nearest-name.ts";
import type { Metric, Planting } from "../metrics/metric.ts";
import { type Expression, identifierOf, languageFor } from "./expression.ts";
import { layPolicies, type Place, type PolicySource, problem } from "./extend.ts";

const LEAKS = ["verbatim", "noisy", "outliers", "spread"] as const satisfies readonly Planting["leak"][];

/** The positive control of a privacy rule: it may pass only where this leak, planted in this very table, would have been refused. */
export interface Power {
  readonly leak: Planting["leak"];
  /** Share of the released rows that are planted copies, 0 … 1. */
  readonly share: number;
  /** At least `refused` of `of` plantings must be refused. */
  readonly refused: number;
  readonly of: number;
  /** Rules of which one suffices to refuse a planting; absent: this rule alone. */
  readonly by?: readonly string[] | undefined;
}

/** One condition of a release. Where neither `pass` nor `fail` is true the evidence is too thin: a privacy or validity rule is then
 * indeterminate, any other warns. */
export interface Rule {
  readonly rule: string;
  /** Whose score the word `score` means; absent: the rule looks at facts and at `scores`. */
  readonly metric?: string | undefined;
  readonly pass: Expression;
  readonly fail: Expression;
  /** Whether a broken rule refuses the release or is only told. */
  readonly severity: "refuse" | "warn";
  /** What a score that is absent or could not be computed means. */
  readonly missing: "indeterminate" | "not-applicable";
  readonly because: string;
  /** Present on privacy rules, and only there. */
  readonly power?: Power | undefined;
}

/** A written policy: what a table must hold to be released. */
export interface Policy {
  readonly format: "counterfoil-policy/2";
  readonly name: string;
  readonly description: string;
  /** Level of the intervals of the quality metrics. */
  readonly level: number;
  /** False-alarm budget: all hard privacy rules together refuse a table without a leak with at most `total` probability. */
  readonly alpha: { readonly total: number; readonly tests: Readonly<Record<string, number>> };
  readonly rules: readonly Rule[];
  /** What all releases of one source under differential privacy may spend together, as far as the ledger of the machine knows them. Absent: no
   * limit. */
  readonly privacyBudget?: PrivacyBudget | undefined;
  /** Whether what was computed from the real rows to judge a release (scores, plots, counts) goes into its bundle. */
  readonly publishEvaluation: boolean;
  /** Names of the metrics that existed when the policy was read. */
  readonly metrics: readonly string[];
  /** SHA-256 of the file's bytes, lower-case hex. */
  readonly sha256: string;
}

/** A limit of (epsilon, delta)-differential privacy. */
export interface PrivacyBudget {
  /** > 0. */
  readonly epsilon: number;
  /** Between 0 and 1, both excluded. */
  readonly delta: number;
}

/** What a policy needs to know of a metric. */
export type Named = Pick<Metric, "name" | "family" | "diagnostic">;

const name = z.string().min(1).max(100);
const powerShape = z.strictObject({
  leak: z.enum(LEAKS),
  share: z.number().gt(0).max(1),
  refused: z.number().int().min(1).max(1000),
  of: z.number().int().min(1).max(1000),
  by: z.array(z.string()).min(1).optional(),
});
const ruleShape = z.strictObject({
  rule: name,
  metric: z.string().optional(),
  pass: z.string().optional(),
  fail: z.string().optional(),
  severity: z.enum(["refuse", "warn"]),
  missing: z.enum(["indeterminate", "not-applicable"]).default("indeterminate"),
  because: z.string().default(""),
  power: powerShape.optional(),
});
const budgetShape = z.strictObject({ epsilon: z.number().gt(0).max(1e6), delta: z.number().gt(0).lt(1) });
const policyShape = z.strictObject({
  format: z.literal("counterfoil-policy/2"),
  name,
  description: z.string().default(""),
  level: z.number().gt(0.5).lt(1).default(0.95),
  alpha: z.strictObject({
    total: z.number().gt(0).max(0.5),
    tests: z.record(z.string(), z.number().gt(0).max(0.5)),
  }),
  rules: z.array(ruleShape).min(1),
  privacyBudget: budgetShape.optional(),
  publishEvaluation: z.boolean().default(true),
});

/** Reads a policy from the text of its file.
 * @param text YAML
 * @param options `metrics`: those that exist; `sha256`: of the text, by whoever read it; `file`: its name, for messages; `extended`: what it
 *   extends, the policy at the bottom first, where it was laid over others (`sha256` is then that of the whole)
 * @throws {InvalidArgument} not YAML, an unknown key, metric, bound or op (with the line and the nearest name), a hard privacy rule without `power`,
 *   a hard rule on what the policy itself does not publish */
export function parsePolicy(
  text: string,
  options: {
    readonly metrics: readonly Named[];
    readonly sha256: string;
    readonly file: string;
    readonly extended?: readonly PolicySource[];
  },
): Policy {
  const { file, metrics } = options;
  const { document, placeOf } = layPolicies([...(options.extended ?? []), { text, file }]);
  const data = plain(document, placeOf([]));
  const parsed = policyShape.safeParse(data);
  if (!parsed.success) {
    // A misspelt key is why its right form is missing.
    const { issues } = parsed.error;
    const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0];
    throw describe(issue as z.core.$ZodIssue, { placeOf, data });
  }
  const language = languageFor(metrics.map((metric) => metric.name));
  const names = parsed.data.rules.map(({ rule }) => rule);
  const rules = parsed.data.rules.map((written, i): Rule => {
    const stop = (fault: Fault): InvalidArgument =>
      problem(placeOf(["rules", i, fault.key]), `rule "${written.rule}" ${fault.text}`);
    if (names.indexOf(written.rule) !== i) throw stop({ key: "rule", text: "has this name twice" });
    const { pass, fail, ...rest } = written;
    if (pass === undefined && fail === undefined)
      throw stop({ key: "rule", text: "says neither what passes (`pass`) nor what fails (`fail`)" });
    const compiled = (key: "pass" | "fail", text: string): Expression => {
      const expression = language.compile(text);
      if ("wrong" in expression)
        throw stop({
          key,
          text: `${key} ${expression.wrong}${expression.name === undefined ? "" : suggest(expression.name, expression.known ?? [])}`,
        });
      return expression;
    };
    // What is written is read first, so that a mistake is told of the words that hold it.
    const given = fail === undefined ? compiled("pass", pass as string) : compiled("fail", fail);
    const rule =
      fail === undefined
        ? { ...rest, pass: given, fail: compiled("fail", `!(${pass})`) }
        : { ...rest, fail: given, pass: compiled("pass", pass ?? `!(${fail})`) };
    const fault =
      faultOf(rule, { metrics, names, alpha: parsed.data.alpha.tests }) ??
      (parsed.data.publishEvaluation ? null : publishedBy(rule, fail === undefined ? "pass" : "fail"));
    if (fault) throw stop(fault);
    return rule;
  });
  const unknown = Object.keys(parsed.data.alpha.tests).find(
    (name) => name !== ATTACKS && !metrics.some((metric) => metric.name === name),
  );
  if (unknown !== undefined)
    throw problem(
      placeOf(["alpha", "tests", unknown]),
      `alpha names an unknown test "${unknown}"${suggest(unknown, [ATTACKS, ...metrics.map((metric) => metric.name)])}`,
    );
  const spent = Object.values(parsed.data.alpha.tests).reduce((sum, alpha) => sum + alpha, 0);
  if (spent > parsed.data.alpha.total * (1 + 1e-9))
    throw problem(
      placeOf(["alpha"]),
      `the tests spend ${Number(spent.toPrecision(6))} of a false-alarm budget of ${parsed.data.alpha.total}`,
    );
  return { ...parsed.data, rules, metrics: metrics.map((metric) => metric.name), sha256: options.sha256 };
}

/** The word under which all attacks share one part of the budget. */
const ATTACKS = "attacks";

/** The one-sided false-alarm share at which a metric tests: its own part of the budget, or an even part of what the attacks share
 * (Bonferroni, for intervals; p-values are adjusted after Holm). A test without a part is measured at the smallest. */
export function alphaOf(policy: Policy, metric: string): number {
  const { tests, total } = policy.alpha;
  const own = tests[metric];
  if (own !== undefined) return own;
  const attacks = attacksOf(policy).length;
  if (attacksOf(policy).includes(metric)) return (tests[ATTACKS] as number) / attacks;
  return Math.min(total, ...Object.values(tests));
}

/** The metrics of hard privacy rules that have no part of the budget of their own: they share that of the attacks. */
export function attacksOf(policy: Policy): readonly string[] {
  const { tests } = policy.alpha;
  if (tests[ATTACKS] === undefined) return [];
  return [
    ...new Set(
      policy.rules.flatMap(({ metric, power, severity }) =>
        metric !== undefined && power && severity === "refuse" && tests[metric] === undefined ? [metric] : [],
      ),
    ),
  ];
}

/** The metrics that hard rules look at. */
export function metricsOfHardRules(policy: Policy): ReadonlySet<string> {
  const named = policy.rules
    .filter(({ severity }) => severity === "refuse")
    .flatMap(({ metric, pass, fail }) => [
      ...(metric === undefined ? [] : [identifierOf(metric)]),
      ...[...pass.paths, ...fail.paths].filter((path) => path.startsWith("scores.")).map((path) => path.split(".")[1]),
    ]);
  return new Set(named as string[]);
}

/** Whether a rule looks only at what is public before a row was read: the guarantee, what was declared, the generation of the source, and how many
 * rows were made. */
export function isPublicRule(rule: Rule): boolean {
  return rule.metric === undefined && privatePathsOf(rule).length === 0;
}

/** Beside the guarantee and what was declared. What the source was learnt from is known before a row is read. */
const PUBLIC_PATHS: readonly string[] = ["rows.synthetic", "lineage.sourceGeneration", "lineage.anchored"];

function privatePathsOf(rule: Rule): readonly string[] {
  return [...rule.pass.paths, ...rule.fail.paths].filter(
    (path) => !PUBLIC_PATHS.includes(path) && !["privacy", "declared"].includes(path.split(".")[0] as string),
  );
}

/** A verdict is published: where the evaluation is not, it may hang on nothing that the evaluation saw. */
function publishedBy(rule: Rule, written: "pass" | "fail"): Fault | null {
  if (rule.severity !== "refuse" || isPublicRule(rule)) return null;
  const seen = rule.metric === undefined ? privatePathsOf(rule)[0] : `the score of "${rule.metric}"`;
  return {
    key: rule.metric === undefined ? written : "metric",
    text: `refuses by ${seen}, which comes from the real rows, and the policy has \`publishEvaluation: false\`: whether it held would be published with the decision. Make it \`severity: warn\`, or look at privacy.*, declared.*, lineage.sourceGeneration and lineage.anchored alone`,
  };
}

interface Fault {
  readonly key: string;
  readonly text: string;
}

/** What is wrong with a rule that has the right shape. */
function faultOf(
  rule: Rule,
  context: {
    readonly metrics: readonly Named[];
    readonly names: readonly string[];
    readonly alpha: Readonly<Record<string, number>>;
  },
): Fault | null {
  const { metrics, names, alpha } = context;
  const looksAt = new Set([...rule.pass.paths, ...rule.fail.paths].map((path) => path.split(".")));
  const own = [...looksAt].some(([first]) => first === "score");
  const diagnostic = metrics.find(
    (item) =>
      item.diagnostic &&
      (item.name === rule.metric ||
        [...looksAt].some(([first, second]) => first === "scores" && second === identifierOf(item.name))),
  );
  if (diagnostic)
    return {
      key: rule.metric === diagnostic.name ? "metric" : "rule",
      text: `looks at "${diagnostic.name}", which is a diagnostic: a copy can pass it, and damage improves it`,
    };
  if (rule.metric === undefined)
    return own ? { key: "rule", text: "looks at `score`, and names no metric whose score that is" } : null;
  const metric = metrics.find((item) => item.name === rule.metric);
  if (!metric)
    return {
      key: "metric",
      text: `names an unknown metric "${rule.metric}"${suggest(
        rule.metric,
        metrics.map((item) => item.name),
      )}`,
    };
  const { power } = rule;
  if (power && metric.family !== "privacy")
    return { key: "power", text: `asks for power, but "${rule.metric}" is no privacy metric: remove \`power\`` };
  if (power && power.refused > power.of)
    return { key: "power", text: `asks for ${power.refused} refusals of ${power.of} plantings` };
  const stranger = power?.by?.find((name) => !names.includes(name));
  if (stranger !== undefined)
    return { key: "power", text: `counts on an unknown rule "${stranger}"${suggest(stranger, names)}` };
  if (metric.family === "privacy" && rule.severity === "refuse") {
    if (!power)
      return {
        key: "rule",
        text: "is a privacy rule that cannot say which leak it would find: add `power: { leak: verbatim, share: 0.01, refused: 4, of: 5 }`",
      };
    if (rule.missing === "not-applicable")
      return {
        key: "missing",
        text: 'would let a table pass without its privacy test: write "missing: indeterminate"',
      };
    if (alpha[metric.name] === undefined && alpha[ATTACKS] === undefined)
      return {
        key: "rule",
        text: `has no part of the false-alarm budget: add \`${metric.name}\` or \`${ATTACKS}\` to alpha.tests`,
      };
  }
  return null;
}

/** Plain data of the document; too many aliases (a "billion laughs" file) are an error of the file. */
function plain(document: Document, place: Place): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw problem({ file: place.file, line: undefined }, "cannot be read: too many aliases", cause);
  }
}

function describe(
  issue: z.core.$ZodIssue,
  context: { readonly placeOf: (path: readonly PropertyKey[]) => Place; readonly data: unknown },
): InvalidArgument {
  const { placeOf, data } = context;
  const got = valueAt(data, issue.path);
  const where = issue.path.length > 0 ? nameOf(issue.path, data) : "the policy";
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0] as string;
    return problem(
      placeOf([...issue.path, key]),
      `${where} has an unknown key "${key}"${suggest(key, keysAt(issue.path))}`,
    );
  }
  if (issue.path.length === 0 && (got === null || got === undefined))
    return problem(placeOf([]), "the file is empty: want a policy");
  if (got === undefined)
    return problem(
      placeOf(issue.path.slice(0, -1)),
      `${where} is missing: ${wanted(issue)}${meantRule(issue.path, data)}`,
    );
  const shown = JSON.stringify(got)?.slice(0, 80);
  const candidates = issue.code === "invalid_value" ? issue.values.map(String) : [];
  const hint = typeof got === "string" && candidates.length > 1 ? suggest(got, candidates) : `: ${wanted(issue)}`;
  return problem(placeOf(issue.path), `${where} is ${shown}${hint}`);
}

/** A rule that lacks what every rule has was perhaps meant to change one of the policy below, by a misspelt name. */
function meantRule(path: readonly PropertyKey[], data: unknown): string {
  if (path[0] !== "rules" || path.length !== 3) return "";
  const rules = valueAt(data, ["rules"]);
  const names = Array.isArray(rules) ? rules.map((rule) => valueAt(rule, ["rule"])) : [];
  const name = names[Number(path[1])];
  if (typeof name !== "string") return "";
  const others = names.filter((other): other is string => typeof other === "string" && other !== name);
  const close = nearest(name, others);
  return close === undefined ? "" : ` (or did you mean the rule "${close}"?)`;
}

function wanted(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_value") return `want ${issue.values.map((value) => `"${String(value)}"`).join(" or ")}`;
  return `want ${issue.message.replace(/^Invalid input: expected /, "").replace(/, received.*$/, "")}`;
}

/** Names the place in the words of the file: rule "x", key "y". */
function nameOf(path: readonly PropertyKey[], data: unknown): string {
  if (path[0] !== "rules" || path.length < 2) return path.map(String).join(".");
  const rule = valueAt(data, [...path.slice(0, 2), "rule"]);
  const title = typeof rule === "string" ? `rule "${rule}"` : `rule ${Number(path[1]) + 1}`;
  return path.length === 2 ? title : `${title}: ${path.slice(2).map(String).join(".")}`;
}

function keysAt(path: readonly PropertyKey[]): string[] {
  if (path.length === 0) return Object.keys(policyShape.shape);
  if (path[0] === "alpha") return ["total", "tests"];
  if (path[0] === "privacyBudget") return Object.keys(budgetShape.shape);
  return Object.keys(path.includes("power") ? powerShape.shape : ruleShape.shape);
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  let value = data;
  for (const key of path) {
    if (value === null || typeof value !== "object") return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

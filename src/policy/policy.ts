import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { z } from "zod";
import { InvalidArgument } from "../errors.ts";
import { nearest } from "../math/nearest-name.ts";
import type { Metric, Planting } from "../metrics/metric.ts";

/** Which number of a score a rule looks at; `difference` is value − ceiling, `normalised` is 0 at the floor and 1 at the ceiling. */
export const BOUNDS = [
  "value",
  "low",
  "high",
  "ceiling.value",
  "ceiling.low",
  "ceiling.high",
  "floor.value",
  "floor.low",
  "floor.high",
  "difference.value",
  "difference.low",
  "difference.high",
  "normalised.value",
  "normalised.low",
  "normalised.high",
] as const;
export type Bound = (typeof BOUNDS)[number];

export const OPS = [">=", "<=", ">", "<"] as const;
export type Op = (typeof OPS)[number];

const LEAKS = ["verbatim", "noisy", "outliers"] as const satisfies readonly Planting["leak"][];

/** The positive control of a privacy rule: it may pass only where this leak, planted in this very table, would have been refused. */
export interface Power {
  readonly leak: Planting["leak"];
  /** Share of the released rows that are planted copies, 0 … 1. */
  readonly share: number;
  /** At least `refused` of `of` plantings must be refused. */
  readonly refused: number;
  readonly of: number;
}

/** One condition of a release: the rule holds where `bound op threshold` is true. */
export interface Rule {
  readonly rule: string;
  readonly metric: string;
  readonly bound: Bound;
  readonly op: Op;
  readonly threshold: number;
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
  readonly format: "counterfoil-policy/1";
  readonly name: string;
  readonly description: string;
  /** Level of the intervals of the quality metrics. */
  readonly level: number;
  /** False-alarm budget of all privacy rules together: a table without a leak is refused with at most this probability. */
  readonly alpha: number;
  readonly rules: readonly Rule[];
  /** SHA-256 of the file's bytes, lower-case hex. */
  readonly sha256: string;
}

const MAX_CHARACTERS = 1_000_000;

const name = z.string().min(1).max(100);
const powerShape = z.strictObject({
  leak: z.enum(LEAKS),
  share: z.number().gt(0).max(1),
  refused: z.number().int().min(1).max(1000),
  of: z.number().int().min(1).max(1000),
});
const ruleShape = z.strictObject({
  rule: name,
  metric: z.string(),
  bound: z.enum(BOUNDS),
  op: z.enum(OPS),
  threshold: z.number(),
  severity: z.enum(["refuse", "warn"]),
  missing: z.enum(["indeterminate", "not-applicable"]).default("indeterminate"),
  because: z.string().default(""),
  power: powerShape.optional(),
});
const policyShape = z.strictObject({
  format: z.literal("counterfoil-policy/1"),
  name,
  description: z.string().default(""),
  level: z.number().gt(0.5).lt(1).default(0.95),
  alpha: z.number().gt(0).max(0.5).default(0.01),
  rules: z.array(ruleShape).min(1),
});

/** Reads a policy from the text of its file.
 * @param text YAML
 * @param options `metrics`: those that exist; `sha256`: of the file's bytes, by whoever read them; `file`: its name, for messages
 * @throws {InvalidArgument} not YAML, an unknown key, metric, bound or op (with the line and the nearest name), a hard privacy rule without `power` */
export function parsePolicy(
  text: string,
  options: {
    readonly metrics: readonly Pick<Metric, "name" | "family">[];
    readonly sha256: string;
    readonly file: string;
  },
): Policy {
  const { file, metrics } = options;
  if (text.length > MAX_CHARACTERS)
    throw problem(file, undefined, `is too long for a policy: ${text.length} characters, at most ${MAX_CHARACTERS}`);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [broken] = document.errors;
  if (broken) throw problem(file, lines.linePos(broken.pos[0]).line, `is not YAML: ${broken.message}`);
  const lineOf = (path: readonly PropertyKey[]): number | undefined => {
    const at = nodeAt(document.contents, path)?.range?.[0];
    return at === undefined ? undefined : lines.linePos(at).line;
  };

  const parsed = policyShape.safeParse(plain(document, file));
  if (!parsed.success) {
    const issue = parsed.error.issues[0] as z.core.$ZodIssue;
    throw describe(issue, { file, lineOf, data: plain(document, file) });
  }
  const policy: Policy = { ...parsed.data, sha256: options.sha256 };
  const seen = new Set<string>();
  policy.rules.forEach((rule, i) => {
    const fault = faultOf(rule, metrics) ?? (seen.has(rule.rule) ? { key: "rule", text: "has this name twice" } : null);
    seen.add(rule.rule);
    if (fault)
      throw problem(file, lineOf(["rules", i, fault.key]) ?? lineOf(["rules", i]), `rule "${rule.rule}" ${fault.text}`);
  });
  return policy;
}

/** The one-sided false-alarm share of each privacy test: the policy's budget split evenly over the metrics that its privacy rules name
 * (Bonferroni), so that a table without a leak is refused with probability at most `alpha`. */
export function alphaPerTest(policy: Policy): number {
  return policy.alpha / Math.max(1, privacyTests(policy).length);
}

/** The metrics that share the false-alarm budget: those of hard rules with a positive control. */
export function privacyTests(policy: Policy): readonly string[] {
  return [
    ...new Set(policy.rules.filter((rule) => rule.power && rule.severity === "refuse").map((rule) => rule.metric)),
  ];
}

/** What is wrong with a rule that has the right shape. */
function faultOf(
  rule: Rule,
  metrics: readonly Pick<Metric, "name" | "family">[],
): { readonly key: string; readonly text: string } | null {
  const metric = metrics.find((item) => item.name === rule.metric);
  if (!metric) {
    const names = metrics.map((item) => item.name);
    return { key: "metric", text: `names an unknown metric "${rule.metric}"${suggest(rule.metric, names)}` };
  }
  if (rule.power && metric.family !== "privacy")
    return { key: "power", text: `asks for power, but "${rule.metric}" is no privacy metric: remove \`power\`` };
  if (rule.power && rule.power.refused > rule.power.of)
    return { key: "power", text: `asks for ${rule.power.refused} refusals of ${rule.power.of} plantings` };
  if (metric.family === "privacy" && rule.severity === "refuse") {
    if (!rule.power)
      return {
        key: "rule",
        text: "is a privacy rule that cannot say which leak it would find: add `power: { leak: verbatim, share: 0.01, refused: 4, of: 5 }`",
      };
    if (rule.missing === "not-applicable")
      return {
        key: "missing",
        text: 'would let a table pass without its privacy test: write "missing: indeterminate"',
      };
  }
  return null;
}

/** Plain data of the document; too many aliases (a "billion laughs" file) are an error of the file. */
function plain(document: ReturnType<typeof parseDocument>, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw problem(file, undefined, "cannot be read: too many aliases", cause);
  }
}

function nodeAt(contents: unknown, path: readonly PropertyKey[]): Node | undefined {
  let node = contents as Node | null | undefined;
  for (const key of path) {
    let next: unknown;
    if (isMap(node)) {
      // The key's own line is the better place to point at than the value's.
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key);
      next = pair && (isMap(pair.value) || isSeq(pair.value) ? pair.value : pair.key);
    } else if (isSeq(node)) next = node.items[key as number];
    if (next === undefined || next === null) return node ?? undefined;
    node = next as Node;
  }
  return node ?? undefined;
}

function describe(
  issue: z.core.$ZodIssue,
  context: {
    readonly file: string;
    readonly lineOf: (path: readonly PropertyKey[]) => number | undefined;
    readonly data: unknown;
  },
): InvalidArgument {
  const { file, lineOf, data } = context;
  const got = valueAt(data, issue.path);
  const where = issue.path.length > 0 ? placeOf(issue.path, data) : "the policy";
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0] as string;
    return problem(
      file,
      lineOf([...issue.path, key]),
      `${where} has an unknown key "${key}"${suggest(key, keysAt(issue.path))}`,
    );
  }
  if (got === undefined) return problem(file, lineOf(issue.path.slice(0, -1)), `${where} is missing: ${wanted(issue)}`);
  const shown = JSON.stringify(got)?.slice(0, 80);
  const candidates = issue.code === "invalid_value" ? issue.values.map(String) : [];
  const hint = typeof got === "string" && candidates.length > 1 ? suggest(got, candidates) : `: ${wanted(issue)}`;
  return problem(file, lineOf(issue.path), `${where} is ${shown}${hint}`);
}

function wanted(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_value") return `want ${issue.values.map((value) => `"${String(value)}"`).join(" or ")}`;
  return `want ${issue.message.replace(/^Invalid input: expected /, "").replace(/, received.*$/, "")}`;
}

/** Names the place in the words of the file: rule "x", key "y". */
function placeOf(path: readonly PropertyKey[], data: unknown): string {
  if (path[0] !== "rules" || path.length < 2) return path.map(String).join(".");
  const rule = valueAt(data, [...path.slice(0, 2), "rule"]);
  const title = typeof rule === "string" ? `rule "${rule}"` : `rule ${Number(path[1]) + 1}`;
  return path.length === 2 ? title : `${title}: ${path.slice(2).map(String).join(".")}`;
}

function keysAt(path: readonly PropertyKey[]): string[] {
  if (path.length === 0) return Object.keys(policyShape.shape);
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

function suggest(got: string, candidates: readonly string[]): string {
  const near = nearest(got, candidates);
  return `${near ? `; did you mean "${near}"?` : "."} There are: ${candidates.join(", ")}`;
}

function problem(file: string, line: number | undefined, text: string, cause?: unknown): InvalidArgument {
  return new InvalidArgument(
    "invalid-policy",
    `Policy ${file}${line === undefined ? "" : `, line ${line}`}: ${text}.`,
    {
      advice: "Mend the policy; docs/policy.md lists every key.",
      cause,
    },
  );
}

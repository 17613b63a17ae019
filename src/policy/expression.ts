import { Environment } from "@marcbachmann/cel-js";

/** The language of rules: CEL over the scores of a table and the facts about it. Everything an expression may name is declared with its type, so
 * that a wrong name or a comparison of a number with a text is found when the policy is read. */
export interface Expression {
  readonly text: string;
  /** Dotted paths that the expression reads: "score.difference.high", "scores.pair_accuracy.low", "queries". */
  readonly paths: readonly string[];
  /** Set where the expression is one comparison of a bound of the rule's own score with a number. */
  readonly comparison: Comparison | undefined;
  evaluate(scope: Scope): boolean;
}

/** The values that an expression sees. */
export type Scope = Readonly<Record<string, unknown>>;

export interface Comparison {
  /** "value", "low", "high", or one of them after "ceiling.", "floor.", "difference." or "normalised."; also "p", "pHolm". */
  readonly bound: string;
  readonly op: Op;
  readonly threshold: number;
}

export const OPS = [">=", "<=", ">", "<"] as const;
export type Op = (typeof OPS)[number];

const MAX_CHARACTERS = 2000;
const interval = { value: "double", low: "double", high: "double" } as const;
const score = {
  ...interval,
  level: "double",
  n: "double",
  p: "double",
  pHolm: "double",
  ceiling: interval,
  floor: interval,
  difference: interval,
  normalised: interval,
} as const;

/** Compiles the expressions of one policy. */
export interface Language {
  /** @returns the expression, or what is wrong with it and, for a name that does not exist, the names that do */
  compile(
    text: string,
  ): Expression | { readonly wrong: string; readonly name?: string; readonly known?: readonly string[] };
}

/** The language for these metrics. A metric's name is written with underscores: `scores.pair_accuracy`. */
export function languageFor(metrics: readonly string[]): Language {
  const scores = Object.fromEntries(metrics.map((name) => [identifierOf(name), score]));
  const declared = {
    target: "bool",
    survival: "bool",
    analyses: "double",
    quasiIdentifiers: "list<string>",
    sensitive: "list<string>",
    protectedAttributes: "list<string>",
    population: "double",
  } as const;
  const rows = { train: "double", holdout: "double", synthetic: "double" } as const;
  const privacy = {
    definition: "string",
    epsilon: "double",
    delta: "double",
    rho: "double",
    unit: "string",
    unitRows: "double",
    totalEpsilon: "double",
    releases: "double",
  } as const;
  const run = {
    asked: "double",
    accepted: "double",
    attempts: "double",
    price: "double",
    ended: "string",
    source: "string",
  } as const;
  const lineage = { sourceGeneration: "double", anchored: "bool", realRows: "double", realShare: "double" } as const;
  const schemas = { score, scores, declared, rows, privacy, lineage, run };
  const environment = new Environment({ limits: { maxAstNodes: 500, maxDepth: 50 } });
  for (const [name, schema] of Object.entries(schemas)) environment.registerVariable({ name, schema } as never);
  environment.registerVariable("queries", "double");
  environment.registerVariable("judged", "string");
  environment.registerVariable("alpha", "double");
  const variables = [...Object.keys(schemas), "queries", "judged", "alpha"];

  return {
    compile(text) {
      if (text.length > MAX_CHARACTERS) return { wrong: `is longer than ${MAX_CHARACTERS} characters` };
      const checked = environment.check(text);
      if (!checked.valid) {
        const message = (checked.error?.message ?? "is no expression").split("\n")[0] as string;
        const [, name] = /^(?:No such key|Unknown variable): (\w+)$/.exec(message) ?? [];
        if (name === undefined) return { wrong: plainly(message) };
        return { wrong: `names an unknown "${name}"`, name, known: knownBeside(name, text, { ...schemas, variables }) };
      }
      if (String(checked.type) !== "bool")
        return { wrong: `is ${String(checked.type)}, and a rule must be true or false` };
      const run = environment.parse(text);
      return {
        text,
        paths: pathsOf(text),
        comparison: comparisonOf(text),
        evaluate: (scope) => run(scope as never) === true,
      };
    },
  };
}

/** What the checker of expressions says, for those who do not know its types. */
function plainly(message: string): string {
  const [, left, , right] = /^no such overload: (\w+) (\S+) (\w+)$/.exec(message) ?? [];
  const kinds: Readonly<Record<string, string>> = {
    double: "a number",
    int: "a number",
    string: "a text",
    bool: "true or false",
  };
  if (left !== undefined && right !== undefined && kinds[left] !== undefined && kinds[right] !== undefined)
    return `compares ${kinds[left]} with ${kinds[right]}${[left, right].includes("string") ? "; write numbers without quotes" : ""}`;
  if (/EOF/.test(message)) return "ends too early";
  return `is no rule: ${message}`;
}

/** A metric's name as a word of the language. */
export function identifierOf(metric: string): string {
  return metric.replaceAll("-", "_");
}

/** What is held when this comparison is not: of `fail: a < b` the wish is `a >= b`. */
export function opposite(op: Op): Op {
  return ({ ">=": "<", "<=": ">", ">": "<=", "<": ">=" } as const)[op];
}

function pathsOf(text: string): readonly string[] {
  const plain = text.replace(/"[^"]*"|'[^']*'/g, '""');
  return [...new Set(plain.match(/\b(?:scores?|declared|rows|privacy|lineage|run|queries|judged)\b(?:\.\w+)*/g) ?? [])];
}

function comparisonOf(text: string): Comparison | undefined {
  const [, bound, op, threshold] =
    /^\s*score\.((?:ceiling\.|floor\.|difference\.|normalised\.)?(?:value|low|high|p|pHolm))\s*(>=|<=|>|<)\s*(-?\d+(?:\.\d+)?(?:e-?\d+)?)\s*$/.exec(
      text,
    ) ?? [];
  if (bound === undefined || op === undefined || threshold === undefined) return undefined;
  return { bound, op: op as Op, threshold: Number(threshold) };
}

/** The names that could have stood where an unknown one stands. */
function knownBeside(
  name: string,
  text: string,
  names: {
    readonly score: object;
    readonly scores: object;
    readonly declared: object;
    readonly rows: object;
    readonly privacy: object;
    readonly lineage: object;
    readonly run: object;
    readonly variables: readonly string[];
  },
): readonly string[] {
  const before = new RegExp(`(\\w+)\\s*\\.\\s*${name}\\b`).exec(text)?.[1];
  if (before === undefined) return names.variables;
  if (before === "scores") return Object.keys(names.scores);
  if (before === "declared") return Object.keys(names.declared);
  if (before === "rows") return Object.keys(names.rows);
  if (before === "privacy") return Object.keys(names.privacy);
  if (before === "lineage") return Object.keys(names.lineage);
  if (before === "run") return Object.keys(names.run);
  return ["ceiling", "floor", "difference", "normalised"].includes(before) ? Object.keys(interval) : Object.keys(score);
}

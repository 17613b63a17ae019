import { z } from "zod";
import { nearest, suggest } from "../math/nearest-name.ts";
import type { StepConfiguration } from "./recipe.ts";
import { type Pointer, recipeProblem } from "./recipe-places.ts";

/** The kinds of steps, each named by the key that a step of it has. */
export const STEP_KINDS = ["sampler", "expression", "call", "check", "deduplicate", "command", "run"] as const;
export type StepKind = Exclude<(typeof STEP_KINDS)[number], "command" | "run"> | "own";

const SAMPLERS = [
  "category",
  "subcategory",
  "uniform",
  "integer",
  "gaussian",
  "poisson",
  "binomial",
  "bernoulli",
  "date",
  "person",
  "uuid",
] as const;
const MODES = ["json-schema", "tool", "json", "grammar", "prompt"] as const;

const word = z.string().min(1).max(200);
const template = z.string().min(1).max(500_000);
const jsonMap = z.record(z.string(), z.json());
const parameters = z.strictObject({
  temperature: z.number().min(0).max(10).optional(),
  topP: z.number().gt(0).max(1).optional(),
  maxTokens: z.int().min(1).max(10_000_000).optional(),
  stop: z.array(z.string().min(1)).max(16).optional(),
  seed: z.int().min(0).optional(),
  extra: jsonMap.optional(),
});
const budget = z.strictObject({
  money: z.number().min(0).optional(),
  tokens: z.int().min(1).optional(),
  calls: z.int().min(1).optional(),
  seconds: z.number().gt(0).optional(),
});
const model = z.strictObject({
  provider: z.enum(["openai", "anthropic", "gemini", "local", "replay"]),
  model: word,
  baseUrl: z.string().optional(),
  apiKey: z.union([z.strictObject({ env: word }), z.strictObject({ file: word })]).optional(),
  parameters: parameters.optional(),
  concurrency: z.int().min(1).max(10_000).optional(),
  requestsPerMinute: z.number().gt(0).optional(),
  tokensPerMinute: z.number().gt(0).optional(),
  timeoutSeconds: z.number().gt(0).max(86_400).optional(),
  tries: z.int().min(1).max(100).optional(),
  hedge: z.number().gt(0).lt(1).optional(),
  structured: z.array(z.enum(MODES)).min(1).optional(),
  batch: z.boolean().optional(),
  recording: word.optional(),
});
const source = z.strictObject({
  from: word,
  query: z.string().min(1).optional(),
  key: word.optional(),
  permission: z.string().optional(),
  order: z.enum(["as-is", "shuffled"]).optional(),
  repeat: z.boolean().optional(),
});
const recipe = z.strictObject({
  format: z.literal("counterfoil-text/1"),
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/, "want letters, digits and hyphens, at most 64"),
  description: z.string().max(10_000).optional(),
  version: z.int().min(1).optional(),
  seed: z.int().min(0).optional(),
  models: z.record(z.string(), model).optional(),
  source: source.optional(),
  rows: z.union([z.int().min(1).max(100_000_000), z.literal("all")]).optional(),
  mostAttempts: z.int().min(1).max(1_000_000_000).optional(),
  steps: z.array(z.unknown()).min(1).max(500),
  export: z
    .array(z.union([word, z.record(z.string(), z.string())]))
    .min(1)
    .max(500)
    .optional(),
  budget: budget.optional(),
  policy: word.optional(),
  prices: word.optional(),
});

const weights = z.record(z.string(), z.number());
const finite = z.number();
const samplers = {
  category: { values: z.union([z.array(z.json()), weights]) },
  subcategory: { of: word, values: z.record(z.string(), z.union([z.array(z.json()), weights])) },
  uniform: { low: finite, high: finite, decimals: z.int().min(0).max(12).optional() },
  integer: { low: z.int(), high: z.int() },
  gaussian: {
    mean: finite,
    stddev: finite,
    low: finite.optional(),
    high: finite.optional(),
    decimals: z.int().min(0).max(12).optional(),
  },
  poisson: { rate: finite },
  binomial: { trials: z.int(), chance: finite },
  bernoulli: { chance: finite },
  date: { low: z.string(), high: z.string() },
  person: { locale: word.optional(), age: z.tuple([z.int(), z.int()]).optional() },
  uuid: {},
} as const satisfies Readonly<Record<(typeof SAMPLERS)[number], z.ZodRawShape>>;

const named = { name: z.string() };
const conditional = { ...named, if: z.string().min(1).optional() };
const call = {
  ...conditional,
  call: z.enum(["text", "structured", "code", "judge", "embedding"]),
  model: word.optional(),
  prompt: template,
};
const chat = {
  ...call,
  system: template.optional(),
  examples: z
    .array(z.strictObject({ user: template, assistant: template }))
    .max(100)
    .optional(),
  parameters: parameters.optional(),
  asksAgain: z.int().min(0).max(20).optional(),
};
const anySchema = z.custom<object>(
  (value) => value !== null && typeof value === "object" && !Array.isArray(value),
  "want a JSON Schema",
);
const calls = {
  text: z.strictObject({ ...chat, mayBeCut: z.boolean().optional() }),
  structured: z.strictObject({ ...chat, schema: anySchema }),
  code: z.strictObject({ ...chat, language: word.optional(), mayBeCut: z.boolean().optional() }),
  judge: z.strictObject({
    ...chat,
    rubric: z
      .record(z.string(), z.string().min(1))
      .refine((rubric) => Object.keys(rubric).length > 0, "want what is scored: name: what it means"),
    scale: z.tuple([z.int(), z.int()]).optional(),
  }),
  embedding: z.strictObject({ ...call, dimensions: z.int().min(1).max(100_000).optional() }),
} as const;
const checkParts = z.strictObject({
  expression: z.string().min(1).optional(),
  cell: word.optional(),
  matches: z.string().min(1).max(2000).optional(),
  words: z.tuple([z.int().min(0), z.int().min(0)]).optional(),
  schema: jsonMap.optional(),
  parses: z.enum(["json", "javascript"]).optional(),
});
const check = z.strictObject({
  ...conditional,
  check: z.union([z.string().min(1), checkParts]),
  because: z.string().optional(),
});
const deduplicate = z.strictObject({
  ...named,
  deduplicate: z.array(word).min(1),
  exactly: z.boolean().optional(),
});
const reads = z.array(word).optional();
const command = z.strictObject({ ...conditional, command: z.array(z.string()).min(1).max(1000), reads });
const run = z.strictObject({
  ...conditional,
  run: z.custom<() => unknown>((value) => typeof value === "function", "want a function; in a file, write `command`"),
  reads,
});
const expression = z.strictObject({ ...named, expression: template });

/** Checks that every key is known and every value of its kind.
 * @throws {InvalidArgument} names the place, what is there, what is wanted, and the nearest key for one that does not exist */
export function checkShape(data: unknown): void {
  if (data === null || typeof data !== "object" || Array.isArray(data))
    throw recipeProblem({ in: {} }, data === null ? "the recipe is empty" : "a recipe is a map of keys and values");
  checkPart(data, { shape: recipe, title: "the recipe" });
  const { steps } = data as { readonly steps: readonly unknown[] };
  steps.forEach((step, i) => {
    checkStep(step, { steps, i });
  });
}

/** The kind of a step whose shape was checked. */
export function kindOf(step: StepConfiguration): StepKind {
  const key = STEP_KINDS.find((key) => key in step) as (typeof STEP_KINDS)[number];
  return key === "command" || key === "run" ? "own" : key;
}

function checkStep(step: unknown, place: { readonly steps: readonly unknown[]; readonly i: number }): void {
  const { steps, i } = place;
  if (step === null || typeof step !== "object" || Array.isArray(step))
    throw recipeProblem({ in: steps, key: i }, `step ${i + 1} is no map of keys and values`);
  const name = "name" in step && typeof step.name === "string" ? step.name : undefined;
  const title = name === undefined ? `step ${i + 1}` : `step "${name}"`;
  const kinds = STEP_KINDS.filter((kind) => kind in step);
  const [kind, other] = kinds;
  if (kind === undefined) {
    const near = Object.keys(step)
      .filter((key) => key !== "name")
      .map((key) => [key, nearest(key, STEP_KINDS)] as const)
      .find(([, near]) => near !== undefined);
    if (near !== undefined)
      throw recipeProblem(
        { in: step, key: near[0] },
        `${title} has an unknown key "${near[0]}"; did you mean "${near[1]}"?`,
      );
    throw recipeProblem({ in: step }, `${title} does not say what it is: want one of ${STEP_KINDS.join(", ")}`);
  }
  if (other !== undefined)
    throw recipeProblem({ in: step, key: other }, `${title} is both ${kind} and ${other}: make two steps of it`);
  if (kind === "sampler") checkSamplerStep(step as { readonly sampler: unknown }, title);
  else if (kind === "call") {
    const which = (step as { readonly call: unknown }).call;
    if (typeof which !== "string" || !(which in calls))
      throw recipeProblem(
        { in: step, key: "call" },
        `${title}: call is ${shown(which)}${suggestOf(which, Object.keys(calls))}`,
      );
    checkPart(step, { shape: calls[which as keyof typeof calls], title, kind: `${which} call` });
  } else checkPart(step, { shape: { expression, check, deduplicate, command, run }[kind], title, kind });
}

function checkSamplerStep(step: { readonly sampler: unknown }, title: string): void {
  const which = step.sampler as (typeof SAMPLERS)[number];
  if (typeof which !== "string" || !SAMPLERS.includes(which))
    throw recipeProblem(
      { in: step, key: "sampler" },
      `${title}: sampler is ${shown(which)}${suggestOf(which, SAMPLERS)}`,
    );
  const own: z.ZodRawShape = samplers[which];
  const when = z.array(z.looseObject({ condition: z.string().min(1) })).min(1);
  const head = { ...named, sampler: z.string(), when: when.optional() };
  const cases: unknown = "when" in step ? step.when : undefined;
  checkPart(step, { shape: z.strictObject({ ...head, ...own }), title, kind: `${which} sampler` });
  const partial = z.strictObject({ condition: z.string().min(1), ...z.object(own).partial().shape });
  for (const item of (cases as readonly object[] | undefined) ?? [])
    checkPart(item, { shape: partial, title: `${title}: when`, kind: `${which} sampler` });
}

/** @throws {InvalidArgument} the first thing that is wrong with it, a misspelt key before what is missing because of it */
function checkPart(
  data: object,
  part: { readonly shape: z.ZodObject; readonly title: string; readonly kind?: string },
): void {
  const result = part.shape.safeParse(data);
  if (result.success) return;
  const issues = result.error.issues.map(innermost);
  const issue = (issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0]) as z.core.$ZodIssue;
  const pointer = pointerTo(data, issue.path);
  const where = nameOf(issue.path, part.title);
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0] as string;
    const holder = valueAt(data, issue.path) as object;
    const known = keysAt(part.shape, issue.path);
    const of =
      part.kind !== undefined && issue.path.length === 0
        ? ` (${/^[aeo]/.test(part.kind) ? "an" : "a"} ${part.kind})`
        : "";
    throw recipeProblem({ in: holder, key }, `${where}${of} has an unknown key "${key}"${suggest(key, known)}`);
  }
  const got = valueAt(data, issue.path);
  if (issue.path.includes("apiKey"))
    throw recipeProblem(
      pointer,
      `${nameOf(issue.path.slice(0, issue.path.indexOf("apiKey") + 1), part.title)} says where the key is, never the key itself: want { env: NAME_OF_A_VARIABLE } or { file: path }`,
    );
  if (got === undefined) throw recipeProblem(pointer, `${where} is missing: ${wanted(issue)}`);
  const candidates = issue.code === "invalid_value" ? issue.values.map(String) : [];
  const hint = typeof got === "string" && candidates.length > 1 ? suggest(got, candidates) : `: ${wanted(issue)}`;
  // YAML takes what begins with {{ for a map in a map.
  const braces = got !== null && typeof got === "object" && /^\{"(?:\{|\[object)/.test(JSON.stringify(got));
  if (braces) throw recipeProblem(pointer, `${where} begins with {{: put it in quotes, or write it as a block after |`);
  throw recipeProblem(pointer, `${where} is ${shown(got)}${hint}`);
}

/** Of a choice of shapes, what is wrong with the one that came closest. */
function innermost(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== "invalid_union") return issue;
  const deep = issue.errors
    .flat()
    .map(innermost)
    .filter(({ path, code }) => path.length > 0 || code === "unrecognized_keys");
  const [first] = deep;
  if (first === undefined) {
    const wants = issue.errors.flat().map((inner) => wanted(innermost(inner)).replace(/^want /, ""));
    return { ...issue, code: "custom", message: `want ${[...new Set(wants)].join(" or ")}` } as z.core.$ZodIssue;
  }
  return { ...first, path: [...issue.path, ...first.path] } as z.core.$ZodIssue;
}

function wanted(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_value") return `want ${issue.values.map((value) => `"${String(value)}"`).join(" or ")}`;
  if (issue.message.startsWith("want ")) return issue.message;
  const [, expected = issue.message] = /expected (.*?)(?:, received.*)?$/.exec(issue.message) ?? [];
  const [, kind = expected, , bound] = /^(\w+)( to (?:be|have) (.*))?$/.exec(expected) ?? [];
  return `want ${PLAIN[kind] ?? kind}${bound === undefined ? "" : ` ${bound.replace(/^([<>]=?)/, "$1 ")}`}`;
}

const PLAIN: Readonly<Record<string, string>> = {
  record: "a map",
  object: "a map",
  array: "a list",
  tuple: "a pair",
  int: "a whole number",
  number: "a number",
  string: "a text",
  boolean: "true or false",
};

function nameOf(path: readonly PropertyKey[], title: string): string {
  if (path.length === 0) return title;
  const [first, second, ...rest] = path;
  if (title === "the recipe" && first === "models" && second !== undefined)
    return [`model "${String(second)}"`, ...(rest.length > 0 ? [rest.map(String).join(".")] : [])].join(": ");
  return title === "the recipe" ? path.map(String).join(".") : `${title}: ${path.map(String).join(".")}`;
}

/** What holds the last part of a path, and the key in it; as far as the path goes. */
function pointerTo(data: object, path: readonly PropertyKey[]): Pointer {
  let holder: object = data;
  for (const [i, key] of path.entries()) {
    const next = (holder as Record<PropertyKey, unknown>)[key];
    if (i === path.length - 1) return next === undefined ? { in: holder } : { in: holder, key };
    if (next === null || typeof next !== "object") return { in: holder, key };
    holder = next;
  }
  return { in: holder };
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  let value = data;
  for (const key of path) {
    if (value === null || typeof value !== "object") return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

/** The keys that a shape knows at a path. */
function keysAt(shape: z.ZodType, path: readonly PropertyKey[]): string[] {
  let at: z.ZodType = shape;
  for (const key of path) {
    at = bare(at);
    if (at instanceof z.ZodObject) at = at.shape[key as string] as z.ZodType;
    else if (at instanceof z.ZodArray) at = at.element as z.ZodType;
    else if (at instanceof z.ZodRecord) at = at.valueType as z.ZodType;
    else break;
  }
  at = bare(at);
  if (at instanceof z.ZodObject) return Object.keys(at.shape);
  const options = at instanceof z.ZodUnion ? (at.options as readonly z.ZodType[]) : [];
  return options.flatMap((option) => (option instanceof z.ZodObject ? Object.keys(option.shape) : []));
}

function bare(shape: z.ZodType): z.ZodType {
  return shape instanceof z.ZodOptional ? bare(shape.unwrap() as z.ZodType) : shape;
}

function suggestOf(got: unknown, candidates: readonly string[]): string {
  return typeof got === "string" ? suggest(got, candidates) : `: want one of ${candidates.join(", ")}`;
}

function shown(value: unknown): string {
  if (typeof value === "function") return "a function";
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

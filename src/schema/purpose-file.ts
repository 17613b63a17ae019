import { LineCounter, type Node, parseDocument } from "yaml";
import { z } from "zod";
import { InvalidArgument } from "../errors.ts";
import { nearest } from "../math/nearest-name.ts";
import type { Analysis, Purpose } from "./purpose.ts";

const columns = z.array(z.string().min(1)).max(1000);
const purposeFile = z.strictObject({
  format: z.literal("counterfoil-purpose/1"),
  target: z.string().optional(),
  targetLeaks: columns.optional(),
  survival: z.strictObject({ time: z.string(), event: z.string() }).optional(),
  analyses: z.array(z.string()).max(100).optional(),
  quasiIdentifiers: columns.optional(),
  sensitive: columns.optional(),
  protectedAttributes: columns.optional(),
  population: z.number().int().min(1).optional(),
});

/** Reads a purpose file.
 * @param text YAML, `format: counterfoil-purpose/1`
 * @param file its name, for messages
 * @throws {InvalidArgument} not YAML, an unknown key (with the line and the nearest name), a formula that is none */
export function parsePurpose(text: string, file: string): Partial<Purpose> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const problem = (words: string, at?: number): InvalidArgument =>
    new InvalidArgument(
      "invalid-purpose",
      `Purpose ${file}${at === undefined ? "" : `, line ${lines.linePos(at).line}`}: ${words}.`,
      { advice: "Mend the file; docs/purpose.md lists every key." },
    );
  const [broken] = document.errors;
  if (broken) throw problem(`is not YAML: ${broken.message}`, broken.pos[0]);
  const parsed = purposeFile.safeParse(document.toJS({ maxAliasCount: 100 }));
  if (!parsed.success) {
    // A misspelt key is why its right form is missing.
    const { issues } = parsed.error;
    const issue = (issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0]) as z.core.$ZodIssue;
    const unknown = issue.code === "unrecognized_keys" ? (issue.keys[0] as string) : undefined;
    const path = unknown === undefined ? issue.path : [...issue.path, unknown];
    const node = path.length > 0 ? (document.getIn(path, true) as Node | undefined) : undefined;
    const at = node?.range?.[0];
    if (unknown !== undefined) {
      const known = Object.keys(issue.path[0] === "survival" ? { time: 0, event: 0 } : purposeFile.shape);
      const close = nearest(unknown, known);
      throw problem(
        `has an unknown key "${unknown}"${close ? `; did you mean "${close}"?` : "."} There are: ${known.join(", ")}`,
        at,
      );
    }
    throw problem(`${path.map(String).join(".") || "the file"}: ${issue.message}`, at);
  }
  const { format: _, analyses, ...rest } = parsed.data;
  const declared = Object.entries({ ...rest, analyses: analyses?.map(parseAnalysis) });
  return Object.fromEntries(declared.filter(([, value]) => value !== undefined)) as Partial<Purpose>;
}

/** Reads a regression: `ols: y ~ a + b`, `logistic: died ~ age + sex`, `cox: days, died ~ age + sex`.
 * @throws {InvalidArgument} it has another form */
export function parseAnalysis(formula: string): Analysis {
  const wrong = (words: string): InvalidArgument =>
    new InvalidArgument("invalid-formula", `The analysis "${formula}" ${words}.`, {
      advice: 'Write "ols: cost ~ age + sex", "logistic: died ~ age + sex" or "cox: days, died ~ age + sex".',
    });
  const [, family, left, right] = /^\s*([\w-]+)\s*:\s*([^~]+)~([^~]+)$/.exec(formula) ?? [];
  if (family === undefined || left === undefined || right === undefined) throw wrong("is no formula");
  if (family !== "ols" && family !== "logistic" && family !== "cox") {
    const close = nearest(family, ["ols", "logistic", "cox"]);
    throw wrong(`has the unknown family "${family}"${close ? ` (did you mean "${close}"?)` : ""}`);
  }
  const predictors = right.split("+").map((name) => name.trim());
  const [outcome = "", event, ...more] = left.split(",").map((name) => name.trim());
  if (predictors.some((name) => name === "")) throw wrong("has an empty predictor");
  if (outcome === "" || more.length > 0) throw wrong("has no single outcome");
  const named = [outcome, ...(event === undefined ? [] : [event]), ...predictors];
  if (new Set(named).size < named.length) throw wrong("names a column twice");
  if (family === "cox" && (event === undefined || event === "")) throw wrong("names no event beside the time");
  if (family !== "cox" && event !== undefined) throw wrong("has two outcomes");
  return { family, outcome, predictors, ...(event === undefined ? {} : { event }) };
}

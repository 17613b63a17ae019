import { readFile } from "node:fs/promises";
import { columnOf, type Table } from "../data/table.ts";
import { InvalidArgument } from "../errors.ts";
import { fileError } from "../runs/file-error.ts";
import { noPurpose, type Purpose } from "../schema/purpose.ts";
import { parseAnalysis, parsePurpose } from "../schema/purpose-file.ts";
import { schemaOf, type TableSchema } from "../schema/schema.ts";
import { chooseTarget } from "./target.ts";

/** The word that asks for test cases beside the ordinary rows, in the place of a file; a file of that name is written ./test. */
export const TEST_PURPOSE = "test";

/** What a caller may declare of a table's use, as flags or in a file; a flag wins. */
export interface PurposeOptions {
  /** Path of a purpose YAML; `synthesize` also takes the word "test" ({@link TEST_PURPOSE}). */
  readonly purpose?: string | undefined;
  readonly target?: string | undefined;
  readonly targetLeaks?: readonly string[] | undefined;
  /** Two columns: the time until an event, and whether it happened. */
  readonly survival?: readonly [time: string, event: string] | undefined;
  /** `ols: y ~ a + b`, `logistic: …`, `cox: time, event ~ a + b`. */
  readonly analyses?: readonly string[] | undefined;
  readonly quasiIdentifiers?: readonly string[] | undefined;
  readonly sensitive?: readonly string[] | undefined;
  readonly protectedAttributes?: readonly string[] | undefined;
  /** People that the real rows were drawn from. */
  readonly population?: number | undefined;
}

/** Reads the declared purpose, before any table is read.
 * @throws {InvalidArgument} there is no such file, it is not a purpose, a formula has another form */
export async function declaredPurpose(options: PurposeOptions): Promise<Purpose> {
  if (options.purpose === TEST_PURPOSE)
    throw new InvalidArgument("bad-purpose", `Test cases are made with a table, and here one is only judged.`, {
      advice: "Only counterfoil synthesize makes them. A purpose file of that name is written ./test.",
    });
  const file = options.purpose === undefined ? {} : parsePurpose(await textOf(options.purpose), options.purpose);
  const flags: Partial<Purpose> = Object.fromEntries(
    Object.entries({
      target: options.target,
      targetLeaks: options.targetLeaks,
      survival: options.survival && { time: options.survival[0], event: options.survival[1] },
      analyses: options.analyses?.map(parseAnalysis),
      quasiIdentifiers: options.quasiIdentifiers,
      sensitive: options.sensitive,
      protectedAttributes: options.protectedAttributes,
      population: options.population,
    }).filter(([, value]) => value !== undefined),
  );
  return { ...noPurpose, ...file, ...flags };
}

/** Checks a purpose against the table, and guesses the target where none is declared.
 * @throws {InvalidArgument} a column that does not exist or carries nothing to judge, one that is both quasi-identifier and sensitive */
export function checkPurpose(
  declared: Purpose,
  options: { readonly table: Table; readonly schema: TableSchema; readonly notice: (message: string) => void },
): Purpose {
  const { table, schema } = options;
  const purpose: Purpose = {
    ...declared,
    targetLeaks: separated(table, declared.targetLeaks),
    quasiIdentifiers: separated(table, declared.quasiIdentifiers),
    sensitive: separated(table, declared.sensitive),
    protectedAttributes: separated(table, declared.protectedAttributes),
  };
  const roles: readonly (readonly [role: string, names: readonly string[]])[] = [
    ["survival", purpose.survival ? [purpose.survival.time, purpose.survival.event] : []],
    ...purpose.analyses.map(
      (analysis) =>
        [
          "analysis",
          [analysis.outcome, ...(analysis.event === undefined ? [] : [analysis.event]), ...analysis.predictors],
        ] as const,
    ),
    ["quasi-identifiers", purpose.quasiIdentifiers],
    ["sensitive", purpose.sensitive],
    ["protected", purpose.protectedAttributes],
  ];
  for (const [role, names] of roles)
    for (const name of names) {
      columnUnder(role, { table, name });
      const { kind, drop } = schemaOf(schema, name);
      if (drop || kind === "identifier" || kind === "text")
        throw new InvalidArgument(
          "bad-purpose",
          `"${name}" is declared under ${role}, but it is ${drop ? "dropped" : `of kind "${kind}"`} and not judged.`,
          { advice: "Take it out of the purpose, or give the column another kind in a schema file." },
        );
    }
  const both = purpose.quasiIdentifiers.find((name) => purpose.sensitive.includes(name));
  if (both !== undefined)
    throw new InvalidArgument("bad-purpose", `"${both}" is declared a quasi-identifier and sensitive.`, {
      advice: "Name it where it matters more: known to an attacker, or not to become known.",
    });
  return { ...purpose, target: chooseTarget(table, schema, { ...purpose, notice: options.notice }) };
}

/** @throws {InvalidArgument} there is no such column; the message says what it was declared for */
function columnUnder(role: string, of: { readonly table: Table; readonly name: string }): void {
  try {
    columnOf(of.table, of.name);
  } catch (error) {
    if (!(error instanceof InvalidArgument)) throw error;
    throw new InvalidArgument(error.code, `Declared under ${role}: ${error.message}`, {
      ...(error.advice === undefined ? {} : { advice: error.advice }),
      cause: error,
    });
  }
}

/** Names that were written with commas between them, as people do, are taken apart, unless a column is called so. */
function separated(table: Table, names: readonly string[]): readonly string[] {
  const known = new Set(table.columns.map(({ name }) => name));
  return names.flatMap((name) => (known.has(name) ? [name] : name.split(",").map((part) => part.trim())));
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT")
      throw new InvalidArgument("no-such-file", `There is no purpose file ${path}.`, {
        advice: "docs/purpose.md shows one.",
      });
    throw fileError(error, { doing: "reading the purpose", path });
  }
}

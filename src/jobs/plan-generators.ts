import { concatRows, type Table } from "../data/table.ts";
import { InvalidArgument, Unsupported } from "../errors.ts";
import type { Executor } from "../executors/executor.ts";
import { backOffGenerator } from "../hybrid/planner/back-off-generator.ts";
import type { PilotGenerator } from "../hybrid/planner/student.ts";
import { applySchema, type SchemaOverride } from "../schema/file.ts";
import { inferSchema } from "../schema/infer.ts";
import type { TableSchema } from "../schema/schema.ts";
import { fitTable } from "../synthesizers/fit-table.ts";
import { synthesizerNamed } from "../synthesizers/index.ts";
import type { PlanOptions } from "./plan-options.ts";
import { optionsFor } from "./synthesizer-options.ts";

/** Fits in well under a second at every size of a pilot; of seven that do, its rows harmed a student of Adult least up to 500 rows. */
const SYNTHESIZER = "gaussian-copula";

/** A built-in generator as plain data, so that a worker thread can make it. */
export type GeneratorDescription =
  | SynthesizerDescription
  | { readonly kind: "back-off"; readonly text: readonly string[]; readonly target: string };

interface SynthesizerDescription {
  readonly kind: "synthesizer";
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly target: string | undefined;
  /** What the columns mean: their kinds are taken from it and nothing else, for the rest tells of rows that the generator must not see. */
  readonly schema: TableSchema;
  /** What a person declared. */
  readonly override: SchemaOverride | undefined;
}

/** The built-in generator for a table.
 * @throws {InvalidArgument} no such synthesizer or option
 * @throws {Unsupported} one with a privacy guarantee: a pilot would spend the budget many times over */
export function describeGenerator(
  options: PlanOptions,
  of: { readonly schema: TableSchema; readonly override: SchemaOverride | undefined },
): GeneratorDescription {
  if (options.text) {
    if (options.synthesizer !== undefined)
      throw new InvalidArgument("conflicting-options", "A synthesizer makes tables, and not texts.", {
        advice:
          "Leave --synthesizer out (texts are then made by n-grams with back-off), or give a command with --generate.",
      });
    if (options.target === undefined)
      throw new InvalidArgument("no-target", "Texts are made for each class, and nobody said which column holds it.", {
        advice: "Name it with --target, or give a command with --generate.",
      });
    return { kind: "back-off", text: options.text, target: options.target };
  }
  const synthesizer = synthesizerNamed(options.synthesizer ?? SYNTHESIZER);
  if (synthesizer.guarantee === "dp")
    throw new Unsupported(
      "private-pilot",
      `The synthesizer "${synthesizer.name}" spends a privacy budget at each fit, and a pilot fits it many times.`,
      { advice: "Plan with a synthesizer without a guarantee, or give a command of your own with --generate." },
    );
  const given = options.synthesizerOptions ?? {};
  optionsFor(synthesizer, given, { target: options.target });
  return { kind: "synthesizer", name: synthesizer.name, options: given, target: options.target, ...of };
}

/** What a generator is called. */
export function generatorName(description: GeneratorDescription): string {
  return description.kind === "back-off" ? backOffGenerator(description).name : description.name;
}

/** The generator of a description. */
export function generatorOf(description: GeneratorDescription, executor: Executor): PilotGenerator {
  if (description.kind === "back-off") return backOffGenerator(description);
  const { name, options, target, schema, override } = description;
  return {
    name,
    async generate(real, rows, { random, signal }) {
      const synthesizer = synthesizerNamed(name);
      const fitted = await fitTable(real, {
        schema: kindsOf(real, { target, schema, override }),
        synthesizer,
        options: optionsFor(synthesizer, options, { target }),
        random,
        executor,
        signal,
      });
      const chunks: Table[] = [];
      for await (const chunk of fitted.sample(rows, { random: random.split("sample"), executor, signal }))
        chunks.push(chunk);
      return concatRows(chunks);
    },
  };
}

/** The rows described by themselves, but for what is known of the columns beforehand. A column with one value in these rows stays constant. */
function kindsOf(real: Table, of: Pick<SynthesizerDescription, "target" | "schema" | "override">): TableSchema {
  const inferred = inferSchema(real, of.target === undefined ? {} : { target: of.target });
  const names = new Set(inferred.columns.map(({ name }) => name));
  const changes = of.schema.columns.flatMap(({ name, kind, order }) => {
    const own = inferred.columns.find((column) => column.name === name);
    return own && own.kind !== "constant" && own.kind !== kind
      ? [{ name, kind, ...(order ? { order: [...order] } : {}) }]
      : [];
  });
  const known = applySchema(
    inferred,
    { format: "counterfoil-schema/1", columns: changes, path: "the training table" },
    real,
  );
  if (!of.override) return known;
  return applySchema(
    known,
    { ...of.override, columns: of.override.columns.filter(({ name }) => names.has(name)) },
    real,
  );
}

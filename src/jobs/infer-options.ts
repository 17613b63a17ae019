import { InvalidArgument } from "../errors.ts";
import { METHODS, type MethodName } from "../hybrid/estimation/estimation.ts";
import { type Formula, parseFormula } from "../hybrid/formula/formula.ts";
import type { FamilyName } from "../hybrid/formula/outcome.ts";
import type { Synthesis } from "../hybrid/infer-result.ts";
import { suggest } from "../math/nearest-name.ts";
import type { JobEvents } from "./job.ts";

export interface InferOptions {
  /** A table: rows with an outcome are labelled units, those without are unlabelled ones. */
  readonly labelled: string;
  /** "y ~ x1 + x2" */
  readonly formula: string;
  /** Default: guessed from the outcome. */
  readonly family?: FamilyName | undefined;
  /** Of the quantile; default .5. */
  readonly probability?: number | undefined;
  /** Another table of unlabelled units, with the same columns but the outcome. */
  readonly unlabelled?: string | undefined;
  /** Column that says which unit a row is of; pairs synthetic rows with units. */
  readonly key?: string | undefined;
  /** Columns with a model's prediction of the outcome for every unit. */
  readonly proxies?: readonly string[] | undefined;
  /** With `key`: tables with a synthetic row for each unit. Without: tables from a synthesizer. */
  readonly synthetic?: readonly string[] | undefined;
  /** Without `key`: how the tables were made; default "fitted". */
  readonly synthesis?: Synthesis | undefined;
  /** Leave units out that a source has no complete row for, instead of stopping. */
  readonly dropUnpaired?: boolean | undefined;
  /** Column of survey weights, > 0. */
  readonly weights?: string | undefined;
  /** Column of strata within which units were labelled independently. */
  readonly strata?: string | undefined;
  /** Column with each labelled unit's known chance to be labelled. */
  readonly labellingChance?: string | undefined;
  /** Predict the outcome by models of the labelled rows themselves, though there are other sources. Default: where there are none. */
  readonly crossFit?: boolean | undefined;
  /** The estimate to go by; default: the control variate, or what it is refused for. */
  readonly method?: MethodName | undefined;
  /** Of the intervals; default .9. */
  readonly level?: number | undefined;
  readonly out?: string | undefined;
  readonly seed?: number | undefined;
  readonly threads?: number | undefined;
  readonly events?: JobEvents | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The formula, where options and formula are well formed; told before a file is read.
 * @throws {InvalidArgument} */
export function checkInferOptions(options: InferOptions): Formula {
  const { synthetic = [], key, synthesis, probability, family, level } = options;
  const wrong = (message: string, advice: string): InvalidArgument =>
    new InvalidArgument("bad-options", message, { advice });
  if (synthesis !== undefined && (synthetic.length === 0 || key !== undefined))
    throw wrong(
      "How tables were synthesised matters where they are given without a key only.",
      "Give --synthetic without --key, or leave --synthesis out.",
    );
  if (probability !== undefined && family !== "quantile")
    throw wrong("A probability belongs to a quantile.", "Add --family quantile.");
  for (const [what, value] of [
    ["level", level],
    ["probability", probability],
  ] as const)
    if (value !== undefined && !(value > 0 && value < 1))
      throw wrong(`The ${what} is ${value}; it lies between 0 and 1.`, `Give .9 for 90 %.`);
  if (options.method !== undefined && !METHODS.includes(options.method))
    throw new InvalidArgument(
      "unknown-method",
      `There is no method "${options.method}"${suggest(options.method, METHODS)}.`,
    );
  if (options.method === "naive-pooling")
    throw wrong(
      "Naive pooling gives no valid interval; it is shown beside the others only because it fails.",
      "Choose another method.",
    );
  return parseFormula(options.formula);
}

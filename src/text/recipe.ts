import type { Json, JsonSchema, ModelParameters } from "../llm/model.ts";
import type { ModelConfiguration } from "../llm/model-configuration.ts";
import type { CellContext, Row } from "./step.ts";

export type { ModelConfiguration };

/** A text recipe: one model behind YAML and TypeScript. The YAML has the same keys. */
export interface Recipe {
  readonly format: "counterfoil-text/1";
  /** Letters, digits and hyphens: names the folders of a run. */
  readonly name: string;
  readonly description?: string | undefined;
  /** Part of every call's key: raise it to have everything asked anew. Default 1. */
  readonly version?: number | undefined;
  /** Of samplers and of the source's order; never sent to a model. Default 0. */
  readonly seed?: number | undefined;
  readonly models?: Readonly<Record<string, ModelConfiguration>> | undefined;
  readonly source?: SourceConfiguration | undefined;
  /** Accepted rows that are wanted, or "all": one attempt for each source row, no refill. Default: "all" with a source. */
  readonly rows?: number | "all" | undefined;
  /** Attempts at most; default: 10 × rows, at least 100. */
  readonly mostAttempts?: number | undefined;
  /** In order: a check gates every model call and own step listed after it. */
  readonly steps: readonly StepConfiguration[];
  /** Cells that go into the release, in order; "name: expression" pairs may rename or compute. Default: every step that is no check. */
  readonly export?: readonly (string | Readonly<Record<string, string>>)[] | undefined;
  readonly budget?: Budget | undefined;
  /** Name of a built-in policy or path of one; default "text". */
  readonly policy?: string | undefined;
  /** Path of a price file that overrides the product's own. */
  readonly prices?: string | undefined;
}

/** Hard limits: a call that could pass one is not sent. */
export interface Budget {
  /** US dollars. */
  readonly money?: number | undefined;
  readonly tokens?: number | undefined;
  readonly calls?: number | undefined;
  /** Of this process, wall clock. */
  readonly seconds?: number | undefined;
}

export interface SourceConfiguration {
  /** A table (CSV, JSON, JSONL, Parquet, DuckDB, SQLite; also .gz), a folder of .txt and .md documents (columns "name" and "text"), or a bundle of this product. */
  readonly from: string;
  readonly query?: string | undefined;
  /** Column that names a row: which row is which survives an edit of its other cells. Default: the row's content. */
  readonly key?: string | undefined;
  /** Needed, in these words, before a cell of a real source row may stand in a prompt. A bundle of synthetic data needs none. */
  readonly permission?: typeof PERMISSION | undefined;
  readonly order?: "as-is" | "shuffled" | undefined;
  /** Start again at the first row when all were used; default true where `rows` is a number. */
  readonly repeat?: boolean | undefined;
}

export const PERMISSION = "real rows may be sent to the models";

export type StepConfiguration = SamplerStep | ExpressionStep | CallStep | CheckStep | DeduplicateStep | OwnStep;

interface Named {
  /** A word that CEL can name: letters, digits, underscores. */
  readonly name: string;
}

interface Conditional {
  /** CEL: only rows for which it is true run this step. For the others a cell is null, and a check has nothing to say. */
  readonly if?: string | undefined;
}

/** The samplers and what each of them takes. Every value is drawn from a stream of its row and step alone. */
export interface SamplerParameters {
  /** One of `values`, evenly, or with the weights that are given: label → weight. */
  readonly category: { readonly values: readonly Json[] | Readonly<Record<string, number>> };
  /** One of the values that belong to what step `of` drew. */
  readonly subcategory: {
    readonly of: string;
    readonly values: Readonly<Record<string, readonly Json[] | Readonly<Record<string, number>>>>;
  };
  /** A number from `low` to `high`; with `decimals` each of the rounded numbers from `low` to and with `high` is as likely as the next. */
  readonly uniform: { readonly low: number; readonly high: number; readonly decimals?: number | undefined };
  /** A whole number from `low` to and with `high`. */
  readonly integer: { readonly low: number; readonly high: number };
  /** A normal number; with `low` or `high`, given that it lies between them. */
  readonly gaussian: {
    readonly mean: number;
    readonly stddev: number;
    readonly low?: number | undefined;
    readonly high?: number | undefined;
    readonly decimals?: number | undefined;
  };
  readonly poisson: { readonly rate: number };
  readonly binomial: { readonly trials: number; readonly chance: number };
  /** True with probability `chance`. */
  readonly bernoulli: { readonly chance: number };
  /** A day from `low` to and with `high` (2024-01-31), or a second where both name one (2024-01-31T12:00:00Z). */
  readonly date: { readonly low: string; readonly high: string };
  /** Nobody: { name, firstName, lastName, sex, age, email, city } from the word lists of a locale; `age`: from and to, default 18 to 90. */
  readonly person: { readonly locale?: string | undefined; readonly age?: readonly [number, number] | undefined };
  /** In the form of version 4. */
  readonly uuid: object;
}

export type SamplerStep = {
  readonly [S in keyof SamplerParameters]: Named & { readonly sampler: S } & SamplerParameters[S] & {
      /** Other parameters where a condition in CEL holds; the first that does. */
      readonly when?: readonly ({ readonly condition: string } & Partial<SamplerParameters[S]>)[] | undefined;
    };
}[keyof SamplerParameters];

export interface ExpressionStep extends Named {
  /** CEL over "source" and other steps; a text with {{ … }} is a template. */
  readonly expression: string;
}

export interface CallStep extends Named, Conditional {
  readonly call: "text" | "structured" | "code" | "judge" | "embedding";
  /** A name under `models`; may be left out where there is one. */
  readonly model?: string | undefined;
  readonly system?: string | undefined;
  /** A template: {{ CEL }}. embedding: the text. */
  readonly prompt: string;
  /** Earlier turns, templates too. */
  readonly examples?: readonly { readonly user: string; readonly assistant: string }[] | undefined;
  /** structured: JSON Schema, or (TypeScript) a zod schema. */
  readonly schema?: JsonSchema | { readonly _zod: unknown } | undefined;
  /** code: as in the fence, e.g. "python". */
  readonly language?: string | undefined;
  /** judge: what the scores mean, by name; each is scored on `scale`. The cell: { reasoning, <name>: number, … }. */
  readonly rubric?: Readonly<Record<string, string>> | undefined;
  /** Default [1, 5]. */
  readonly scale?: readonly [number, number] | undefined;
  readonly parameters?: ModelParameters | undefined;
  /** Times it is asked again with the error when the answer does not fit; default 2. */
  readonly asksAgain?: number | undefined;
  /** text, code: an answer that ends at the token limit is kept; default false: its row is rejected. */
  readonly mayBeCut?: boolean | undefined;
  /** embedding: numbers in the vector. */
  readonly dimensions?: number | undefined;
}

export interface CheckStep extends Named, Conditional {
  /** The row stays where every part given holds. CEL: true or false. */
  readonly check:
    | string
    | {
        readonly expression?: string | undefined;
        /** The cell that the parts below look at. */
        readonly cell?: string | undefined;
        readonly matches?: string | undefined;
        readonly words?: readonly [number, number] | undefined;
        readonly schema?: JsonSchema | undefined;
        /** Parses as this language: json, javascript. */
        readonly parses?: "json" | "javascript" | undefined;
      };
  /** Told with each rejection. */
  readonly because?: string | undefined;
}

export interface DeduplicateStep extends Named {
  /** Cells that must not be equal in two accepted rows, after Unicode NFKC, lower case and single spaces; `exactly`: byte for byte. */
  readonly deduplicate: readonly string[];
  readonly exactly?: boolean | undefined;
}

export interface OwnStep extends Named, Conditional {
  /** A program and its arguments: gets one JSON line per row on its standard input, answers one JSON line in the same order: {"value": …} or {"reject": "why"}. */
  readonly command?: readonly string[] | undefined;
  /** TypeScript only. @returns the cell, or { reject: why } */
  readonly run?: ((row: Row, context: CellContext) => unknown) | undefined;
  /** Steps whose cells it reads, "source" for the source row. Default: the source and every step listed before it. */
  readonly reads?: readonly string[] | undefined;
}

/** Types a recipe written in TypeScript. */
export function defineRecipe(recipe: Omit<Recipe, "format">): Recipe {
  return { format: "counterfoil-text/1", ...recipe };
}

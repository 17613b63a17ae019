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

export interface SamplerStep extends Named {
  readonly sampler:
    | "category"
    | "subcategory"
    | "uniform"
    | "gaussian"
    | "poisson"
    | "binomial"
    | "bernoulli"
    | "integer"
    | "date"
    | "person"
    | "uuid"
    | "source";
  /** category: labels, or label → weight. subcategory: label of `of` → labels. */
  readonly values?: readonly Json[] | Readonly<Record<string, number | readonly Json[]>> | undefined;
  /** subcategory: the step whose label chooses the list. */
  readonly of?: string | undefined;
  readonly low?: number | string | undefined;
  readonly high?: number | string | undefined;
  readonly mean?: number | undefined;
  readonly stddev?: number | undefined;
  readonly rate?: number | undefined;
  readonly trials?: number | undefined;
  readonly chance?: number | undefined;
  readonly decimals?: number | undefined;
  /** person: a locale, e.g. "de". */
  readonly locale?: string | undefined;
  /** Other parameters where a condition in CEL holds; the first that does. */
  readonly when?:
    | readonly (Omit<Partial<SamplerStep>, "name" | "sampler" | "when"> & { readonly condition: string })[]
    | undefined;
}

export interface ExpressionStep extends Named {
  /** CEL over "source" and earlier steps; a text with {{ … }} is a template. */
  readonly expression: string;
}

export interface CallStep extends Named {
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
  /** embedding: numbers in the vector. */
  readonly dimensions?: number | undefined;
}

export interface CheckStep extends Named {
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

export interface OwnStep extends Named {
  /** A program and its arguments: gets one JSON line per row on its standard input, answers one JSON line in the same order: {"value": …} or {"reject": "why"}. */
  readonly command?: readonly string[] | undefined;
  /** TypeScript only. @returns the cell, or { reject: why } */
  readonly run?: ((row: Row, context: CellContext) => unknown) | undefined;
  readonly reads?: readonly string[] | undefined;
}

/** Types a recipe written in TypeScript. */
export function defineRecipe(recipe: Omit<Recipe, "format">): Recipe {
  return { format: "counterfoil-text/1", ...recipe };
}

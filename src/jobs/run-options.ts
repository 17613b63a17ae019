import type { Budget, Recipe } from "../text/recipe.ts";
import type { JobEvents } from "./job.ts";

/** What a run, a preview and an estimate have in common. */
export interface RecipeOptions {
  /** Path of a recipe (.yaml, or a module that exports `recipe`), or the recipe itself. */
  readonly recipe: string | Recipe;
  /** Folder that holds the journal and the rejected rows, and that a later run resumes from. Default: `<recipe name>-work` in the current folder. */
  readonly work?: string | undefined;
  /** In place of the recipe's own. */
  readonly rows?: number | "all" | undefined;
  readonly seed?: number | undefined;
  readonly budget?: Budget | undefined;
  /** Path of a price file, in place of the recipe's. */
  readonly prices?: string | undefined;
  /** For every model of the recipe, or for one by its name: as { writer: "gpt-4o" }. */
  readonly provider?: Overrides | undefined;
  readonly model?: Overrides | undefined;
  readonly baseUrl?: Overrides | undefined;
  /** Requests at a time, at most. */
  readonly concurrency?: Readonly<Record<string, number>> | number | undefined;
  /** Ask nothing: only what the journal holds. */
  readonly offline?: boolean | undefined;
  readonly events?: JobEvents | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type Overrides = string | Readonly<Record<string, string>>;

export interface RunRecipeOptions extends RecipeOptions {
  /** Folder of the bundle; must not exist. Default: `<recipe name>-synthetic` in the current folder. */
  readonly out?: string | undefined;
  /** Path of a policy YAML, or the name of a built-in one, in place of the recipe's. */
  readonly policy?: string | undefined;
  /** Write CSV beside Parquet and JSON lines. */
  readonly csv?: boolean | undefined;
  readonly signingKey?: string | undefined;
}

export interface PreviewOptions extends RecipeOptions {
  /** Rows that are made; default 5. */
  readonly preview?: number | undefined;
}

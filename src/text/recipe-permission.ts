import { InvalidArgument } from "../errors.ts";
import type { Caller } from "../llm/call.ts";
import type { Fields } from "./expression.ts";
import { PERMISSION, type Recipe } from "./recipe.ts";
import type { CompiledRecipe } from "./recipe-compile.ts";
import { placeOf } from "./recipe-places.ts";

/** Which columns of the source end in which cell. */
export interface SourceFlow {
  /** By step: columns that its cell depends on, through whatever steps, calls included. */
  readonly reaching: ReadonlyMap<string, readonly string[]>;
  /** By step: columns that its cell may hold as they are, because no model stands between. */
  readonly verbatim: ReadonlyMap<string, readonly string[]>;
}

/** Follows the columns of the source through the graph.
 * @param columns of the source, in order */
export function sourceFlow(compiled: CompiledRecipe, columns: readonly string[]): SourceFlow {
  const reaching = new Map<string, readonly string[]>();
  const verbatim = new Map<string, readonly string[]>();
  for (const { name, kind, fields } of compiled.steps) {
    reaching.set(name, columnsIn(fields, { columns, flow: reaching }));
    verbatim.set(name, kind === "call" ? [] : columnsIn(fields, { columns, flow: verbatim }));
  }
  return { reaching, verbatim };
}

/** The columns of the source that what takes these fields depends on, in the order of the source. */
export function columnsIn(
  fields: Fields,
  from: { readonly columns: readonly string[]; readonly flow: ReadonlyMap<string, readonly string[]> },
): readonly string[] {
  const { columns, flow } = from;
  const found = new Set<string>();
  for (const [name, taken] of Object.entries(fields)) {
    const some = name === "source" ? (taken === "all" ? columns : taken) : (flow.get(name) ?? []);
    for (const column of some) found.add(column);
  }
  return columns.filter((column) => found.has(column));
}

/** Real rows reach a model only where the recipe says so in words.
 * @param given isReal: whether a column of the source holds real cells
 * @throws {InvalidArgument} "permission-needed": a prompt holds what comes of a real source cell, and the recipe does not permit it */
export function checkPermission(
  recipe: Recipe,
  given: { readonly compiled: CompiledRecipe; readonly flow: SourceFlow; readonly isReal: (column: string) => boolean },
): void {
  if (recipe.source === undefined || recipe.source.permission === PERMISSION) return;
  const { compiled, flow, isReal } = given;
  for (const { name, call, fields, configuration } of compiled.steps) {
    const column = flow.reaching.get(name)?.find(isReal);
    if (call === undefined || column === undefined) continue;
    const taken = fields.source;
    const isDirect = taken !== undefined && (taken === "all" || taken.includes(column));
    const through = isDirect
      ? undefined
      : Object.keys(fields).find((other) => flow.reaching.get(other)?.includes(column));
    const place = placeOf({ in: configuration, key: "prompt" });
    throw permissionNeeded(
      `${place ? `${place.file}:${place.line}:${place.column}: ` : ""}step "${name}" sends the column "${column}" of the source${
        through === undefined ? "" : `, through "${through}",`
      } to the model "${call.model}" (${recipe.models?.[call.model]?.provider}), and the recipe does not permit it.`,
    );
  }
}

/** The caller of a step of one's own that sees real cells without the permission: what it would ask nobody can look into before. */
export function callerWithoutPermission(step: string, column: string): Caller {
  return {
    call: ({ model }) =>
      Promise.reject(
        permissionNeeded(
          `step "${step}" sees the column "${column}" of the source and asks the model "${model}", and the recipe does not permit it.`,
        ),
      ),
  };
}

function permissionNeeded(message: string): InvalidArgument {
  return new InvalidArgument("permission-needed", message, {
    advice: `If the rows may leave for that model, write under \`source\`: permission: ${PERMISSION}. A source that is a bundle of synthetic data, and passed its policy, needs none.`,
  });
}

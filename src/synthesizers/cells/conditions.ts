import { InvalidArgument } from "../../errors.ts";
import { nearest } from "../../math/nearest-name.ts";
import type { ColumnCondition } from "../../schema/column-condition.ts";
import type { ColumnPlan } from "./columns.ts";
import { piecesOf } from "./pieces.ts";

/** The conditions by column, in the order of the plans, and how likely a cell of each code meets its own.
 * @throws {InvalidArgument} a column that is not modelled or is asked for twice, a kind of condition it cannot have, or one that no cell meets */
export function conditionsOf(
  plans: readonly ColumnPlan[],
  where: readonly ColumnCondition[],
): { readonly conditions: readonly (ColumnCondition | undefined)[]; readonly weights: (Float64Array | undefined)[] } {
  const names = plans.map(({ name }) => name);
  const conditions: (ColumnCondition | undefined)[] = new Array(plans.length).fill(undefined);
  for (const condition of where) {
    const at = names.indexOf(condition.column);
    if (at < 0) {
      const close = nearest(condition.column, names);
      throw new InvalidArgument(
        "unknown-column",
        `A condition names the column "${condition.column}", which the model does not have.${close ? ` Did you mean "${close}"?` : ""}`,
        { advice: `It has: ${names.slice(0, 60).join(", ")}${names.length > 60 ? ", …" : ""}.` },
      );
    }
    if (conditions[at])
      throw new InvalidArgument("bad-condition", `Two conditions name the column "${condition.column}".`, {
        advice: "Say all that is asked of a column in one.",
      });
    conditions[at] = condition;
  }
  const weights = plans.map((plan, j) => {
    const condition = conditions[j];
    if (!condition) return undefined;
    const found = piecesOf(plan, condition).weights;
    if (!plan.hasMissing) found.fill(0, 0, plan.codec.missing.length);
    if (found.every((weight) => weight === 0)) throw noCellMeets(plan, condition);
    return found;
  });
  return { conditions, weights };
}

/** Of a column with more labels than this, the nearest ones are named and not all. */
const MOST_NAMED = 20;

function noCellMeets(plan: ColumnPlan, condition: ColumnCondition): InvalidArgument {
  const [label] = condition.labels ?? [];
  if (plan.kind === "labels" && plan.type === "text") {
    const close = label === undefined ? undefined : nearest(label, plan.dictionary);
    return new InvalidArgument(
      "impossible-condition",
      label === undefined
        ? `No cell of column "${plan.name}" can be as asked.`
        : `Column "${plan.name}" is never ${(condition.labels ?? []).map((name) => `"${name}"`).join(" or ")}.${close ? ` Did you mean "${close}"?` : ""}`,
      {
        advice:
          plan.dictionary.length <= MOST_NAMED
            ? `Its labels are: ${plan.dictionary.join(", ")}.`
            : "Labels held by fewer than 5 training rows are not made.",
      },
    );
  }
  const shown = (value: number): string => (plan.type === "date" ? new Date(value).toISOString() : String(value));
  const range = plan.kind === "quantity" ? plan.range.map(shown) : undefined;
  return new InvalidArgument(
    "impossible-condition",
    `No cell of column "${plan.name}" can be as asked${condition.missing && !plan.hasMissing ? ": it is never missing" : ""}.`,
    range ? { advice: `It goes from ${range[0]} to ${range[1]}.` } : {},
  );
}

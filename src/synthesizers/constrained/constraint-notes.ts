import { type Constraint, nameOfConstraint } from "../../schema/constraints.ts";

/** What becomes of declared constraints, one sentence each, for the report.
 * @param how.built names of those that are built into what is drawn
 * @param how.broken training rows that broke each and were not learned from, by name; absent: not told */
export function constraintNotes(
  constraints: readonly Constraint[],
  how: { readonly built: readonly string[]; readonly broken?: ReadonlyMap<string, number> },
): readonly string[] {
  return constraints.map((constraint) => {
    const name = nameOfConstraint(constraint);
    const left = how.broken?.get(name) ?? 0;
    const told = left > 0 ? ` ${left} training rows that break it were not learned from.` : "";
    if (constraint.kind === "references") return `Constraint "${name}": not seen to; the parent table is not at hand.`;
    if (constraint.kind === "unique") return `Constraint "${name}": rows like an earlier one are drawn again.`;
    if (constraint.kind === "increments")
      return `Constraint "${name}": values are put in order within each group; what a value had to do with its row's other cells is loosened.`;
    return how.built.includes(name)
      ? `Constraint "${name}": built into what is drawn.${told}`
      : `Constraint "${name}": rows that break it are drawn again.${told}`;
  });
}

import { type ConstraintDetails, realWords } from "../metrics/constraints.ts";
import { isMeasured, type Score } from "../metrics/metric.ts";

const MOST_NOTICES = 20;

/** What a reader must know of the declared constraints and the keys, one sentence each: which of them how many synthetic rows break, the most
 * broken first, and which the real rows break themselves. */
export function constraintNotices(scores: readonly Score[]): readonly string[] {
  const score = scores.find(({ metric }) => metric === "constraints");
  if (!score || !isMeasured(score)) return [];
  const { rules } = score.details as unknown as ConstraintDetails;
  const told = rules
    .filter(({ broken, real }) => broken > 0 || (real !== null && real.broken !== 0))
    .sort((a, b) => b.broken - a.broken);
  const notices = told.slice(0, MOST_NOTICES).map(({ name, declared, broken, real }) => {
    const rows = score.n.toLocaleString("en-US");
    const synthetic = `${broken.toLocaleString("en-US")} of ${rows} synthetic rows break ${declared ? "the constraint" : "the"} "${name}"`;
    if (real === null) return `${synthetic}; whether real rows do is not known.`;
    return real.broken === 0
      ? `${synthetic}; no real row does.`
      : `${synthetic}, and so do real rows (${realWords(real)}): the rule is not one of this table.`;
  });
  return told.length > MOST_NOTICES
    ? [...notices, `${told.length - MOST_NOTICES} more constraints are broken; the score lists them.`]
    : notices;
}

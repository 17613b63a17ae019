import type { Decision } from "./decision.ts";
import { type Facts, NOTHING_DECLARED } from "./facts.ts";
import type { Policy } from "./policy.ts";
import { numberInWords } from "./words.ts";

/** The decision on a release that the source's privacy budget has no room for. It is made before anything is asked of the real rows: no other rule
 * is tried, and nothing is spent.
 * @param spending `asked` of this release; `before`: the source's releases so far; `total`: with this one, at the delta that it is stated for */
export function refusedByBudget(
  policy: Policy,
  spending: {
    readonly asked: { readonly epsilon: number; readonly delta: number };
    readonly before: { readonly releases: number; readonly epsilon: number };
    readonly total: { readonly epsilon: number; readonly delta: number };
  },
): Decision {
  const { asked, before, total } = spending;
  const budget = policy.privacyBudget;
  if (!budget) throw new Error(`the policy "${policy.name}" has no privacy budget to refuse by`);
  const written = (x: number): string => numberInWords(x, 4);
  const earlier = `${before.releases} earlier release${before.releases === 1 ? "" : "s"}`;
  const reason =
    `The source would have spent epsilon ${written(total.epsilon)} at delta ${written(total.delta)}; the policy allows epsilon ${written(budget.epsilon)} at delta ${written(budget.delta)}. ` +
    `${before.releases === 0 ? "No earlier release of it is known" : `${earlier} spent epsilon ${written(before.epsilon)}`}; this one asks for epsilon ${written(asked.epsilon)}, delta ${written(asked.delta)}.`;
  return {
    decision: "refuse",
    policy: { name: policy.name, sha256: policy.sha256 },
    summary:
      "Refused: the source's privacy budget has no room for this release; nothing was asked of its rows, and nothing was spent.",
    rules: [
      {
        rule: "privacy-budget",
        metric: null,
        outcome: "fail",
        severity: "refuse",
        reason,
        remedy:
          before.releases === 0
            ? "Ask for a smaller epsilon or delta (--epsilon, --delta), or decide by a policy with a larger privacyBudget."
            : "Use an earlier release, ask for a smaller epsilon or delta, or decide by a policy with a larger privacyBudget.",
        pass: `privacy.totalEpsilon <= ${budget.epsilon}`,
        fail: `privacy.totalEpsilon > ${budget.epsilon}`,
        ...(total.epsilon > budget.epsilon
          ? { bound: "totalEpsilon", op: "<=", threshold: budget.epsilon, observed: total.epsilon }
          : { bound: null, op: null, threshold: null, observed: null }),
      },
    ],
    detectable: [],
    facts: NOTHING_LOOKED_AT,
  };
}

/** The refusal comes before anybody looks. */
const NOTHING_LOOKED_AT: Facts = {
  declared: NOTHING_DECLARED,
  rows: { train: null, holdout: null, synthetic: 0 },
  judged: null,
  queries: null,
  privacy: null,
};

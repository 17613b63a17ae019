import { decide } from "./decide.ts";
import type { Decision } from "./decision.ts";
import type { Facts } from "./facts.ts";
import { isPublicRule, type Policy } from "./policy.ts";

/** The decision as it is published under a policy with `publishEvaluation: false`: of rules that look only at what is public. The verdict is that of
 * the whole decision, for such a policy has no other hard rules. */
export function publicDecision(policy: Policy, facts: Facts): Decision {
  return decide({ ...policy, rules: policy.rules.filter(isPublicRule) }, [], publicFacts(facts));
}

/** Without what was counted from the real rows. */
function publicFacts(facts: Facts): Facts {
  return {
    ...facts,
    rows: { train: null, holdout: null, synthetic: facts.rows.synthetic },
    judged: null,
    queries: null,
    ...(facts.lineage ? { lineage: { ...facts.lineage, realRows: null, realShare: null } } : {}),
  };
}

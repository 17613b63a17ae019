import type { Facts } from "../policy/facts.ts";
import type { PrivacyBudget } from "../policy/policy.ts";
import { canonicalJson } from "./canonical.ts";
import { checkPrivacyStatement, privacyFactsOf } from "./privacy-statement.ts";

/** Whether the guarantee of a bundle adds up, and is the one that was decided on, under the budget that the policy has.
 * @param text of `dp.json`; undefined: the bundle has none
 * @returns what does not fit, one sentence each; empty when all does */
export function checkGuarantee(
  text: string | undefined,
  decided: { readonly facts: Facts; readonly budget: PrivacyBudget | null },
): readonly string[] {
  const privacy = decided.facts.privacy ?? null;
  if (text === undefined)
    return privacy === null ? [] : ["The decision counts on a privacy guarantee, and the bundle has no dp.json."];
  const checked = checkPrivacyStatement(text);
  if (typeof checked === "string") return [checked];
  const { source } = checked.statement;
  const stated = privacyFactsOf(checked.statement);
  return [
    ...checked.problems,
    ...(canonicalJson(privacy) === canonicalJson(stated)
      ? []
      : ["The decision was made on another privacy guarantee than dp.json states."]),
    ...(canonicalJson(source.budget) === canonicalJson(decided.budget)
      ? []
      : ["dp.json names another privacy budget than the policy has."]),
  ];
}

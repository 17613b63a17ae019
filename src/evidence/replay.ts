import { metrics } from "../metrics/index.ts";
import type { Metric, Score } from "../metrics/metric.ts";
import { textMetrics } from "../metrics/text/index.ts";
import { decide } from "../policy/decide.ts";
import type { Decision } from "../policy/decision.ts";
import { parsePolicy } from "../policy/policy.ts";
import { publicDecision } from "../policy/public-decision.ts";
import { canonicalJson, sha256 } from "./canonical.ts";
import { checkGuarantee } from "./guarantee.ts";
import type { Manifest } from "./manifest.ts";

/** The texts of a bundle that a decision follows from, and the decision. */
export interface Replay {
  /** Of the manifest: which metrics there are to decide by. */
  readonly job: Manifest["job"];
  /** Of the manifest; absent: it says nothing of it. */
  readonly lineage?: Manifest["lineage"];
  readonly policyText: string;
  readonly scoresText: string;
  readonly decisionText: string;
  /** Of `dp.json`; absent: the bundle has none. */
  readonly privacyText?: string | undefined;
  /** The version that made the bundle is this one, so that even the words must agree. */
  readonly sameVersion: boolean;
}

/** Decides again, by the policy in a bundle and the scores in it, and adds up the guarantee that it was decided on.
 * @returns what is wrong, one sentence each; empty when the bundle's decision is what its policy makes of its scores. Never throws */
export function replayDecision(replay: Replay): readonly string[] {
  const { job, lineage, policyText, scoresText, decisionText, privacyText, sameVersion } = replay;
  try {
    const scores = JSON.parse(scoresText) as readonly Score[];
    const ours = job === "run" ? textMetrics : metrics;
    const policy = parsePolicy(policyText, {
      metrics: [...ours, ...unknownMetrics(scores, ours)],
      sha256: sha256(policyText),
      file: "policy.yaml",
    });
    // An open end of an interval is null in JSON, and no rule can be held by either.
    const theirs = JSON.parse(decisionText) as Decision;
    if ((theirs.facts.run !== undefined) !== (job === "run"))
      return ["The decision was made on facts of another kind of job than the one that was signed."];
    if (lineage?.generation !== (theirs.facts.lineage && theirs.facts.lineage.sourceGeneration + 1))
      return ["The decision was made on another lineage than the one that was signed."];
    if (!policy.publishEvaluation && scores.length > 0)
      return ["The bundle holds scores, and its policy says that none are published."];
    const decision = policy.publishEvaluation
      ? decide(policy, scores, theirs.facts)
      : publicDecision(policy, theirs.facts);
    const again: unknown = JSON.parse(JSON.stringify(decision));
    const shown = sameVersion ? canonicalJson : (decision: unknown) => canonicalJson(outcomesOf(decision));
    if (shown(again) !== shown(theirs)) return ["The policy makes another decision of these scores."];
    // Of another version too: what is withheld is not in the facts either.
    if (!policy.publishEvaluation && canonicalJson(theirs.facts) !== canonicalJson((again as Decision).facts))
      return ["The decision tells of the real rows what its policy does not publish."];
    return checkGuarantee(privacyText, { facts: theirs.facts, budget: policy.privacyBudget ?? null });
  } catch (error) {
    return [
      `The decision cannot be made again from the policy and the scores: ${error instanceof Error ? error.message : String(error)}`,
    ];
  }
}

/** Metrics of another version or of a plug-in, as the scores themselves tell them. Ours come first: no score can say that a privacy metric is none. */
function unknownMetrics(
  scores: readonly Score[],
  ours: readonly Pick<Metric, "name">[],
): Pick<Metric, "name" | "family">[] {
  const known = new Set(ours.map((metric) => metric.name));
  return scores
    .filter((score) => !known.has(score.metric))
    .map((score) => ({ name: score.metric, family: score.family }));
}

/** What a decision says, without its words, which may change from version to version. */
function outcomesOf(decision: unknown): unknown {
  const { decision: verdict, policy, rules } = decision as ReturnType<typeof decide>;
  return { verdict, policy, rules: rules.map(({ rule, outcome, observed }) => ({ rule, outcome, observed })) };
}

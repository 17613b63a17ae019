import { concatRows, type Table } from "../data/table.ts";
import { throwIfCancelled } from "../errors.ts";
import type { Executor } from "../executors/executor.ts";
import { withLeak } from "../metrics/privacy/plant.ts";
import type { Decision, Verdict } from "../policy/decision.ts";
import type { Policy } from "../policy/policy.ts";
import type { Random } from "../random.ts";
import { fitCodec } from "../schema/encode.ts";
import { inferSchema } from "../schema/infer.ts";
import { noPurpose, type Purpose } from "../schema/purpose.ts";
import type { JobEvents } from "./job.ts";
import { judge } from "./judge.ts";
import { type Case, cutInParts, killerFixtures, type Parts } from "./killer-fixtures.ts";

/** What the gate answered to cases with a known right answer, made of the user's own rows. */
export interface SelfTest {
  readonly format: "counterfoil-self-test/1";
  /** Rows of each of the three parts that the real rows were cut into. */
  readonly rows: number;
  readonly seed: number;
  readonly held: number;
  readonly tried: number;
  readonly cases: readonly SelfTestCase[];
}

export interface SelfTestCase {
  readonly name: string;
  readonly says: string;
  /** Verdicts that are right. */
  readonly right: readonly Verdict[];
  /** Null: the case was not tried. */
  readonly got: Verdict | null;
  readonly held: boolean | null;
  /** Hard rules that failed, or could not be decided where none failed; or why the case was not tried. */
  readonly because: readonly string[];
}

/** Rows of a part: enough for every fixture to be decided, bounded in time. */
const MOST_ROWS = 8000;

interface Context {
  readonly policy: Policy;
  /** What was declared of the table; default: nothing. */
  readonly purpose?: Purpose | undefined;
  readonly seed: number;
  readonly random: Random;
  readonly executor: Executor;
  readonly events: JobEvents;
  readonly signal: AbortSignal | undefined;
}

/** Tries the gate on the killer fixtures, made of real rows cut into three equal parts at random.
 * @param real all real rows at hand; half of a thousand a part is the least that says anything */
export async function selfTest(
  real: Table,
  context: Context & { readonly maxRows?: number; readonly only?: readonly string[] },
): Promise<SelfTest> {
  const { random, events } = context;
  const parts = cutInParts(real, {
    most: context.maxRows ?? MOST_ROWS,
    schema: inferSchema(real, {}),
    random: random.split("parts"),
  });
  const wanted = killerFixtures.filter(({ name }) => !context.only || context.only.includes(name));
  const cases: SelfTestCase[] = [];
  let fresh: Decision | undefined;
  events.phase?.("self-test", `${wanted.length} cases with a known answer, ${parts.train.rows} rows a part`);
  for (const fixture of wanted) {
    throwIfCancelled(context.signal);
    const { name, says } = fixture;
    const made = parts.train.rows < (fixture.fewestRows ?? 0) ? undefined : fixture.make(parts, random.split(name));
    const right = fixture.right === "as-fresh" ? (fresh ? [fresh.decision] : []) : fixture.right;
    if (!made || right.length === 0) {
      const why =
        parts.train.rows < (fixture.fewestRows ?? 0)
          ? `It needs ${fixture.fewestRows} rows a part; there are ${parts.train.rows}.`
          : "The table has nothing to make it of.";
      cases.push({ name, says, right, got: null, held: null, because: [why] });
    } else {
      const decision = await decisionOn(made, context);
      if (name === "fresh-rows") fresh = decision;
      cases.push(caseOf({ name, says, right }, decision));
    }
    events.progress?.(cases.length, wanted.length, "cases");
  }
  for (const name of detectableNames) {
    if (!fresh || (context.only && !context.only.includes(name))) continue;
    throwIfCancelled(context.signal);
    cases.push(await detectableCase(name, { parts, fresh }, context));
  }
  const tried = cases.filter((item) => item.held !== null);
  return {
    format: "counterfoil-self-test/1",
    rows: parts.train.rows,
    seed: context.seed,
    held: tried.filter((item) => item.held).length,
    tried: tried.length,
    cases,
  };
}

const LEAKS = ["verbatim", "noisy", "outliers"] as const;

/** Cases that ask the gate to keep its word: leaks of the size that it says it refuses. They need the answer to the fresh rows. */
export const detectableNames: readonly string[] = LEAKS.map((leak) => `${leak}-at-detectable-share`);

/** Leaks of the size that the gate says it refuses, planted by another seed than its own. */
async function detectableCase(
  name: string,
  given: { readonly parts: Parts; readonly fresh: Decision },
  context: Context,
): Promise<SelfTestCase> {
  const { parts, fresh } = given;
  const leak = LEAKS[detectableNames.indexOf(name)] as (typeof LEAKS)[number];
  const share = fresh.detectable.find((item) => item.leak === leak)?.share ?? null;
  const says =
    share === null
      ? `Fresh rows with ${leak} copies of training rows, of a share that the gate says it refuses in four of five.`
      : `Fresh rows with ${Number((share * 100).toPrecision(3))} % of ${leak} copies of training rows, the share that the gate says it refuses in four of five.`;
  if (share === null)
    return {
      name,
      says,
      right: ["refuse"],
      got: null,
      held: null,
      because: ["The gate names no share for this leak."],
    };
  const { train, holdout, schema } = parts;
  const synthetic = withLeak(
    {
      ...{ train, holdout, synthetic: parts.fresh, schema, codec: fitCodec(concatRows([train, holdout]), schema) },
      ...{ entities: undefined, alpha: 0.01, executor: context.executor, signal: context.signal },
      seed: context.seed + OTHER_SEED,
    },
    { leak, share, index: 0 },
  );
  const decision = await decisionOn({ real: train, holdout, synthetic }, context);
  return caseOf({ name, says, right: ["refuse"] }, decision);
}

const OTHER_SEED = 0x5eed;

function caseOf(
  fixture: { readonly name: string; readonly says: string; readonly right: readonly Verdict[] },
  decision: Decision,
): SelfTestCase {
  const hard = decision.rules.filter((rule) => rule.severity === "refuse");
  const failed = hard.filter((rule) => rule.outcome === "fail");
  const told = failed.length > 0 ? failed : hard.filter((rule) => rule.outcome === "indeterminate");
  return {
    ...fixture,
    got: decision.decision,
    held: fixture.right.includes(decision.decision),
    because: told.map((rule) => rule.rule),
  };
}

async function decisionOn(made: Case, context: Context): Promise<Decision> {
  const { real, holdout, synthetic } = made;
  const { decision } = await judge({
    train: real,
    holdout,
    synthetic,
    schema: inferSchema(holdout ? concatRows([real, holdout]) : real, {}),
    purpose: context.purpose ?? noPurpose,
    policy: context.policy,
    // The cases are made up: how often the real rows were measured is not what is tried.
    queries: 1,
    // What no hard rule looks at cannot change the answer.
    hardRulesOnly: true,
    seed: context.seed,
    random: context.random.split("judge"),
    executor: context.executor,
    events: {},
    signal: context.signal,
  });
  return decision;
}

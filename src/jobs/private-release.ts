import type { Table } from "../data/table.ts";
import { type Budget, createBudget, type PrivacyUnit } from "../dp/budget.ts";
import { InvalidArgument } from "../errors.ts";
import type { PrivacyStatement } from "../evidence/privacy-statement.ts";
import type { Policy } from "../policy/policy.ts";
import { secureSource } from "../random.ts";
import { type Reservation, reserveCharge } from "../runs/charges.ts";
import type { SourceMark } from "../runs/ledger.ts";
import type { UserFolders } from "../runs/user-folders.ts";
import {
  completeSchema,
  DOMAIN_SHARE,
  type DomainSource,
  needsLabels,
  rowsToBeFound,
} from "../synthesizers/private/complete-schema.ts";
import type { Synthesizer } from "../synthesizers/synthesizer.ts";
import type { JobEvents, SynthesizeOptions } from "./job.ts";
import type { Source } from "./source.ts";

/** What fits a table under differential privacy when nobody says what should. */
export const DEFAULT_PRIVATE_SYNTHESIZER = "aim";
const DEFAULT_DELTA = 1e-9;

/** The guarantee that was asked for. */
export interface Guarantee {
  readonly epsilon: number;
  readonly delta: number;
  readonly unit: PrivacyUnit;
}

/** Reads the guarantee off the options, and finds what cannot stand beside it.
 * @returns undefined where none was asked for
 * @throws {InvalidArgument} */
export function guaranteeOf(options: SynthesizeOptions): Guarantee | undefined {
  const { epsilon, delta, group, groupRows } = options;
  const stop = (message: string, advice: string): InvalidArgument =>
    new InvalidArgument("conflicting-options", message, { advice });
  if (epsilon === undefined) {
    if (delta !== undefined) throw stop("--delta was given without --epsilon.", "Give both, or neither.");
    if (groupRows !== undefined) throw stop("--group-rows was given without --epsilon.", "Give both, or neither.");
    return undefined;
  }
  if (groupRows !== undefined && group === undefined)
    throw stop("--group-rows was given without --group.", "Name the column that says whose each row is.");
  if (options.anchor !== undefined)
    throw stop(
      "--anchor was given with --epsilon.",
      "Release the real rows by themselves under --epsilon: synthetic rows beside them cost accuracy, and protect nobody.",
    );
  if (options.judge === "procedure")
    throw stop(
      "--judge procedure refits on folds of the real rows, and each fit would need a budget of its own.",
      "Leave it out: under --epsilon the release itself is judged.",
    );
  if (options.shadowModels !== undefined)
    throw stop(
      "--shadow-models refits on halves of the people, and each fit would need a budget of its own.",
      "Leave it out; `npm run bench -- private` audits the mechanisms.",
    );
  if (options.testPairRows !== undefined || options.purpose === "test")
    throw stop(
      "Test cases are made of the real rows' extremes and combinations, which --epsilon does not cover.",
      "Make them in a run without --epsilon, from rows that may be shown.",
    );
  return {
    epsilon,
    delta: delta ?? DEFAULT_DELTA,
    unit: group === undefined ? { kind: "row", rows: 1 } : { kind: "group", column: group, rows: groupRows ?? 1 },
  };
}

/** Whether the synthesizer and the guarantee go together.
 * @throws {InvalidArgument} they do not */
export function checkGuarantee({ name, guarantee }: Synthesizer<unknown>, asked: Guarantee | undefined): void {
  if (asked && guarantee !== "dp")
    throw new InvalidArgument("conflicting-options", `The synthesizer "${name}" has no privacy guarantee.`, {
      advice: "Under --epsilon choose aim or mst, or leave --epsilon out.",
    });
  if (!asked && guarantee === "dp")
    throw new InvalidArgument("needs-budget", `The synthesizer "${name}" needs a privacy budget.`, {
      advice: "Say how much may be spent: --epsilon 1.",
    });
}

/** A release whose cost is reserved in the source's ledger. */
export interface PrivateRelease {
  readonly guarantee: Guarantee;
  readonly budget: Budget;
  readonly reservation: Reservation;
}

/** Makes the budget and charges the source for all of it, before anything is asked of the rows.
 * @throws {InvalidArgument} epsilon or delta that means nothing
 * @throws {InvalidData} one person alone, or a ledger that cannot be read
 * @throws {ResourceError} a ledger that cannot be written: nothing was spent */
export async function openPrivateRelease(
  guarantee: Guarantee,
  of: {
    readonly source: Source;
    readonly policy: Policy;
    readonly folders: UserFolders;
    readonly mark: SourceMark;
    readonly seed: number;
    readonly events: JobEvents;
  },
): Promise<PrivateRelease> {
  const { epsilon, delta, unit } = guarantee;
  const { source, policy, folders, mark, seed, events } = of;
  const reserveDelta = needsLabels(source.train, source.schema) ? delta / 2 : 0;
  const budget = createBudget({ epsilon, delta, unit, source: secureSource(), reserveDelta });
  if (mark.id === null)
    events.notice?.(
      "No --source-id was given: later releases of these people are charged together only where their rows are the same in every column. A name holds whatever is done to the table.",
    );
  warnOf(guarantee, { table: source.table, groups: source.groups, events });
  checkDomains(source, { budget, events });
  const reservation = await reserveCharge(folders, {
    mark,
    epsilon,
    delta,
    rho: budget.rho,
    extraDelta: reserveDelta,
    unit,
    seed,
    budget: policy.privacyBudget ?? null,
  });
  for (const notice of reservation.notices) events.notice?.(notice);
  return { guarantee, budget, reservation };
}

/** Most columns named in a message. */
const MOST_NAMED = 8;

/** Says what domains that nobody declared take, before anything is spent. It stops nothing: whether a release comes about must not hang on the exact number
 * of rows. */
function checkDomains(
  { train, schema }: Source,
  { budget, events }: { readonly budget: Budget; readonly events: JobEvents },
): void {
  const found = rowsToBeFound(train, schema, { budget });
  if (found.length === 0) return;
  const names = `${found
    .slice(0, MOST_NAMED)
    .map(({ column }) => `"${column}"`)
    .join(", ")}${found.length > MOST_NAMED ? ` and ${found.length - MOST_NAMED} more` : ""}`;
  const count = (n: number): string => n.toLocaleString("en-US");
  const most = found.reduce((rows, need) => Math.max(rows, need.rows), 0);
  events.notice?.(
    `No domain was declared for ${names}: ${100 * DOMAIN_SHARE} % of the budget goes to finding ${found.length === 1 ? "it" : "them"}, and what fewer than about ${count(most)} rows hold is not found (${count(train.rows)} are learned from). A schema file with categories and ranges costs nothing.`,
  );
}

/** Told at the terminal alone: they say something of the rows. */
function warnOf(
  { delta, unit, epsilon }: Guarantee,
  {
    table,
    groups,
    events,
  }: { readonly table: Table; readonly groups: Int32Array | undefined; readonly events: JobEvents },
): void {
  const units = groups ? groups.reduce((most, person) => Math.max(most, person), -1) + 1 : table.rows;
  if (unit.kind === "group" && units < 2)
    throw new InvalidArgument("one-person", `Column "${unit.column}" has one value: all rows are of one person.`, {
      advice: "Name the column that tells people apart, or leave --group out where each row is somebody else's.",
    });
  if (delta >= 1 / Math.max(1, units))
    events.notice?.(
      `--delta ${delta} is not small against one in ${units.toLocaleString("en-US")} ${unit.kind === "group" ? "people" : "rows"}: at that, giving away whole rows now and then would be allowed. Well below 1/n is usual.`,
    );
  if (epsilon > 10)
    events.notice?.(
      `--epsilon ${epsilon} promises little: the odds that somebody was in the rows may change by a factor of e^${epsilon}.`,
    );
}

/** Finds the domains that nobody declared, and describes the source by what is then public. */
export function withPublicSchema(
  source: Source,
  { budget }: PrivateRelease,
): { readonly source: Source; readonly domains: readonly DomainSource[] } {
  const { schema, sources } = completeSchema(source.train, source.schema, { budget });
  return { source: { ...source, schema, describe: () => schema }, domains: sources };
}

/** Rows that the source seems to have, by what the guarantee lets one know. */
export function rowsUnderGuarantee(learnedRows: number | undefined, holdoutShare: number): number {
  return Math.max(1, Math.round((learnedRows ?? 1) / (1 - holdoutShare)));
}

/** What was promised, what was spent on what, and what is outside: `dp.json`. */
export function privacyStatement(
  { guarantee, budget, reservation }: PrivateRelease,
  of: {
    readonly domains: readonly DomainSource[];
    readonly rowsGiven: boolean;
    readonly publishEvaluation: boolean;
    readonly sourceId: string | undefined;
    readonly policy: Policy;
  },
): PrivacyStatement {
  const { epsilon, delta, unit } = guarantee;
  const { domains, publishEvaluation } = of;
  const paid = domains.filter(({ domain }) => domain === "paid").length;
  return {
    format: "counterfoil-dp/1",
    definition: "(epsilon, delta)-differential privacy, accounted in zero-concentrated differential privacy",
    epsilon,
    delta,
    rho: budget.rho,
    unit,
    neighbours:
      unit.kind === "row"
        ? "Two tables that differ by one row more or less."
        : `Two tables that differ by all rows of one person more or less ("${unit.column}"; a row without one counts as a person of its own), of which at most ${unit.rows} ${unit.rows === 1 ? "is" : "are"} learned from.`,
    lines: budget.lines,
    spent: budget.spent(),
    columns: domains,
    assumedPublic: [
      "Names, order and physical types (text, number, whole number, date and its format) of the columns.",
      "What the schema file declares: kinds, categories, ranges, constraints.",
      `The synthesizer, its options, the seed, the share of the holdout${of.rowsGiven ? ", the number of synthetic rows" : ""}.`,
      "How often the source had been synthetic before (its generation).",
      ...(paid > 0
        ? [
            `Nothing about the values of ${paid} column${paid === 1 ? "" : "s"}: for ${paid === 1 ? "its domain" : "their domains"} ${100 * DOMAIN_SHARE} % of rho was set apart.`,
          ]
        : []),
    ],
    notCovered: [
      publishEvaluation
        ? "Scores, decision, plots and row counts in this bundle: they were computed from the real rows."
        : "What the operator was told on screen and found beside this bundle: scores, decision and plots from the real rows.",
      "How long the run took, how much memory it used, and that it ended without an error.",
      "That the source exists, that it has rows of more than one person, and that its rows are those of an earlier release on this machine.",
      "Knowledge about groups: what is true of many people is what the release is for.",
      "Releases of the same people that this machine's ledger does not know: made elsewhere, or of a table with other columns or changed cells under no source id, or under another.",
    ],
    source: {
      id: of.sourceId ?? null,
      releasesBefore: reservation.before.releases,
      epsilonBefore: reservation.before.epsilon,
      totalEpsilon: reservation.total.epsilon,
      totalDelta: reservation.total.delta,
      budget: of.policy.privacyBudget ?? null,
    },
  };
}

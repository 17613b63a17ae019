import { createHash, randomBytes } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { epsilonFor, LEAST_DELTA } from "../dp/accountant.ts";
import type { PrivacyUnit } from "../dp/budget.ts";
import { InvalidData, ResourceError } from "../errors.ts";
import { type Clock, systemClock } from "./clock.ts";
import { productVersion } from "./fingerprint.ts";
import { USER } from "./layout.ts";
import { appendLine, type LedgerLine, readLines, type SourceMark } from "./ledger.ts";
import { kinshipOf } from "./sources.ts";
import type { UserFolders } from "./user-folders.ts";

/** What one release under differential privacy may cost its source: a line of the ledger, written before any noise is drawn. */
export interface Charge {
  readonly format: "counterfoil-charge/1";
  /** Random; names the line. */
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly version: string;
  readonly seed: number;
  readonly epsilon: number;
  readonly delta: number;
  /** Of zero-concentrated differential privacy. */
  readonly rho: number;
  /** The part of delta that is spent outside of it. */
  readonly extraDelta: number;
  readonly unit: PrivacyUnit;
  readonly source: SourceMark;
}

/** Says that a charge was not spent after all: no noise was drawn under it. */
export interface TakenBack {
  readonly format: "counterfoil-charge-taken-back/1";
  /** Of the charge. */
  readonly id: string;
  readonly time: string;
  readonly why: "over-budget" | "nothing-drawn" | "settled";
}

/** The answer to a request for a part of a source's privacy budget. */
export interface Reservation {
  /** False: the budget has no room, nothing is charged, and no noise may be drawn. */
  readonly granted: boolean;
  /** What the source had spent before, stated for the same delta as the total. */
  readonly before: { readonly releases: number; readonly epsilon: number };
  /** What it has spent with this release; where none was granted, what it would have. */
  readonly total: { readonly epsilon: number; readonly delta: number };
  /** For the user: what is charged because of its rows, what of the ledger could not be read. */
  readonly notices: readonly string[];
  /** To be called when the run failed before any noise was drawn. Where the ledger cannot be written any more the charge stays: too much is counted
   * then, never too little. */
  takeBack(): Promise<void>;
  /** To be called when the run ended before it asked all that it had reserved: what was spent is charged in place of it. The smaller charge is written
   * first, so that at no instant too little is counted. */
  settle(spent: { readonly epsilon: number; readonly rho: number; readonly delta: number }): Promise<void>;
}

export interface ChargeRequest {
  readonly mark: SourceMark;
  readonly epsilon: number;
  readonly delta: number;
  readonly rho: number;
  readonly extraDelta: number;
  readonly unit: PrivacyUnit;
  readonly seed: number;
  /** Of the policy; null: no limit. */
  readonly budget: { readonly epsilon: number; readonly delta: number } | null;
  readonly clock?: Clock | undefined;
}

/** Charges a source for a release, before any noise is drawn.
 *
 * The line is appended and flushed to the disk first; then the ledger is read again, and what stands above the own line decides. Of two processes
 * at once the one whose line stands below sees the other's, so they cannot both take the last of a budget. A process that dies after the flush
 * leaves its source charged; a line that was never completed was never flushed, so nothing was spent under it.
 * @throws {InvalidData} "damaged-ledger": a complete line cannot be read, so that nobody knows what was spent
 * @throws {ResourceError} the ledger cannot be written: nothing was spent */
export async function reserveCharge(folders: UserFolders, request: ChargeRequest): Promise<Reservation> {
  const { mark, epsilon, delta, rho, extraDelta, unit, seed, budget, clock = systemClock } = request;
  const charge: Charge = {
    format: "counterfoil-charge/1",
    id: randomBytes(16).toString("hex"),
    time: clock.now(),
    version: productVersion(),
    seed,
    epsilon,
    delta,
    rho,
    extraDelta,
    unit,
    source: mark,
  };
  const path = join(folders.data, USER.ledger);
  const known = await readLines(folders);
  const first = weigh(ledgerOf(known ?? [], path), charge, budget);
  const notices = [
    ...(known === null
      ? ["There was no ledger of this user: one was made, and no earlier release is known on this machine."]
      : []),
    ...first.notices,
  ];
  const none = async (): Promise<void> => {};
  if (!first.granted) return { ...first, notices, takeBack: none, settle: none };

  const lines = await append(folders, charge);
  const { granted, before, total } = weigh(ledgerOf(lines, path), charge, budget);
  const takeBack = async (why: TakenBack["why"]): Promise<void> => {
    const back: TakenBack = { format: "counterfoil-charge-taken-back/1", id: charge.id, time: clock.now(), why };
    await append(folders, back).catch(() => undefined);
  };
  const settle = async (spent: { readonly epsilon: number; readonly rho: number; readonly delta: number }) => {
    const smaller: Charge = {
      ...charge,
      id: randomBytes(16).toString("hex"),
      time: clock.now(),
      epsilon: spent.epsilon,
      rho: spent.rho,
      extraDelta: spent.delta,
    };
    // Where it cannot be written the first charge stays.
    await append(folders, smaller).then(
      () => takeBack("settled"),
      () => undefined,
    );
  };
  if (!granted) {
    await takeBack("over-budget");
    return { granted, before, total, notices, takeBack: none, settle: none };
  }
  let taken: Promise<void> | undefined;
  return {
    granted,
    before,
    total,
    notices,
    takeBack: () => {
      taken ??= takeBack("nothing-drawn");
      return taken;
    },
    settle: (spent) => {
      taken ??= settle(spent);
      return taken;
    },
  };
}

/** The smaller of two valid totals of releases of one source: by zero-concentrated differential privacy, whose rho adds up, stated for `delta`; or by
 * the plain sums of epsilon and delta.
 * @param delta to state the total for; absent: the sum of all deltas
 * @returns `epsilon` at `delta`; where neither total holds at the delta asked for, the plain sums
 * @source Bun & Steinke (2016), Lemma 2.3 (composition); Dwork & Roth (2014), Theorem 3.16 (plain sums) */
export function totalOf(
  charges: readonly Pick<Charge, "epsilon" | "delta" | "rho" | "extraDelta">[],
  delta?: number,
): { readonly epsilon: number; readonly delta: number } {
  const sum = (part: "epsilon" | "delta" | "rho" | "extraDelta"): number =>
    charges.reduce((total, charge) => total + charge[part], 0);
  const plain = { epsilon: sum("epsilon"), delta: sum("delta") };
  const at = delta ?? plain.delta;
  if (charges.length === 0) return { epsilon: 0, delta: at };
  const left = at - sum("extraDelta");
  const found = [
    ...(left >= LEAST_DELTA && left < 1 ? [epsilonFor(sum("rho"), left)] : []),
    ...(plain.delta <= at * (1 + ROUNDING) ? [plain.epsilon] : []),
  ];
  return found.length === 0 ? plain : { epsilon: Math.min(...found), delta: at };
}

/** Sums of a few decimal fractions are off by less. */
const ROUNDING = 1e-9;

/** What stands in the ledger: every charge that was not taken back, with the number of its line. */
interface Charges {
  readonly standing: readonly { readonly line: number; readonly charge: Charge }[];
  readonly torn: number;
}

/** Decides on a charge by what stands above it; one that is not there yet would come last. */
function weigh(
  ledger: Charges,
  charge: Charge,
  budget: ChargeRequest["budget"],
): Pick<Reservation, "granted" | "before" | "total" | "notices"> {
  const own = ledger.standing.find((item) => item.charge.id === charge.id)?.line ?? Number.POSITIVE_INFINITY;
  const kin = ledger.standing
    .filter(({ line }) => line < own)
    .map((item) => ({ charge: item.charge, by: kinOf(item.charge.source, charge.source) }))
    .filter(({ by }) => by !== null);
  const earlier = kin.map((item) => item.charge);
  const total = totalOf([...earlier, charge], budget?.delta);
  return {
    granted:
      budget === null ||
      (total.epsilon <= budget.epsilon * (1 + ROUNDING) && total.delta <= budget.delta * (1 + ROUNDING)),
    before: { releases: earlier.length, epsilon: totalOf(earlier, total.delta).epsilon },
    total,
    notices: noticesOf(kin, { charge, torn: ledger.torn }),
  };
}

/** As `kinshipOf`; where it cannot be told because the key of the sketches was lost, they count as one. */
function kinOf(known: SourceMark, mark: SourceMark): "id" | "rows" | "unknown" | "lost-key" | null {
  return kinshipOf(known, mark) ?? (known.key !== mark.key ? "lost-key" : null);
}

function noticesOf(
  kin: readonly { readonly charge: Charge; readonly by: "id" | "rows" | "unknown" | "lost-key" | null }[],
  { charge, torn }: { readonly charge: Charge; readonly torn: number },
): readonly string[] {
  const byRows = kin.filter(({ by }) => by === "rows");
  const unknown = kin.filter(({ by }) => by === "unknown").length;
  const lost = kin.filter(({ by }) => by === "lost-key").length;
  const otherUnit = kin.filter((item) => unitOf(item.charge) !== unitOf(charge)).length;
  const names = [...new Set(byRows.map(({ charge }) => nameOf(charge)))];
  return [
    ...(names.length > 0
      ? [
          `More than half of these rows were in ${names.join(", ")}: this release is charged to the same budget (${releases(byRows.length)}).`,
        ]
      : []),
    ...(unknown > 0
      ? [
          `${releases(unknown)} of a much larger or smaller table may be of the same rows: too few can be compared to tell, so ${unknown === 1 ? "it counts" : "they count"} as of these. Where they are other people's, name both sources with --source-id.`,
        ]
      : []),
    ...(lost > 0
      ? [
          `${releases(lost)} of the ledger cannot be compared with these rows, for the key they were sketched under is gone (${USER.sketchKey}); counted as releases of these rows.`,
        ]
      : []),
    ...(otherUnit > 0
      ? [
          `${releases(otherUnit)} of this source ${otherUnit === 1 ? "protects" : "protect"} another unit than ${unitOf(charge)}: the total adds up what each release promises its own unit. Of a person with several rows, releases that protect single rows tell more than that.`,
        ]
      : []),
    ...(torn > 0
      ? [
          `${torn} line${torn === 1 ? "" : "s"} of the ledger ${torn === 1 ? "was" : "were"} never completed; nothing was spent under ${torn === 1 ? "it" : "them"}.`,
        ]
      : []),
  ];
}

function nameOf({ source, time }: Charge): string {
  return source.id === null ? `a source without a name, released on ${time.slice(0, 10)}` : `the source "${source.id}"`;
}

function unitOf({ unit }: Charge): string {
  return unit.kind === "row"
    ? "a row"
    : `a ${unit.column ?? "person"} (at most ${unit.rows} row${unit.rows === 1 ? "" : "s"})`;
}

function releases(n: number): string {
  return `${n} earlier release${n === 1 ? "" : "s"}`;
}

/** The charges of a ledger.
 * @throws {InvalidData} a complete line is none that we know */
function ledgerOf(lines: readonly LedgerLine[], path: string): Charges {
  const charges: { readonly line: number; readonly charge: Charge }[] = [];
  const back = new Set<string>();
  let torn = 0;
  for (const line of lines) {
    if (line.torn) {
      torn++;
      continue;
    }
    const format = line.value?.format;
    if (format === "counterfoil-ledger/1") continue;
    const record = format === "counterfoil-charge/1" || format === TAKEN_BACK ? recordOf(line) : null;
    if (record === null) throw damaged(line, path);
    if (record.format === TAKEN_BACK) back.add(record.id);
    else charges.push({ line: line.number, charge: record });
  }
  return { standing: charges.filter(({ charge }) => !back.has(charge.id)), torn };
}

const TAKEN_BACK = "counterfoil-charge-taken-back/1";

function damaged({ number, text }: LedgerLine, path: string): InvalidData {
  const begins = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return new InvalidData(
    "damaged-ledger",
    `Line ${number} of the ledger ${path} cannot be read (it begins ${JSON.stringify(begins)}), so what was spent of privacy budgets is not known. Nothing was spent now.`,
    {
      advice:
        "Put the file back from a copy, or use the version of Counterfoil that wrote the line. Remove the line only if you know that no private release was made under it.",
    },
  );
}

const finite = z.number();
const markShape = z.object({
  id: z.string().nullable(),
  sketch: z.object({ rows: z.number().int().min(0), smallest: z.array(z.number()) }),
  key: z.string().optional(),
});
const chargeShape = z.object({
  format: z.literal("counterfoil-charge/1"),
  id: z.string().min(1),
  time: z.string(),
  version: z.string(),
  seed: finite,
  epsilon: finite.gt(0),
  delta: finite.min(0).lt(1),
  rho: finite.gt(0),
  extraDelta: finite.min(0).lt(1),
  unit: z.object({ kind: z.enum(["row", "group"]), column: z.string().optional(), rows: z.number().int().min(1) }),
  source: markShape,
});
const backShape = z.object({
  format: z.literal(TAKEN_BACK),
  id: z.string().min(1),
  time: z.string(),
  why: z.enum(["over-budget", "nothing-drawn", "settled"]),
});

/** A record with a digest at its end, so that a digit that a disk turned is seen. It keeps nobody from writing another line. */
function lineOf(record: Charge | TakenBack): string {
  const body = JSON.stringify(record);
  return `${body.slice(0, -1)},"check":"${checkOf(body)}"}`;
}

function recordOf({ text, value }: LedgerLine): Charge | TakenBack | null {
  const [, body, check] = /^(.*),"check":"([0-9a-f]{16})"\}$/s.exec(text) ?? [];
  if (body === undefined || checkOf(`${body}}`) !== check) return null;
  const shape = value?.format === TAKEN_BACK ? backShape : chargeShape;
  const parsed = shape.safeParse(value);
  return parsed.success ? (parsed.data as Charge | TakenBack) : null;
}

function checkOf(body: string): string {
  return createHash("sha256").update(body, "utf8").digest("hex").slice(0, 16);
}

async function append(folders: UserFolders, record: Charge | TakenBack): Promise<readonly LedgerLine[]> {
  try {
    return await appendLine(folders, { text: lineOf(record), doing: "reserving privacy budget in the ledger" });
  } catch (error) {
    if (!(error instanceof ResourceError)) throw error;
    throw new ResourceError(error.code, `${error.message} Nothing was spent.`, {
      advice:
        "A private release must be written to the ledger first. Make its folder writable, or name another with XDG_DATA_HOME (its releases will not be known there).",
      cause: error,
    });
  }
}

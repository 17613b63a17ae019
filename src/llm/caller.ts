import { Cancelled, InvalidArgument } from "../errors.ts";
import type { Random } from "../random.ts";
import { type BudgetLimits, createBudget, type Reservation, type Spent, spentIn } from "./budget.ts";
import type { Call, Caller, CallFailure, CallRecord, CallResult } from "./call.ts";
import { callKeys, type KeyOf } from "./journal/call-key.ts";
import type { Journal, Most, Result } from "./journal/journal.ts";
import type { Lane, Ticket } from "./lane.ts";
import type { Exchange, Failure, Model, ModelAnswer, Usage } from "./model.ts";
import { mostTokens } from "./most-tokens.ts";
import { onAbort } from "./on-abort.ts";
import { type ModelPrice, mostPriceOf, priceOf } from "./prices/model-price.ts";

/** A model as calls reach it. */
export interface CallableModel {
  readonly model: Model;
  readonly lane: Lane;
  /** Times one request is sent at most; refusals for being too many are not counted. */
  readonly tries: number;
  /** Of one request. */
  readonly timeoutMs: number;
  /** From {@link findPrice}; null: not known. */
  readonly price: ModelPrice | null;
  /** A second request where the first takes longer than this share of the lane's answers, e.g. .99. Both may be paid. Absent: never. */
  readonly hedge?: number | undefined;
}

export interface CallerOptions {
  /** By the recipe's own names. */
  readonly models: Readonly<Record<string, CallableModel>>;
  readonly journal: Journal;
  readonly recipeVersion: number;
  readonly budget?: BudgetLimits | undefined;
  /** Monotonic; only differences mean anything. */
  readonly clock: { milliseconds(): number };
  /** Of the back-off between tries. */
  readonly random: Random;
  /** Everything ends: requests in flight are given up. */
  readonly signal: AbortSignal;
  /** Nothing more is sent, as if it were cancelled; requests in flight are waited for, so that what they cost is not lost. */
  readonly stopping?: AbortSignal | undefined;
  /** Only what the journal has. */
  readonly offline?: boolean | undefined;
  /** A call that is refused for being too many, or by a server that is overloaded, for so long in all, fails. Default six hours. */
  readonly patienceMs?: number | undefined;
  readonly events?: CallerEvents | undefined;
}

export interface CallerEvents {
  /** An answer came and is durable, or was found in the journal. */
  answered?(record: CallRecord): void;
  /** A request brought no answer, and the call is asked again. */
  again?(failure: Failure, call: { readonly model: string; readonly column: string; readonly tries: number }): void;
}

/** A caller, and what it knows of the budget. */
export interface BudgetedCaller extends Caller {
  /** All that the journal says was spent before, and what was spent since. */
  readonly spent: Spent;
  /** Sends no more and waits for the requests in flight, so that what they cost is in the journal: before the journal is closed. */
  close(): Promise<void>;
}

const SIX_HOURS_MS = 6 * 3_600_000;
const FIRST_WAIT_MS = 200;
/** A server that asks to be left alone for longer is asked again all the same. */
const LONGEST_ASKED_MS = 3_600_000;
const LONGEST_WAIT_MS = 20_000;

/** Makes the caller of a run. A call's answer is looked up in the journal by its key; equal calls that are under way share one request; the rest wait for
 * the budget and their lane, are written down as intended, sent, retried, and durable in the journal before they are handed out.
 *
 * Tries: a failure of the server, the network, or the answer's form is asked again up to `tries` times, after a wait that doubles with each, by chance half
 * as long; it goes back into its lane with the priority of its row. Refusals for being too many cost no try.
 * @throws {InvalidArgument} "unknown-price": a limit of money, and a model whose price is not known; "bad-budget" */
export function createCaller(options: CallerOptions): BudgetedCaller {
  const { models, journal, clock, random, signal, stopping, offline = false, events } = options;
  const { patienceMs = SIX_HOURS_MS, budget: limits = {} } = options;
  const keys = new Map<string, KeyOf>();
  for (const [name, { model, price }] of Object.entries(models)) {
    keys.set(name, callKeys(model, options));
    if (limits.money !== undefined && price === null && !offline)
      throw new InvalidArgument(
        "unknown-price",
        `The budget limits money, but the price of model "${name}" (${model.name} at ${model.endpoint}) is not known.`,
        { advice: "Name a price file that has it (prices: path), or limit tokens instead." },
      );
  }
  const budget = createBudget(limits, {
    clock,
    before: spentIn(journal.totals(), (name, tokens) => mostPriceOf(tokens, models[name]?.price ?? null)),
  });

  /** Fires when nothing more may be sent. */
  const ending = new AbortController();
  const end = (): void => ending.abort();
  onAbort(signal, end);
  if (stopping !== undefined) onAbort(stopping, end);
  if (signal.aborted || stopping?.aborted) end();
  const outOfTime = `The budget of ${limits.seconds} s is used up.`;
  const stopTimer = onceTime(budget.remainingMs(), () => end());
  onAbort(ending.signal, () => budget.stop(outOfTime));

  let isClosed = false;
  const isCancelled = (): boolean => isClosed || signal.aborted || stopping?.aborted === true;
  /** What ended the waiting: time, or somebody who wants everything to end. */
  const ended = (): CallFailure => {
    if (isCancelled()) throw new Cancelled();
    return { kind: "budget", message: outOfTime };
  };
  const underWay = new Map<string, Promise<CallResult>>();
  /** Every request in flight, and what is written down of it. */
  const unfinished = new Set<Promise<unknown>>();
  /** What goes on beside a call that has its answer: a disk that fails is told by the next call. */
  const quietly = (work: Promise<unknown>): void => {
    const quiet = work.catch(() => {}).finally(() => unfinished.delete(quiet));
    unfinished.add(quiet);
  };
  /** How much more tokens a model found in a prompt than was estimated, at most so far. */
  const excess = new Map<string, number>();

  const recordOf = (call: Call, rest: Omit<CallRecord, "model" | "column">): CallRecord => ({
    ...rest,
    model: call.model,
    column: call.column,
  });
  const replay = (call: Call, { key, answer, price, milliseconds }: Result): CallResult => {
    const today = answer.charged ?? priceOf(answer.usage, models[call.model]?.price ?? null) ?? price;
    const record = recordOf(call, { key, usage: answer.usage, price: today, replayed: true, milliseconds });
    events?.answered?.(record);
    return { answer, record };
  };

  /** Sends one request and tells the lane, the journal and the budget what became of it. */
  const send = async (asked: Admitted, signalOfRequest: AbortSignal): Promise<Sent> => {
    const { call, key, target, most, ticket, reservation, attempt } = asked;
    const { model: name, column } = call;
    let intent: number;
    try {
      intent = journal.intent({ key, model: name, column, attempt, most });
    } catch (error) {
      reservation.settle({ money: 0, tokens: 0, calls: 0 });
      ticket.done({ kind: "cancelled", latencyMs: 0 });
      throw error;
    }
    const began = clock.milliseconds();
    let exchange: Exchange | undefined;
    try {
      exchange = await target.model.send(call.request, {
        signal: signalOfRequest,
        timeoutMs: target.timeoutMs,
        key,
        sample: call.sample,
      });
    } catch (error) {
      if (!signalOfRequest.aborted) {
        // A fault of ours: it must not look like one of the server, and it must not leave the lane a permit short.
        ticket.done({ kind: "cancelled", latencyMs: clock.milliseconds() - began });
        reservation.settle("unknown");
        throw error;
      }
    }
    const latencyMs = clock.milliseconds() - began;
    if (exchange?.answer !== undefined) {
      const answer = plausible(exchange.answer);
      const { usage } = answer;
      const tokens = usage === null ? undefined : usage.promptTokens + usage.completionTokens;
      ticket.done({ kind: "answered", latencyMs, limits: exchange.limits, tokens });
      if (usage !== null && usage.promptTokens > most.promptTokens)
        excess.set(name, ((excess.get(name) ?? 1) * usage.promptTokens) / most.promptTokens);
      const price = answer.charged ?? priceOf(usage, target.price);
      reservation.settle(usage === null ? "unknown" : { money: price ?? 0, tokens: tokens ?? 0, calls: 1 });
      return { answer, intent, price };
    }
    const failure = exchange?.failure;
    const kind = failure?.kind ?? "cancelled";
    ticket.done({
      kind,
      latencyMs,
      retryAfterMs: failure?.retryAfterMs,
      limits: exchange?.limits,
      message: failure?.message,
      status: failure?.status,
    });
    const usage = failure?.usage ?? null;
    const mayBePaid = usage === null && failure?.unsent !== true && MAY_BE_PAID.has(kind);
    const price = priceOf(usage, target.price);
    if (mayBePaid) reservation.settle("unknown");
    else
      reservation.settle({
        money: price ?? 0,
        tokens: usage === null ? 0 : usage.promptTokens + usage.completionTokens,
        calls: usage === null ? 0 : 1,
      });
    journal.failure({
      key,
      model: name,
      column,
      intent,
      kind,
      status: failure?.status ?? null,
      message: failure?.message ?? "",
      usage,
      price,
      mayBePaid,
      milliseconds: latencyMs,
    });
    return { failure };
  };

  /** A place in the lane and in the budget. */
  const admit = async (waiting: Waiting, delayMs: number): Promise<Admitted | Refused> => {
    const { call, most, target } = waiting;
    await journal.ready();
    let ticket: Ticket;
    try {
      const tokens = most.promptTokens + most.completionTokens;
      const admission = await target.lane.admit(call.priority, { signal: ending.signal, tokens, delayMs });
      if (admission.failure !== undefined) return { failure: { ...admission.failure, tries: waiting.attempt - 1 } };
      ticket = admission.ticket;
    } catch (error) {
      if (!ending.signal.aborted) throw error;
      return { failure: ended() };
    }
    if (call.isWanted?.() === false) {
      ticket.done({ kind: "cancelled", latencyMs: 0 });
      throw new Cancelled();
    }
    const reserving = budget.reserve(most);
    const reserved = reserving instanceof Promise ? await reserving : reserving;
    if (reserved.refusal === undefined && !ending.signal.aborted)
      return { ...waiting, ticket, reservation: reserved.reservation };
    reserved.reservation?.settle({ money: 0, tokens: 0, calls: 0 });
    ticket.done({ kind: "cancelled", latencyMs: 0 });
    if (ending.signal.aborted) return { failure: ended() };
    return { failure: { kind: "budget", message: reserved.refusal ?? outOfTime } };
  };

  /** One try: the request, and another one beside it where the first is slow. */
  const attempt = async (asked: Asked): Promise<Sent> => {
    const { hedge, lane } = asked.target;
    const afterMs = hedge === undefined ? null : lane.latencyQuantile(hedge);
    if (afterMs === null) return send(asked, signal);
    return sendTwice(asked, afterMs);
  };
  const sendTwice = async (asked: Asked, afterMs: number): Promise<Sent> => {
    const cut = [new AbortController(), new AbortController()] as const;
    const release = onAbort(signal, () => {
      for (const one of cut) one.abort();
    });
    try {
      const leading = send(asked, cut[0].signal);
      if (!(await outlasts(leading, afterMs))) return await leading;
      // Whatever keeps the second request from being sent, the first may still be answered.
      const admitting = admit(asked, 0).catch(() => undefined);
      const beside = await Promise.race([leading.then(nothing, nothing), admitting]);
      if (beside !== undefined && "ticket" in beside) {
        const following = send(beside, cut[1].signal)
          .catch(nothing)
          .then((sent) => sent ?? { failure: undefined });
        return await firstAnswer([leading, following], { asked, cut });
      }
      // Its place comes too late.
      quietly(admitting.then((late) => late !== undefined && "ticket" in late && giveBack(late)));
      return await leading;
    } finally {
      release();
    }
  };
  /** The first answer; the other request is given up. An answer that still comes of it is paid, so it is written down. */
  const firstAnswer = async (
    both: readonly [Promise<Sent>, Promise<Sent>],
    { asked, cut }: { readonly asked: Asked; readonly cut: readonly [AbortController, AbortController] },
  ): Promise<Sent> => {
    const marked = both.map((one, i) => one.then((sent) => ({ sent, i })));
    const { sent, i } = await Promise.race(marked);
    const other = both[1 - i] as Promise<Sent>;
    if (sent.answer === undefined) {
      const second = await other;
      return second.answer === undefined && sent.failure !== undefined ? sent : second;
    }
    cut[1 - i]?.abort();
    quietly(
      other.then((late) =>
        late.answer === undefined ? undefined : journal.result(resultOf(asked, late, asked.attempt)),
      ),
    );
    return sent;
  };

  const resultOf = ({ call, key, began }: Asked, { answer, intent, price }: Answered, tries: number): Result => {
    const milliseconds = clock.milliseconds() - began;
    return { key, model: call.model, column: call.column, intent, answer, price, milliseconds, tries };
  };

  const ask = async (call: Call, key: string, target: CallableModel): Promise<CallResult> => {
    const tokens = mostTokens(call.request, excess.get(call.model));
    const most = { ...tokens, price: mostPriceOf(tokens, target.price) };
    let began: number | undefined;
    let refusedSince: number | undefined;
    let refusals = 0;
    let delayMs = 0;
    for (let sends = 1; ; sends++) {
      const admitted = await admit({ call, key, target, most, attempt: sends }, delayMs);
      if ("failure" in admitted) return admitted;
      began ??= clock.milliseconds();
      const asked = { ...admitted, began };
      const sent = await attempt(asked);
      if (sent.answer !== undefined) {
        const result = resultOf(asked, sent, sends);
        await journal.result(result);
        const { price, milliseconds, answer } = result;
        const record = recordOf(call, { key, usage: answer.usage, price, replayed: false, milliseconds });
        events?.answered?.(record);
        return { answer, record };
      }
      if (sent.failure === undefined) throw new Cancelled();
      const { failure } = sent;
      // While the endpoint is dead, whoever finds out whether it is back fails for all.
      const tries = sends - (REFUSED.has(failure.kind) || admitted.ticket.isProbe ? ++refusals : refusals);
      if (REFUSED.has(failure.kind)) {
        refusedSince ??= clock.milliseconds();
        if (clock.milliseconds() - refusedSince >= patienceMs) return { failure: { ...failure, tries: sends } };
        // The lane itself slows down; a request that is refused again and again waits besides.
        delayMs = refusals === 1 ? 0 : Math.max(backOff(refusals - 1), askedOf(failure));
      } else {
        if (!AGAIN.has(failure.kind) || tries >= target.tries) return { failure: { ...failure, tries: sends } };
        delayMs = Math.max(backOff(tries), askedOf(failure));
      }
      events?.again?.(failure, { model: call.model, column: call.column, tries: sends });
    }
  };
  const askedOf = ({ retryAfterMs }: Failure): number => Math.min(LONGEST_ASKED_MS, retryAfterMs ?? 0);
  const backOff = (tries: number): number =>
    Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (tries - 1)) * (0.5 + 0.5 * random.uniform());

  return {
    async call(call) {
      if (isCancelled()) throw new Cancelled();
      const target = models[call.model];
      const keyOf = keys.get(call.model);
      if (target === undefined || keyOf === undefined)
        throw new InvalidArgument(
          "unknown-model",
          `Column "${call.column}" asks model "${call.model}", which there is none of.`,
        );
      const key = keyOf(call.request, call.sample);
      for (let shared = underWay.get(key); shared !== undefined; shared = underWay.get(key)) {
        const result = await shared.catch((error: unknown) => {
          // Another cell's call of the same key was given up because that cell is no longer wanted; this one may be.
          if (error instanceof Cancelled && !isCancelled() && call.isWanted?.() !== false) return undefined;
          throw error;
        });
        if (result === undefined) continue;
        if (result.record === undefined) return result;
        const record = recordOf(call, { ...result.record, replayed: true });
        if (result.answer !== undefined) events?.answered?.(record);
        return { ...result, record };
      }
      const known = journal.find(key);
      if (known !== undefined) return replay(call, known);
      if (offline)
        return {
          failure: { kind: "not-recorded", message: `No answer to this call of "${call.column}" is recorded.` },
        };
      const asking = ask(call, key, target);
      underWay.set(key, asking);
      try {
        return await asking;
      } finally {
        underWay.delete(key);
      }
    },
    get spent() {
      return budget.spent;
    },
    async close() {
      isClosed = true;
      stopTimer();
      end();
      await Promise.allSettled([...underWay.values()]);
      await Promise.allSettled([...unfinished]);
    },
  };
}

interface Waiting {
  readonly call: Call;
  readonly key: string;
  readonly target: CallableModel;
  readonly most: Most;
  /** 1, 2, … */
  readonly attempt: number;
}

interface Admitted extends Waiting {
  readonly ticket: Ticket;
  readonly reservation: Reservation;
}

interface Asked extends Admitted {
  /** When the call was sent first. */
  readonly began: number;
}

interface Refused {
  readonly failure: CallFailure;
}

interface Answered {
  readonly answer: ModelAnswer;
  readonly intent: number;
  readonly price: number | null;
  readonly failure?: undefined;
}

/** Without answer and failure: it was given up because a signal fired. */
type Sent = Answered | { readonly failure: Failure | undefined; readonly answer?: undefined };

/** Asked again, up to the number of tries. */
const AGAIN: ReadonlySet<string> = new Set(["server", "network", "timeout", "garbled"]);

/** Asked again until patience ends. */
const REFUSED: ReadonlySet<string> = new Set(["rate-limited", "overloaded"]);

/** The server may have done the work: its answer was torn, came too late, or was not waited for. */
const MAY_BE_PAID: ReadonlySet<string> = new Set(["garbled", "timeout", "network", "cancelled"]);

function nothing(): undefined {}

function giveBack({ ticket, reservation }: Admitted): void {
  reservation.settle({ money: 0, tokens: 0, calls: 0 });
  ticket.done({ kind: "cancelled", latencyMs: 0 });
}

/** @returns false: it came within the time */
async function outlasts(work: Promise<unknown>, milliseconds: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<true>((done) => {
    timer = setTimeout(() => done(true), milliseconds);
  });
  try {
    return await Promise.race([work.then(() => false), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Numbers of tokens as a server may send them, which may be anything, are believed only where they can be numbers of tokens. */
function plausible(answer: ModelAnswer): ModelAnswer {
  const { usage, charged } = answer;
  const usageHolds = usage === null || isUsage(usage);
  const chargedHolds = charged === null || (Number.isFinite(charged) && charged >= 0);
  if (usageHolds && chargedHolds) return answer;
  return { ...answer, usage: usageHolds ? usage : null, charged: chargedHolds ? charged : null };
}

function isUsage({ promptTokens, completionTokens, cachedTokens = 0 }: Usage): boolean {
  return [promptTokens, completionTokens, cachedTokens].every((n) => Number.isSafeInteger(n) && n >= 0);
}

/** setTimeout takes 2^31 ms at most. @returns takes it back */
function onceTime(milliseconds: number, action: () => void): () => void {
  if (milliseconds === Number.POSITIVE_INFINITY) return () => {};
  let timer: ReturnType<typeof setTimeout>;
  const wait = (left: number): void => {
    timer = setTimeout(() => (left > 1e9 ? wait(left - 1e9) : action()), Math.min(left, 1e9));
    timer.unref?.();
  };
  wait(Math.max(0, milliseconds));
  return () => clearTimeout(timer);
}

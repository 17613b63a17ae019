import { Cancelled, throwIfCancelled } from "../errors.ts";
import type { Caller } from "../llm/call.ts";
import type { Json } from "../llm/model.ts";
import type { Random } from "../random.ts";
import { acceptanceOf, hopelessAttempts } from "./accept.ts";
import { callCounts } from "./count-calls.ts";
import { rejectionCounts, rejectionsInWords } from "./count-rejections.ts";
import type { RowCall } from "./row-calls.ts";
import type { RunSummary } from "./run-summary.ts";
import { scheduleOf } from "./schedule.ts";
import { type Attempt, type RowRun, scheduleCells } from "./schedule-cells.ts";
import type { Rejection, Row, Step, Stop } from "./step.ts";

export interface RunTextOptions {
  /** Accepted rows that are wanted, or "all": one attempt for each source row. */
  readonly rows: number | "all";
  /** Rows begun at most; default 10 × rows, at least 100; none where rows is "all". */
  readonly mostAttempts?: number | undefined;
  /** Where an attempt comes from; undefined: the source is used up. Called once for each number, ascending. */
  readonly attempt: (index: number) => Attempt | undefined;
  /** Source rows, where rows is "all" and their number is known. */
  readonly sourceRows?: number | undefined;
  readonly random: Random;
  readonly caller: Caller;
  /** A monotonic one, milliseconds. */
  readonly clock: { milliseconds(): number };
  readonly signal?: AbortSignal | undefined;
  /** Rows that are begun and not yet handed over, at most: what bounds memory. Default 16,384. */
  readonly window?: number | undefined;
  /** Calls that the models bear at a time, together; default 256. No more than four times as many cells wait for an answer (at least 512) before a row is
   * begun, and as many rows at the end of the run go on level by level, so that the last answers come together. */
  readonly concurrency?: number | undefined;
  /** Called for accepted and rejected rows together strictly in the order of their numbers, never again before the promise is kept. */
  readonly onAccepted: (row: Row, calls: readonly RowCall[]) => void | Promise<void>;
  /** `row.cells` are those that were made. */
  readonly onRejected?: ((row: Row, rejected: RejectedRow) => void | Promise<void>) | undefined;
  readonly events?: { readonly progress?: (progress: TextProgress) => void } | undefined;
}

export interface RejectedRow extends Rejection {
  readonly step: string;
  readonly calls: readonly RowCall[];
}

/** Told whenever something happened, at most ten times a second and once at the end. */
export interface TextProgress {
  /** Accepted rows wanted; null: not known. */
  readonly asked: number | null;
  readonly accepted: number;
  readonly rejected: number;
  readonly begun: number;
  /** Cells that wait for an answer. */
  readonly running: number;
  readonly seconds: number;
}

/** What the rows came to; what the lanes saw is added by who owns them. */
export type TextRun = Omit<RunSummary, "lanes">;

/** Starts in one go, before answers are looked at: a wave of first requests must not wait until thousands of prompts are written. */
const CALLS_AT_ONCE = 64;
const ROWS_AT_ONCE = 1024;
const PROGRESS_MS = 100;

/** Makes rows by the steps of a plan until as many are accepted as were asked for, and no more are begun than that takes. Cells run as soon as what they
 * read is there; rows are handed over in the order of their numbers. Same answers give the same rows, whatever the order in which answers arrive.
 *
 * A step that rejects costs its row only. Where a step says stop, no further model is asked, what is on its way is awaited, and every row that is good by
 * then is handed over.
 * @throws {InvalidArgument} the steps are not in topological order
 * @throws {Cancelled} the signal fired; rows handed over by then are good
 * @throws what a callback or a step threw, once nothing runs any more */
export function runText(plan: { readonly steps: readonly Step[] }, options: RunTextOptions): Promise<TextRun> {
  return new Promise((resolve, reject) => {
    start(plan, options, { resolve, reject });
  });
}

function start(
  plan: { readonly steps: readonly Step[] },
  options: RunTextOptions,
  promise: { readonly resolve: (run: TextRun) => void; readonly reject: (error: unknown) => void },
): void {
  const { rows, clock, events, window = 16_384, concurrency = 256, signal } = options;
  throwIfCancelled(signal);
  const mostAttempts = options.mostAttempts ?? (rows === "all" ? Number.POSITIVE_INFINITY : Math.max(10 * rows, 100));
  const mostRunning = Math.max(512, 4 * concurrency);
  const hopeless = hopelessAttempts({ rows, mostAttempts });
  const acceptance = acceptanceOf({ rows, mostAttempts });
  const schedule = scheduleOf(plan.steps);
  const filters = schedule.filters.map((step) => ({ name: step.name, ...step.stream() }));
  const calls = callCounts();
  const rejections = rejectionCounts();
  const startedAt = clock.milliseconds();
  const seconds = (): number => (clock.milliseconds() - startedAt) / 1000;

  /** Rows from `turn` on, by their number modulo the window. */
  const slots: (RowRun | undefined)[] = new Array(window);
  /** Rows that are good but for the filter and wait for their turns: the first of each key; and those that a row before them dooms. */
  const waiting = new Map<string, RowRun>();
  const doomed = new Set<RowRun>();
  /** The first row that is not handed over. */
  let turn = 0;
  let rejected = 0;
  let unfinished = 0;
  let isUsedUp = false;
  let stopped: Stop | undefined;
  let error: { readonly cause: unknown } | undefined;
  let isHandingOver = false;
  let isWorking = false;
  let isOver = false;
  let breath: ReturnType<typeof setTimeout> | undefined;
  let toldAt = startedAt;

  /** Tells steps of the user's own, which might never end, that the run will. */
  const halted = new AbortController();
  const halt = (cause: unknown): void => {
    error ??= { cause };
    halted.abort();
  };
  const stop = (reason: Stop): void => {
    stopped ??= reason;
  };
  const rowsAhead = (): number => (rows === "all" ? (options.sourceRows ?? mostAttempts) : acceptance.attemptsSoFar());

  const cells = scheduleCells(schedule, {
    random: options.random,
    caller: options.caller,
    signal: halted.signal,
    // Older rows first; among the last ones, those first that have the longest way to go: Hu's rule, by which a crowd of chains ends soonest.
    priority(index, { calls: ahead, most }) {
      const tail = rowsAhead() - concurrency;
      return index <= tail ? index : tail + (most - ahead) * concurrency + Math.min(index - tail, concurrency);
    },
    isStopped: () => stopped !== undefined || error !== undefined,
    onRejected: () => acceptance.reject(),
    onSettled(run) {
      if (!run.rejection && !run.isUnfinished) foresee(run);
    },
    onStop: stop,
    onError: halt,
    onChange: () => work(),
  });

  /** Rejects a row before its turn where the verdict is sure, so that its replacement starts. */
  const foresee = (run: RowRun): void => {
    const [first] = filters;
    const early = first?.early?.(run.row);
    if (first && early) {
      run.rejection = { ...early, step: first.name };
      acceptance.reject();
      return;
    }
    // Of rows that are alike and wait for their turns the first alone can stay: unless a second filter refuses it.
    if (!first?.key || filters.length > 1) return;
    const key = first.key(run.row);
    const twin = waiting.get(key);
    if (!twin || twin.row.index > run.row.index) waiting.set(key, run);
    if (!twin) return;
    doomed.add(twin.row.index > run.row.index ? twin : run);
    acceptance.reject();
  };

  /** Does all that can be done now. */
  const work = (): void => {
    if (isWorking || isOver) return;
    isWorking = true;
    try {
      do handOver();
      while (begin());
    } catch (cause) {
      halt(cause);
    }
    isWorking = false;
    tell();
    if (cells.running > 0 || isHandingOver) return;
    if (error) end();
    else if (turn === acceptance.begun && breath === undefined) end();
  };

  /** @returns whether a row was begun and is settled already */
  const begin = (): boolean => {
    if (breath !== undefined) return false;
    const callsBefore = cells.started;
    let isAnySettled = false;
    for (let count = 0; mayBegin(); count++) {
      if (count === ROWS_AT_ONCE || cells.started - callsBefore >= CALLS_AT_ONCE) {
        breath = setTimeout(() => {
          breath = undefined;
          work();
        }, 0);
        break;
      }
      const index = acceptance.begun;
      const attempt = options.attempt(index);
      if (!attempt) {
        isUsedUp = true;
        break;
      }
      acceptance.begin();
      const run = cells.begin(index, attempt);
      slots[index % window] = run;
      isAnySettled ||= run.isSettled;
    }
    return isAnySettled;
  };

  const mayBegin = (): boolean =>
    !isUsedUp &&
    stopped === undefined &&
    error === undefined &&
    acceptance.mayBegin() &&
    acceptance.begun - turn < window &&
    cells.running < mostRunning;

  /** Hands over rows in the order of their numbers, as far as they are settled. */
  const handOver = (): void => {
    while (!isHandingOver && !error && turn < acceptance.begun) {
      const run = slots[turn % window] as RowRun;
      if (!run.isSettled) return;
      if (run.rejection) handOverRejected(run, run.rejection);
      else if (run.isUnfinished) {
        unfinished++;
        next(run);
      } else {
        if (filters.length === 1 && filters[0]?.key) {
          const key = filters[0].key(run.row);
          if (waiting.get(key) === run) waiting.delete(key);
        }
        offer(run, 0);
      }
    }
  };

  const offer = (run: RowRun, from: number): void => {
    const filter = filters[from];
    if (!filter) {
      for (const one of filters) one.accepted?.(run.row);
      acceptance.accept();
      after(options.onAccepted(run.row, run.calls), () => next(run));
      return;
    }
    after(filter.offer(run.row), (rejection) => {
      if (!rejection) offer(run, from + 1);
      else {
        if (!doomed.delete(run)) acceptance.reject();
        handOverRejected(run, { ...rejection, step: filter.name });
      }
    });
  };

  const handOverRejected = (run: RowRun, rejection: Rejection & { readonly step: string }): void => {
    const row = { ...run.row, cells: madeCells(run.row.cells) };
    rejections.add(row, rejection);
    rejected++;
    after(options.onRejected?.(row, { ...rejection, calls: run.calls }), () => {
      next(run);
      if (turn >= hopeless && acceptance.accepted === 0 && !isAnyGood()) stop(everyRowRejected());
    });
  };

  const next = (run: RowRun): void => {
    calls.add(run.calls);
    slots[turn % window] = undefined;
    turn++;
  };

  /** Goes on at once, or when the promise is kept. */
  const after = <T>(value: T | Promise<T>, then: (value: T) => void): void => {
    if (!(value instanceof Promise)) {
      then(value);
      return;
    }
    isHandingOver = true;
    value
      .then((kept) => {
        isHandingOver = false;
        then(kept);
      })
      .catch((cause: unknown) => {
        isHandingOver = false;
        halt(cause);
      })
      .then(() => work());
  };

  const isAnyGood = (): boolean => {
    for (let index = turn; index < acceptance.begun; index++) {
      const run = slots[index % window] as RowRun;
      if (run.isSettled && !run.rejection && !run.isUnfinished) return true;
    }
    return false;
  };

  const everyRowRejected = (): Stop => ({
    reason: "every-row-rejected",
    detail: `None of ${turn === 1 ? "the one row" : `the first ${turn} rows`} was accepted: ${rejectionsInWords(rejections.counts())}.`,
  });

  /** Why there are fewer rows than were asked for. */
  const shortfall = (): Stop | null => {
    const { accepted, begun } = acceptance;
    if (rows !== "all" && accepted >= rows) return null;
    if (stopped) return stopped;
    if (accepted === 0 && rejected > 0) return everyRowRejected();
    if (rows === "all" && isUsedUp) return null;
    if (isUsedUp)
      return {
        reason: "source-used-up",
        detail: `The source has no row after ${begun} attempts; ${accepted} of ${rows} rows were accepted.`,
      };
    return {
      reason: "attempts-used-up",
      detail: `${begun} rows were begun, as many as mostAttempts allows; ${accepted} of ${rows === "all" ? "all" : rows} were accepted.`,
    };
  };

  const end = (): void => {
    isOver = true;
    clearTimeout(breath);
    signal?.removeEventListener("abort", cancel);
    if (error) {
      promise.reject(error.cause);
      return;
    }
    tell(true);
    promise.resolve({
      asked: rows === "all" ? (options.sourceRows ?? acceptance.begun) : rows,
      accepted: acceptance.accepted,
      attempts: acceptance.begun,
      rejected,
      unfinished,
      rejections: rejections.counts(),
      stopped: shortfall(),
      spending: calls.spending(),
      seconds: seconds(),
    });
  };

  const cancel = (): void => {
    halt(new Cancelled("Stopped on request. Rows and answers that were kept by then stay; run it again to go on."));
    work();
  };

  const tell = (isLast = false): void => {
    if (!events?.progress) return;
    const now = clock.milliseconds();
    if (!isLast && now - toldAt < PROGRESS_MS) return;
    toldAt = now;
    events.progress({
      asked: rows === "all" ? (options.sourceRows ?? null) : rows,
      accepted: acceptance.accepted,
      rejected,
      begun: acceptance.begun,
      running: cells.running,
      seconds: (now - startedAt) / 1000,
    });
  };

  signal?.addEventListener("abort", cancel);
  work();
}

/** Without the cells that were never made. */
function madeCells(cells: Readonly<Record<string, Json | undefined>>): Record<string, Json> {
  return Object.fromEntries(Object.entries(cells).filter((entry): entry is [string, Json] => entry[1] !== undefined));
}

import { Cancelled } from "../errors.ts";
import type { Call, Caller, CallRecord, CallResult } from "../llm/call.ts";
import type { Json } from "../llm/model.ts";
import type { Random } from "../random.ts";
import type { RowCall } from "./row-calls.ts";
import { callsAhead, type Schedule } from "./schedule.ts";
import type { CallMark, CellContext, CellOutcome, Rejection, Row, Stop } from "./step.ts";

/** Where one attempt comes from. */
export interface Attempt {
  /** See {@link Row}. */
  readonly sample: number;
  readonly source: Row["source"];
  readonly sourceIndex: number | null;
  /** Names the streams of random numbers of this row: equal identities draw equal numbers. */
  readonly identity: string | number;
}

/** A row in the making. */
export interface RowRun {
  readonly row: Row & { readonly cells: Record<string, Json> };
  /** In the order of their steps once the row is settled. */
  readonly calls: RowCall[];
  /** The first step, in the order of the plan, that was seen to reject it. */
  rejection: (Rejection & { readonly step: string }) | undefined;
  /** A cell could not be made because the run stopped. */
  isUnfinished: boolean;
  /** Nothing of it runs, and nothing will. */
  isSettled: boolean;
}

export interface CellSchedulerOptions {
  readonly random: Random;
  readonly caller: Caller;
  readonly signal: AbortSignal;
  /** Priority of a call. @param ahead model calls on the longest way from here to the end of the row; at most `most` */
  readonly priority: (index: number, ahead: { readonly calls: number; readonly most: number }) => number;
  /** True: no model is asked any more. */
  readonly isStopped: () => boolean;
  /** A step rejected a row; the first time for each row. Its other calls may still be on their way. */
  readonly onRejected: (run: RowRun) => void;
  readonly onSettled: (run: RowRun) => void;
  readonly onStop: (stop: Stop) => void;
  /** A step failed in a way that is no outcome: the run must end. */
  readonly onError: (error: unknown) => void;
  /** After each cell that took time. */
  readonly onChange: () => void;
}

/** Runs the cells of rows, each as soon as everything that it reads is there. What needs no waiting runs at once, without a promise. */
export interface CellScheduler {
  begin(index: number, attempt: Attempt): RowRun;
  /** Cells that take time and have not ended. */
  readonly running: number;
  /** Such cells ever started. */
  readonly started: number;
}

/** A row with what only its scheduler needs. */
interface Run extends RowRun {
  readonly identity: string | number;
  /** Cells and checks that each cell still waits for. */
  readonly waits: number[];
  /** Stream of random numbers, once a cell asked for it. */
  random: Random | undefined;
  cellsLeft: number;
  running: number;
}

export function scheduleCells(schedule: Schedule, options: CellSchedulerOptions): CellScheduler {
  const { cells, dependents, roots, positions } = schedule;
  const { isStopped } = options;
  /** Steps that gave a promise: they start last, so that a check that rejects at once costs nothing. */
  const isCall: boolean[] = cells.map(() => false);
  let ahead = callsAhead(schedule, isCall);
  let most = 0;
  let running = 0;
  let started = 0;

  const begin = (index: number, { sample, source, sourceIndex, identity }: Attempt): RowRun => {
    const run: Run = {
      row: { index, sample, source, sourceIndex, cells: { ...schedule.empty } },
      calls: [],
      rejection: undefined,
      isUnfinished: false,
      isSettled: false,
      identity,
      waits: schedule.waits.slice(),
      random: undefined,
      cellsLeft: cells.length,
      running: 0,
    };
    advance(run, roots.slice());
    return run;
  };

  /** Starts cells that are ready, and those that become ready by them. */
  const advance = (run: Run, ready: number[]): void => {
    const calls: number[] = [];
    let next = 0;
    let nextCall = 0;
    while (!run.rejection && !run.isUnfinished) {
      if (next < ready.length) {
        const at = ready[next++] as number;
        if (isCall[at]) calls.push(at);
        else start(run, at, ready);
      } else if (nextCall < calls.length) start(run, calls[nextCall++] as number, ready);
      else break;
    }
    if (run.running > 0 || run.isSettled) return;
    if (run.cellsLeft > 0 && !run.rejection && !run.isUnfinished) return;
    run.isSettled = true;
    if (run.calls.length > 1)
      run.calls.sort((a, b) => (positions.get(a.step) as number) - (positions.get(b.step) as number));
    options.onSettled(run);
  };

  const start = (run: Run, at: number, ready: number[]): void => {
    let outcome: CellOutcome | Promise<CellOutcome>;
    try {
      outcome = (cells[at] as Schedule["cells"][number]).cell(run.row, contextOf(run, at));
      if (!("then" in outcome)) {
        take(run, at, outcome, ready);
        return;
      }
    } catch (error) {
      fail(run, error);
      return;
    }
    if (!isCall[at]) {
      isCall[at] = true;
      ahead = callsAhead(schedule, isCall);
      most = Math.max(...ahead);
    }
    run.running++;
    running++;
    started++;
    const ended = (): void => {
      run.running--;
      running--;
    };
    outcome
      .then(
        (value) => {
          ended();
          const next: number[] = [];
          take(run, at, value, next);
          advance(run, next);
        },
        (error: unknown) => {
          ended();
          fail(run, error);
          advance(run, []);
        },
      )
      .catch((error: unknown) => fail(run, error))
      .then(options.onChange);
  };

  const take = (run: Run, at: number, outcome: CellOutcome, ready: number[]): void => {
    const { name } = cells[at] as Schedule["cells"][number];
    if (outcome.reject) {
      const isFirst = run.rejection === undefined;
      if (isFirst || at < (positions.get(run.rejection?.step as string) as number))
        run.rejection = { ...outcome.reject, step: name };
      if (isFirst) options.onRejected(run);
    } else if (outcome.stop) {
      run.isUnfinished = true;
      options.onStop(outcome.stop);
    } else {
      run.row.cells[name] = outcome.value;
      run.cellsLeft--;
      for (const dependent of dependents[at] as readonly number[]) {
        const left = (run.waits[dependent] as number) - 1;
        run.waits[dependent] = left;
        if (left === 0) ready.push(dependent);
      }
    }
  };

  const fail = (run: Run, error: unknown): void => {
    run.isUnfinished = true;
    if (!(error instanceof Cancelled) || isWanted(run)) options.onError(error);
  };

  const contextOf = (run: Run, at: number): CellContext => {
    const { name } = cells[at] as Schedule["cells"][number];
    let random: Random | undefined;
    return {
      get random() {
        if (!random) {
          run.random ??= options.random.split(run.identity);
          random = run.random.split(name);
        }
        return random;
      },
      caller: { call: (call) => ask(run, at, call) },
      signal: options.signal,
      record: (record: CallRecord, mark?: CallMark) => {
        run.calls.push(mark ? { step: name, record, mark } : { step: name, record });
      },
    };
  };

  const ask = (run: Run, at: number, call: Call): Promise<CallResult> => {
    if (!isWanted(run)) return Promise.reject(new Cancelled(NO_LONGER_WANTED));
    // A step that was not known to ask counts as one call.
    const calls = Math.max(ahead[at] as number, 1);
    const priority = options.priority(run.row.index, { calls, most: Math.max(most, calls) });
    return options.caller.call({ ...call, priority, isWanted: () => isWanted(run) });
  };

  const isWanted = (run: Run): boolean => run.rejection === undefined && !isStopped();

  return {
    begin,
    get running() {
      return running;
    },
    get started() {
      return started;
    },
  };
}

/** What a step sees that asks a model all the same. */
const NO_LONGER_WANTED = "This answer is no longer wanted: its row was rejected, or the run has stopped.";

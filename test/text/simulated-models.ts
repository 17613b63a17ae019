import { mock } from "node:test";
import { Cancelled } from "../../src/errors.ts";
import type { Call, CallRecord, CallResult } from "../../src/llm/call.ts";
import type { CellOutcome, Step } from "../../src/text/step.ts";

/** Models of a fixed capacity on a clock that jumps from answer to answer: what a run would take if everything but the models took no time. */
export interface SimulatedModels {
  readonly caller: { call(call: Call): Promise<CallResult> };
  readonly clock: { milliseconds(): number };
  /** Sent. */
  readonly calls: number;
  readonly inFlight: number;
  /** The most calls at a time. */
  readonly most: number;
  /** Starts something and lets time pass until its promise is kept. */
  until<T>(start: () => Promise<T>): Promise<T>;
}

export interface SimulatedOptions {
  /** Requests at a time, by model; absent: no limit. */
  readonly capacity?: Readonly<Record<string, number>>;
  /** Milliseconds of an answer. */
  readonly latency: (call: Call) => number;
  readonly answer?: (call: Call) => Partial<CallResult>;
}

interface Waiting {
  readonly call: Call;
  readonly number: number;
  readonly resolve: (result: CallResult) => void;
  readonly reject: (error: unknown) => void;
}

export function simulatedModels({ capacity = {}, latency, answer }: SimulatedOptions): SimulatedModels {
  let now = 0;
  let asked = 0;
  let calls = 0;
  let inFlight = 0;
  let most = 0;
  const busy = new Map<string, number>();
  const queues = new Map<string, Heap<Waiting>>();
  const ends = heap<{ readonly at: number; readonly number: number; readonly end: () => void }>(
    (a, b) => a.at - b.at || a.number - b.number,
  );

  const send = ({ call, number, resolve, reject }: Waiting): void => {
    if (call.isWanted?.() === false) {
      reject(new Cancelled());
      return;
    }
    calls++;
    busy.set(call.model, (busy.get(call.model) ?? 0) + 1);
    most = Math.max(most, ++inFlight);
    const took = latency(call);
    ends.push({
      at: now + took,
      number,
      end() {
        inFlight--;
        busy.set(call.model, (busy.get(call.model) as number) - 1);
        resolve({ answer: answerOf(call), record: recordOf(call, took), ...answer?.(call) } as CallResult);
      },
    });
  };
  const caller = {
    call: (call: Call) =>
      new Promise<CallResult>((resolve, reject) => {
        const queue = queues.get(call.model) ?? heap<Waiting>((a, b) => before(a, b));
        queues.set(call.model, queue);
        queue.push({ call, number: asked++, resolve, reject });
      }),
  };
  /** @returns whether there was one to send */
  const sendWaiting = (): boolean => {
    let isAny = false;
    for (const [model, queue] of queues) {
      while (queue.peek() && (busy.get(model) ?? 0) < (capacity[model] ?? Number.POSITIVE_INFINITY)) {
        send(queue.pop() as Waiting);
        isAny = true;
      }
    }
    return isAny;
  };
  /** Until nothing moves but by time: the run's own timers included. */
  const settle = async (): Promise<void> => {
    for (let quiet = 0, seen = asked; quiet < 2; quiet = asked === seen ? quiet + 1 : 0) {
      seen = asked;
      await new Promise((done) => setImmediate(done));
      mock.timers.tick(1);
    }
  };
  return {
    caller,
    clock: { milliseconds: () => now },
    get calls() {
      return calls;
    },
    get inFlight() {
      return inFlight;
    },
    get most() {
      return most;
    },
    async until(start) {
      mock.timers.enable({ apis: ["setTimeout"] });
      const promise = start();
      let isOver = false;
      const over = (): void => {
        isOver = true;
      };
      promise.then(over, over);
      try {
        for (let idle = 0; ; ) {
          do await settle();
          while (sendWaiting());
          if (isOver) return await promise;
          const first = ends.pop();
          if (!first) {
            if (++idle > 1000) throw new Error(`nothing runs at ${now} ms, and the run has not ended`);
            continue;
          }
          now = first.at;
          first.end();
          while (ends.peek()?.at === now) ends.pop()?.end();
        }
      } finally {
        mock.timers.reset();
      }
    },
  };
}

function before(a: Waiting, b: Waiting): number {
  return a.call.priority - b.call.priority || a.number - b.number;
}

/** A step that asks a model one question; `made` makes the cell of the answer. */
export function callStep(
  name: string,
  {
    model = "model",
    reads = [],
    after = [],
    made = () => ({ value: name }),
  }: {
    readonly model?: string;
    readonly reads?: readonly string[];
    readonly after?: readonly string[];
    readonly made?: (index: number, text: string) => CellOutcome;
  } = {},
): Step {
  return {
    name,
    reads,
    after,
    async cell(row, context) {
      const call = {
        model,
        request: { kind: "chat", messages: [{ role: "user", content: `${name} ${row.index}` }], parameters: {} },
        sample: row.sample,
        column: name,
        priority: row.index,
      } as const;
      const result = await context.caller.call(call);
      if (result.record) context.record(result.record);
      if (result.failure)
        return result.failure.kind === "budget"
          ? { stop: { reason: "budget", detail: result.failure.message } }
          : { reject: { reason: "failed", detail: result.failure.message } };
      return made(row.index, result.answer.text);
    },
  };
}

function answerOf({ model, column }: Call): NonNullable<CallResult["answer"]> {
  return { text: column, finish: "stop", usage: null, charged: null, model };
}

function recordOf(call: Call, milliseconds: number): CallRecord {
  const { request } = call;
  return {
    key: request.kind === "chat" ? (request.messages[0]?.content as string) : request.input,
    model: call.model,
    column: call.column,
    usage: { promptTokens: 10, completionTokens: 2 },
    price: 0.001,
    replayed: false,
    milliseconds,
  };
}

interface Heap<T> {
  push(item: T): void;
  pop(): T | undefined;
  peek(): T | undefined;
}

function heap<T>(compare: (a: T, b: T) => number): Heap<T> {
  const items: T[] = [];
  const isLess = (i: number, j: number): boolean => compare(items[i] as T, items[j] as T) < 0;
  const swap = (i: number, j: number): void => {
    const kept = items[i] as T;
    items[i] = items[j] as T;
    items[j] = kept;
  };
  return {
    peek: () => items[0],
    push(item) {
      let at = items.push(item) - 1;
      for (let up = (at - 1) >> 1; at > 0 && isLess(at, up); at = up, up = (at - 1) >> 1) swap(at, up);
    },
    pop() {
      const first = items[0];
      const last = items.pop();
      if (items.length === 0) return first;
      items[0] = last as T;
      for (let at = 0; ; ) {
        let least = at;
        for (const child of [2 * at + 1, 2 * at + 2]) if (child < items.length && isLess(child, least)) least = child;
        if (least === at) return first;
        swap(at, least);
        at = least;
      }
    },
  };
}

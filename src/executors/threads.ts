import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { Cancelled, CounterfoilError, ResourceError, throwIfCancelled } from "../errors.ts";
import type { Executor, Task } from "./executor.ts";
import { localExecutor } from "./local.ts";

/** What a worker answers. */
export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: unknown };

/** Runs tasks on worker threads; with one thread, in this one. Workers start when first needed and live until `close`.
 * @param threads default: the number of cores this process may use */
export function threadExecutor(threads: number = availableParallelism()): Executor {
  if (threads <= 1) return localExecutor();
  const workers: Worker[] = [];
  const idle: Worker[] = [];
  const waiting: ((worker: Worker) => void)[] = [];
  const pending = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (error: unknown) => void; worker: Worker }
  >();
  let nextId = 0;
  let closed = false;

  const release = (worker: Worker): void => {
    const next = waiting.shift();
    if (next) next(worker);
    else idle.push(worker);
  };
  const start = (): Worker => {
    const worker = new Worker(new URL("./worker.js", import.meta.url));
    worker.unref();
    worker.on("message", (answer: Answer) => {
      const entry = pending.get(answer.id);
      pending.delete(answer.id);
      // Once we wait for the threads to end, an answer that still comes in must not let the process go before they have.
      if (!closed) worker.unref();
      release(worker);
      if ("error" in answer) entry?.reject(answer.error);
      else entry?.resolve(answer.value);
    });
    const lost = (cause: unknown): void => {
      const at = workers.indexOf(worker);
      if (at >= 0) workers.splice(at, 1);
      const free = idle.indexOf(worker);
      if (free >= 0) idle.splice(free, 1);
      for (const [id, entry] of pending) {
        if (entry.worker !== worker) continue;
        pending.delete(id);
        entry.reject(
          new ResourceError("worker-died", "A worker thread stopped before its task was done.", {
            cause,
            advice: "This is usually memory: close other programs, use --threads 1, or give fewer columns.",
          }),
        );
      }
      if (at >= 0 && waiting.length > 0) waiting.shift()?.(start());
    };
    worker.on("error", lost);
    worker.on("exit", (code) => {
      if (!closed) lost(new Error(`exit code ${code}`));
    });
    workers.push(worker);
    return worker;
  };
  const acquire = (): Promise<Worker> => {
    const worker = idle.pop() ?? (workers.length < threads ? start() : undefined);
    if (worker) return Promise.resolve(worker);
    return new Promise((resolve) => waiting.push(resolve));
  };
  const perform = async (task: Task): Promise<unknown> => {
    const worker = await acquire();
    const id = nextId++;
    worker.ref();
    return new Promise((resolve, reject) => {
      pending.set(id, { resolve, reject, worker });
      worker.postMessage({ id, task });
    });
  };

  return {
    threads,
    async *run<T>(tasks: Iterable<Task>, options: { readonly signal?: AbortSignal | undefined } = {}) {
      const queue: Promise<unknown>[] = [];
      const iterator = tasks[Symbol.iterator]();
      const fill = (): void => {
        while (queue.length < 2 * threads) {
          const next = iterator.next();
          if (next.done) return;
          const result = perform(next.value);
          result.catch(() => {}); // reported when its turn comes
          queue.push(result);
        }
      };
      try {
        fill();
        while (queue.length > 0) {
          throwIfCancelled(options.signal);
          const value = (await queue[0]) as T;
          queue.shift();
          fill();
          yield value;
        }
      } catch (error) {
        if (options.signal?.aborted) throw new Cancelled();
        if (
          error instanceof Error &&
          !(error instanceof CounterfoilError) &&
          "code" in error &&
          error.code === "cancelled"
        )
          throw new Cancelled();
        throw error;
      } finally {
        iterator.return?.();
      }
    },
    async close() {
      closed = true;
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

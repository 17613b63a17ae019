import { throwIfCancelled } from "../errors.ts";
import type { Executor } from "./executor.ts";

/** Runs every task in this thread, one after the other. */
export function localExecutor(): Executor {
  return {
    threads: 1,
    async *run<T>(
      tasks: Iterable<import("./executor.ts").Task>,
      options: { readonly signal?: AbortSignal | undefined } = {},
    ) {
      for (const task of tasks) {
        throwIfCancelled(options.signal);
        const module = (await import(task.module)) as Record<string, (data: unknown) => T | Promise<T>>;
        yield await (module[task.name] as (data: unknown) => T | Promise<T>)(task.data);
        // Lets timers and signals in between two tasks: a local run must be as easy to stop as a threaded one.
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    close: async () => {},
  };
}

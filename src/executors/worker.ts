import { parentPort } from "node:worker_threads";
import type { Task } from "./executor.ts";

// The body of a worker thread: import the module a task names, call the function, answer.
parentPort?.on("message", async ({ id, task }: { id: number; task: Task }) => {
  try {
    const module = (await import(task.module)) as Record<string, (data: unknown) => unknown>;
    const value = await (module[task.name] as (data: unknown) => unknown)(task.data);
    parentPort?.postMessage({ id, value }, buffersOf(value));
  } catch (error) {
    parentPort?.postMessage({ id, error });
  }
});

/** The array buffers inside a result: they are moved to the receiver, not copied. */
function buffersOf(value: unknown, found: Set<ArrayBuffer> = new Set(), depth = 0): ArrayBuffer[] {
  if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof ArrayBuffer) found.add(value.buffer);
  } else if (value !== null && typeof value === "object" && depth < 6) {
    for (const item of Object.values(value)) buffersOf(item, found, depth + 1);
  }
  return [...found];
}

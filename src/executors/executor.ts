/** Where work runs. A task is data: it names a module and an exported function and carries the argument, no closures. */

/** One piece of work: pure, serialisable, idempotent. */
export interface Task {
  /** URL of the module, from `new URL("./file.js", import.meta.url).href`. */
  readonly module: string;
  /** The exported function: takes `data`, returns a value or a promise of one. Its random stream, if any, is a key inside `data`. */
  readonly name: string;
  /** Structured-cloneable. Large arrays that many tasks read belong in a SharedArrayBuffer (see `sharedCopy`), which is not copied. */
  readonly data: unknown;
}

/** Runs tasks and yields their results **in the order of the tasks**, whatever the order of completion, so that results do not depend
 * on the number of threads. At most a few results per thread wait for the consumer. */
export interface Executor {
  readonly threads: number;
  run<T>(tasks: Iterable<Task>, options?: { readonly signal?: AbortSignal | undefined }): AsyncIterable<T>;
  close(): Promise<void>;
}

/** All results of some tasks, in order. */
export async function runAll<T>(
  executor: Executor,
  tasks: Iterable<Task>,
  options: { readonly signal?: AbortSignal | undefined; readonly onDone?: (count: number) => void } = {},
): Promise<T[]> {
  const out: T[] = [];
  for await (const result of executor.run<T>(tasks, { signal: options.signal })) {
    out.push(result);
    options.onDone?.(out.length);
  }
  return out;
}

type Shareable = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float32Array | Float64Array;

/** The same numbers in shared memory, to be read by any number of threads without a copy; itself if it is shared already. */
export function sharedCopy<T extends Shareable>(array: T): T {
  if (array.buffer instanceof SharedArrayBuffer) return array;
  const type = array.constructor as new (buffer: SharedArrayBuffer) => T;
  const out = new type(new SharedArrayBuffer(array.byteLength));
  out.set(array as never);
  return out;
}

import { Cancelled } from "../errors.ts";

/** A bounded queue between who makes items and who reads them: the maker waits when it is full. */
export interface RowQueue<T> {
  /** Adds an item; the promise, if there is one, is kept when there is room for the next.
   * @throws {Cancelled} nobody reads any more */
  push(item: T): void | Promise<void>;
  /** No more items come. */
  end(): void;
  /** Whoever reads gets this error. */
  fail(error: unknown): void;
  /** Nobody reads, or will: a maker that waits goes on, to be told with its next item. Reading to the end or leaving does the same. */
  leave(): void;
  /** To be read once. */
  readonly items: AsyncIterable<T>;
}

/** @param most items that wait before the maker must */
export function createRowQueue<T>(most: number): RowQueue<T> {
  let waiting: T[] = [];
  let end: { readonly error?: unknown } | undefined;
  let isLeft = false;
  let wakeReader: (() => void) | undefined;
  let wakeMaker: (() => void) | undefined;
  const wake = (): void => {
    wakeReader?.();
    wakeReader = undefined;
  };
  const release = (): void => {
    wakeMaker?.();
    wakeMaker = undefined;
  };
  const leave = (): void => {
    isLeft = true;
    waiting = [];
    release();
  };
  return {
    leave,
    push(item) {
      if (isLeft) throw new Cancelled("Nobody takes the rows any more.");
      waiting.push(item);
      wake();
      if (waiting.length < most) return;
      return new Promise((resolve) => {
        wakeMaker = resolve;
      });
    },
    end() {
      end ??= {};
      wake();
    },
    fail(error) {
      end ??= { error };
      wake();
      release();
    },
    items: {
      async *[Symbol.asyncIterator]() {
        try {
          for (;;) {
            const batch = waiting;
            waiting = [];
            release();
            yield* batch;
            if (waiting.length > 0) continue;
            if (end) {
              if ("error" in end) throw end.error;
              return;
            }
            await new Promise<void>((resolve) => {
              wakeReader = resolve;
            });
          }
        } finally {
          // A reader that leaves early must not keep the maker waiting for ever, neither now nor later.
          leave();
        }
      },
    },
  };
}

/** Who waits, by priority: smaller first, equal ones in the order in which they came (a binary heap). */
export interface LaneQueue<T> {
  readonly size: number;
  push(item: T, priority: number): void;
  /** The first one, taken out. */
  pop(): T | undefined;
  /** Everybody, in order, taken out. */
  drain(): T[];
}

export function createLaneQueue<T>(): LaneQueue<T> {
  const items: T[] = [];
  const priorities: number[] = [];
  const orders: number[] = [];
  let came = 0;

  const before = (a: number, b: number): boolean => {
    const difference = (priorities[a] as number) - (priorities[b] as number);
    return difference === 0 ? (orders[a] as number) < (orders[b] as number) : difference < 0;
  };
  const swap = (a: number, b: number): void => {
    for (const list of [items, priorities, orders] as unknown[][]) {
      const kept = list[a];
      list[a] = list[b];
      list[b] = kept;
    }
  };

  function push(item: T, priority: number): void {
    let at = items.push(item) - 1;
    priorities.push(priority);
    orders.push(came++);
    for (let parent = (at - 1) >> 1; at > 0 && before(at, parent); parent = (at - 1) >> 1) {
      swap(at, parent);
      at = parent;
    }
  }

  function pop(): T | undefined {
    if (items.length === 0) return undefined;
    swap(0, items.length - 1);
    const first = items.pop();
    priorities.pop();
    orders.pop();
    for (let at = 0; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) if (child < items.length && before(child, least)) least = child;
      if (least === at) return first;
      swap(at, least);
      at = least;
    }
  }

  function drain(): T[] {
    const all: T[] = [];
    for (let item = pop(); item !== undefined; item = pop()) all.push(item);
    return all;
  }

  return {
    get size() {
      return items.length;
    },
    push,
    pop,
    drain,
  };
}

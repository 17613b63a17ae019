/** Who wants to hear of which signal: one listener on the signal itself, so that a thousand requests in flight under one run's signal cost no search through
 * a thousand listeners each time one ends, and no warning of a leak. */
const groups = new WeakMap<AbortSignal, Set<() => void>>();

/** Runs `callback` once when the signal fires.
 * @returns takes it back */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  let group = groups.get(signal);
  if (group === undefined) {
    const made = new Set<() => void>();
    group = made;
    groups.set(signal, made);
    signal.addEventListener(
      "abort",
      () => {
        const all = [...made];
        made.clear();
        for (const each of all) each();
      },
      { once: true },
    );
  }
  group.add(callback);
  return () => {
    group.delete(callback);
  };
}

/** Many short listeners on few long-lived signals: one listener on the signal itself, so that a thousand requests in flight under one run's signal cost no
 * search through a thousand listeners each time one ends.
 * @returns adds a callback, which runs once when the signal fires; call what it returns to take it back */
export function createAbortListeners(): (signal: AbortSignal, callback: () => void) => () => void {
  const groups = new WeakMap<AbortSignal, Set<() => void>>();
  return (signal, callback) => {
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
    return () => group.delete(callback);
  };
}

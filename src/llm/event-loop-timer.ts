/** Runs `callback` after so many milliseconds unless the function it returns is called before. May be early where it is weeks. */
export type Timer = (callback: () => void, milliseconds: number) => () => void;

/** The longest time that the event loop knows; beyond, it calls at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** The event loop's own timers. */
export const eventLoopTimer: Timer = (callback, milliseconds) => {
  const id = setTimeout(callback, Math.min(Math.ceil(milliseconds), LONGEST_MS));
  return () => clearTimeout(id);
};

/** Runs `callback` after so many milliseconds unless the function it returns is called before. */
export type Timer = (callback: () => void, milliseconds: number) => () => void;

/** The event loop's own timers. */
export const eventLoopTimer: Timer = (callback, milliseconds) => {
  const id = setTimeout(callback, Math.ceil(milliseconds));
  return () => clearTimeout(id);
};

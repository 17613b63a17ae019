/** Doubles a number: the least that a worker thread can show. */
export function double(x: number): number {
  return 2 * x;
}

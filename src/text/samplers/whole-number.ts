import type { Random } from "../../random.ts";

/** Uniform on {0, …, n − 1} without bias; 1 ≤ n ≤ 2^53. */
export function wholeNumber(random: Random, n: number): number {
  if (n <= 2 ** 32) return random.integer(n);
  const limit = 2 ** 53 - (2 ** 53 % n);
  for (;;) {
    const x = random.uniform() * 2 ** 53;
    if (x < limit) return x % n;
  }
}

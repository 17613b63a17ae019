import type { SecureSource } from "../random.ts";

/** Uniform on {0, …, n − 1}, exactly; n whole, 1 ≤ n ≤ 2^32. */
export function uniformInteger(source: SecureSource, n: number): number {
  const limit = 4294967296 - (4294967296 % n);
  let word = source.uint32();
  while (word >= limit) word = source.uint32();
  return word % n;
}

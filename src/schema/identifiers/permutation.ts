import type { RandomKey } from "../../random.ts";

/** A keyed permutation of {0, …, size − 1}: scattered values that never repeat, in no memory. Not a cipher: it hides nothing.
 *
 * A Feistel network of six rounds over Z_a × Z_a with a = ⌈√size⌉, by modular addition instead of XOR; values beyond the size walk on along
 * their cycle.
 * @param size 1 … 2^52
 * @source Black & Rogaway (2002), "Ciphers with arbitrary finite domains", CT-RSA, §4 (cycle walking) */
export function permutation(size: number, key: RandomKey): (index: number) => number {
  const a = Math.max(1, Math.ceil(Math.sqrt(size)));
  const [k0, k1, k2, k3] = key;
  const round = (x: number, k: number): number => {
    let h = Math.imul(x ^ k, 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 15), 0xc2b2ae35);
    h ^= h >>> 13;
    h = Math.imul(h + k1, 0x27d4eb2f);
    return (h ^ (h >>> 16)) >>> 0;
  };
  const keys = [k0, k1 ^ 0x9e3779b9, k2, k3, k0 ^ k2 ^ 0x7f4a7c15, k1 ^ k3 ^ 0x6a09e667];
  return (index) => {
    let x = index;
    do {
      let left = Math.floor(x / a);
      let right = x - left * a;
      for (const k of keys) {
        const next = (left + round(right, k)) % a;
        left = right;
        right = next;
      }
      x = left * a + right;
    } while (x >= size);
    return x;
  };
}

/** A hash of 53 bits over a text's UTF-16 units, a whole number that a double holds: two texts of a million have the same with chance 6e-5. Quick, and
 * the same everywhere; not for secrets.
 * @source two lanes of multiply and xor, mixed by MurmurHash3's finaliser (Appleby, 2011), as in cyrb53 (bryc, 2018, public domain) */
export function hash53(text: string): number {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  return mixed(a, b);
}

/** A hash of 53 bits of some such hashes in their order. */
export function joined53(hashes: ArrayLike<number>, from = 0, count = hashes.length - from): number {
  let a = 0xdeadbeef ^ count;
  let b = 0x41c6ce57 ^ count;
  for (let i = from; i < from + count; i++) {
    const hash = hashes[i] as number;
    const low = hash | 0;
    const high = (hash / 4294967296) | 0;
    a = Math.imul(a ^ low, 2654435761) ^ high;
    b = Math.imul(b ^ high, 1597334677) ^ low;
    a ^= b >>> 15;
    b ^= a >>> 13;
  }
  return mixed(a, b);
}

function mixed(a: number, b: number): number {
  const c = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  const d = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(c ^ (c >>> 13), 3266489909);
  return 4294967296 * (d & 2097151) + (c >>> 0);
}

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
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return 4294967296 * (b & 2097151) + (a >>> 0);
}

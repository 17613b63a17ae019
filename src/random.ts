import { randomBytes, randomFillSync } from "node:crypto";

/** A stream of random numbers named by a seed and a path of labels.
 *
 * `split(label)` gives an independent stream that depends only on the seed and the labels, never on what was drawn before: shard k of n
 * draws the same numbers on any worker, in any order, for any thread count. A seed is for reproducibility, not for secrecy: noise for
 * differential privacy never comes from here (see {@link secureSource}).
 *
 * Inside a stream: sfc32 (Chris Doty-Humphrey, PractRand, 2010), 128 bits of state, about 300 M draws a second. Streams are keyed by
 * MurmurHash3_x86_128 (Austin Appleby, 2011) of the label under the parent's key. */
export interface Random {
  /** An independent stream named by the label. */
  split(label: string | number): Random;
  /** Uniform on [0, 2^32), an integer. */
  uint32(): number;
  /** Uniform on [0, 1) with 53 bits. */
  uniform(): number;
  /** Uniform on {0, …, n − 1}, without modulo bias; 1 ≤ n ≤ 2^32. */
  integer(n: number): number;
  /** Standard normal (Marsaglia's polar method). */
  normal(): number;
  /** Standard Gumbel. */
  gumbel(): number;
  /** Shuffles in place (Fisher-Yates) and returns its argument. */
  shuffle<T extends Uint32Array | Int32Array | Float64Array | unknown[]>(items: T): T;
  /** `count` distinct indices out of 0 … n − 1, ascending. */
  sample(n: number, count: number): Uint32Array;
  /** The key of this stream, to hand to a worker: `randomFrom(key)` continues as a fresh stream of the same name. */
  readonly key: RandomKey;
}

/** Four 32-bit words; plain data, so that it can be sent to a worker. */
export type RandomKey = readonly [number, number, number, number];

/** The stream of a seed.
 * @param seed any safe integer ≥ 0 */
export function randomFromSeed(seed: number): Random {
  return randomFrom(hash([seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0, 0x636f756e, 0x74657266], "seed"));
}

/** The stream of a key that another thread sent. */
export function randomFrom(key: RandomKey): Random {
  let [a, b, c, d] = key;
  const uint32 = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    return t >>> 0;
  };
  for (let i = 0; i < 12; i++) uint32();
  const uniform = (): number => ((uint32() >>> 5) * 67108864 + (uint32() >>> 6)) / 9007199254740992;
  const integer = (n: number): number => {
    // Lemire's multiply-shift would need 64-bit products; rejection on the top of the range is exact and as fast for small n.
    const limit = 4294967296 - (4294967296 % n);
    let x = uint32();
    while (x >= limit) x = uint32();
    return x % n;
  };
  let spare = Number.NaN;
  const normal = (): number => {
    if (!Number.isNaN(spare)) {
      const kept = spare;
      spare = Number.NaN;
      return kept;
    }
    for (;;) {
      const u = 2 * uniform() - 1;
      const v = 2 * uniform() - 1;
      const s = u * u + v * v;
      if (s > 0 && s < 1) {
        const scale = Math.sqrt((-2 * Math.log(s)) / s);
        spare = v * scale;
        return u * scale;
      }
    }
  };
  return {
    key,
    split: (label) => randomFrom(hash(key, String(label))),
    uint32,
    uniform,
    integer,
    normal,
    gumbel: () => -Math.log(-Math.log(uniform() + 2 ** -54)),
    shuffle(items) {
      for (let i = items.length - 1; i > 0; i--) {
        const j = integer(i + 1);
        const kept = items[i];
        items[i] = items[j] as never;
        items[j] = kept as never;
      }
      return items;
    },
    sample(n, count) {
      // Selection sampling (Knuth, TAOCP 2, algorithm S): one pass, ascending.
      const out = new Uint32Array(Math.min(count, n));
      let chosen = 0;
      for (let i = 0; i < n && chosen < out.length; i++) {
        if ((n - i) * uniform() < out.length - chosen) out[chosen++] = i;
      }
      return out;
    },
  };
}

/** Bytes nobody can predict or repeat, from the operating system; for keys and for differential-privacy noise. */
export function secureBytes(count: number): Uint8Array {
  return randomBytes(count);
}

/** Random words that nobody can predict or repeat: what noise for differential privacy is made of. A {@link Random} does not fit this type, so
 * that a seed cannot reach the noise by mistake. */
export interface SecureSource {
  readonly secure: true;
  /** Uniform on [0, 2^32), an integer. */
  uint32(): number;
}

/** Words from the operating system's entropy, fetched 64 KiB at a time: over 100 M words a second. A word is handed out once and wiped from
 * memory as it goes. */
export function secureSource(): SecureSource {
  const words = new Uint32Array(16_384);
  let next = words.length;
  return {
    secure: true,
    uint32() {
      if (next === words.length) {
        randomFillSync(words);
        next = 0;
      }
      const word = words[next] as number;
      words[next++] = 0;
      return word;
    },
  };
}

/** A fresh seed for a run that names none; recorded, so that the run can be repeated. */
export function freshSeed(): number {
  const [a = 0, b = 0, c = 0, d = 0] = secureBytes(4);
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}

const encoder = new TextEncoder();

/** MurmurHash3_x86_128 of a label under a key: the four lanes start from the key instead of from one seed. */
function hash(key: RandomKey, label: string): RandomKey {
  const bytes = encoder.encode(label);
  const padded = new Uint8Array(Math.ceil((bytes.length + 1) / 16) * 16);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  const C = [0x239b961b, 0xab0e9789, 0x38b34ae5, 0xa1e38b93] as const;
  let [h1, h2, h3, h4] = key;
  const rotate = (x: number, r: number): number => (x << r) | (x >>> (32 - r));
  const mix = (k: number, i: 0 | 1 | 2 | 3): number =>
    Math.imul(rotate(Math.imul(k, C[i]), 15 + i), C[((i + 1) & 3) as 0 | 1 | 2 | 3]);
  for (let at = 0; at < padded.length; at += 16) {
    h1 ^= mix(view.getUint32(at, true), 0);
    h1 = (Math.imul(rotate(h1, 19) + h2, 5) + 0x561ccd1b) | 0;
    h2 ^= mix(view.getUint32(at + 4, true), 1);
    h2 = (Math.imul(rotate(h2, 17) + h3, 5) + 0x0bcaa747) | 0;
    h3 ^= mix(view.getUint32(at + 8, true), 2);
    h3 = (Math.imul(rotate(h3, 15) + h4, 5) + 0x96cd1c35) | 0;
    h4 ^= mix(view.getUint32(at + 12, true), 3);
    h4 = (Math.imul(rotate(h4, 13) + h1, 5) + 0x32ac3b17) | 0;
  }
  h1 ^= bytes.length;
  h2 ^= bytes.length;
  h3 ^= bytes.length;
  h4 ^= bytes.length;
  const spread = (): void => {
    h1 = (h1 + h2 + h3 + h4) | 0;
    h2 = (h2 + h1) | 0;
    h3 = (h3 + h1) | 0;
    h4 = (h4 + h1) | 0;
  };
  const finish = (h: number): number => {
    let x = h;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    return x ^ (x >>> 16);
  };
  spread();
  h1 = finish(h1);
  h2 = finish(h2);
  h3 = finish(h3);
  h4 = finish(h4);
  spread();
  return [h1 >>> 0, h2 >>> 0, h3 >>> 0, h4 >>> 0];
}

import type { CallKey } from "./journal.ts";

/** Where a frame stands. */
export interface Place {
  /** Number of the segment, 1 …. */
  readonly segment: number;
  readonly offset: number;
  /** Of the frame, bytes. */
  readonly length: number;
}

/** Which frame holds the answer of a key. About 36 bytes a key, in typed arrays: a million keys have 38 MB at most, while it grows too. */
export interface KeyIndex {
  readonly size: number;
  /** Keeps the first place of a key; with `replace`, this one.
   * @param bytes holds the 16 bytes of the key at `at`
   * @returns false: the key was there */
  add(bytes: Buffer, place: Place & { readonly at: number; readonly replace?: boolean }): boolean;
  find(key: CallKey): Place | undefined;
}

const BLOCK = 65_536;
const WORDS = 7;

/** Open addressing with linear probing over numbers of entries; entries stand in blocks that never move. A key is a hash already: its first word says
 * where to look. */
export function createKeyIndex(): KeyIndex {
  const blocks: Uint32Array[] = [];
  let slots = new Uint32Array(4096);
  let size = 0;
  const scratch = Buffer.alloc(16);
  const blockOf = (entry: number): Uint32Array => blocks[(entry / BLOCK) | 0] as Uint32Array;
  const word = (entry: number, i: number): number => blockOf(entry)[(entry % BLOCK) * WORDS + i] as number;

  /** The slot of a key, or the free one where it belongs. */
  const slotOf = (a: number, b: number, c: number, d: number): number => {
    const mask = slots.length - 1;
    let slot = a & mask;
    for (;;) {
      const entry = (slots[slot] as number) - 1;
      if (entry < 0) return slot;
      if (word(entry, 0) === a && word(entry, 1) === b && word(entry, 2) === c && word(entry, 3) === d) return slot;
      slot = (slot + 1) & mask;
    }
  };
  const grow = (): void => {
    slots = new Uint32Array(slots.length * 2);
    const mask = slots.length - 1;
    for (let entry = 0; entry < size; entry++) {
      let slot = word(entry, 0) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = entry + 1;
    }
  };

  return {
    get size() {
      return size;
    },
    add(bytes, { at, segment, offset, length, replace = false }) {
      const a = bytes.readUInt32LE(at);
      const b = bytes.readUInt32LE(at + 4);
      const c = bytes.readUInt32LE(at + 8);
      const d = bytes.readUInt32LE(at + 12);
      const slot = slotOf(a, b, c, d);
      if (slots[slot] !== 0) {
        const entry = (slots[slot] as number) - 1;
        if (replace) blockOf(entry).set([segment, offset, length], (entry % BLOCK) * WORDS + 4);
        return false;
      }
      const position = size % BLOCK;
      if (position === 0) blocks.push(new Uint32Array(BLOCK * WORDS));
      (blocks.at(-1) as Uint32Array).set([a, b, c, d, segment, offset, length], position * WORDS);
      slots[slot] = ++size;
      if (size * 4 > slots.length * 3) grow();
      return true;
    },
    find(key) {
      scratch.write(key, 0, 16, "hex");
      const slot = slotOf(
        scratch.readUInt32LE(0),
        scratch.readUInt32LE(4),
        scratch.readUInt32LE(8),
        scratch.readUInt32LE(12),
      );
      const entry = (slots[slot] as number) - 1;
      return entry < 0 ? undefined : { segment: word(entry, 4), offset: word(entry, 5), length: word(entry, 6) };
    },
  };
}

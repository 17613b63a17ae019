/** Remembers 128-bit keys and the number of the row of each: 16 bytes a key, 4 for the number and at most 16 of a table of places. */
export interface SeenKeys {
  readonly size: number;
  /** @returns the number that was given with the key, or −1 */
  find(key: Key128): number;
  /** @param row below 2³² */
  add(key: Key128, row: number): void;
}

/** Four 32-bit words, evenly spread. */
export type Key128 = readonly [number, number, number, number];

/** Open addressing with linear probing over places that point into arrays which are dense. */
export function seenKeys(): SeenKeys {
  let size = 0;
  let words = new Uint32Array(4 * 1024);
  let rows = new Uint32Array(1024);
  /** 1 + number of a key, at the key's first word or the next free place; 0: free. */
  let places = new Uint32Array(2 * 1024);

  const placeOf = ([a, b, c, d]: Key128): number => {
    const mask = places.length - 1;
    for (let place = a & mask; ; place = (place + 1) & mask) {
      const at = (places[place] as number) - 1;
      if (at < 0) return place;
      const from = 4 * at;
      if (words[from] === a && words[from + 1] === b && words[from + 2] === c && words[from + 3] === d) return place;
    }
  };
  const grow = (): void => {
    words = grown(words);
    rows = grown(rows);
    places = new Uint32Array(2 * places.length);
    const mask = places.length - 1;
    for (let at = 0; at < size; at++) {
      let place = (words[4 * at] as number) & mask;
      while (places[place] !== 0) place = (place + 1) & mask;
      places[place] = at + 1;
    }
  };

  return {
    get size() {
      return size;
    },
    find(key) {
      const at = places[placeOf(key)] as number;
      return at === 0 ? -1 : (rows[at - 1] as number);
    },
    add(key, row) {
      if (size === rows.length) grow();
      words.set(key, 4 * size);
      rows[size] = row;
      size++;
      places[placeOf(key)] = size;
    },
  };
}

function grown(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const twice = new Uint32Array(2 * array.length);
  twice.set(array);
  return twice;
}

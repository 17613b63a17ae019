import type { Random } from "../../random.ts";

/** Rows to learn from and rows to stop by, in a random order. */
export interface HeldOut {
  readonly training: Uint32Array;
  readonly heldOut: Uint32Array;
}

/** Splits at most `most` of the rows, drawn at random when there are more: a tenth (at most 5,000) is held out; none of fewer than 50. */
export function holdOut(rows: number, most: number, random: Random): HeldOut {
  const picked = rows > most ? random.sample(rows, most) : Uint32Array.from({ length: rows }, (_, row) => row);
  random.shuffle(picked);
  const held = picked.length < 50 ? 0 : Math.min(5_000, Math.floor(picked.length / 10));
  return { training: picked.slice(held), heldOut: picked.slice(0, held) };
}

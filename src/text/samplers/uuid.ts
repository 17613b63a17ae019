import type { Sampler } from "./sampler.ts";

/** 122 random bits in the form of a UUID of version 4. They come from the stream of the row, so that the same recipe gives the same ones.
 * @source RFC 9562, §5.4 */
export function uuid(): Sampler {
  return (random) => {
    const [a, b, c, d] = [random.uint32(), random.uint32(), random.uint32(), random.uint32()].map(hex) as [
      string,
      string,
      string,
      string,
    ];
    const variant = "89ab"[Number.parseInt(c[0] as string, 16) & 3];
    return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-${variant}${c.slice(1, 4)}-${c.slice(4)}${d}`;
  };
}

function hex(word: number): string {
  return word.toString(16).padStart(8, "0");
}

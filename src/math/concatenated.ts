type NumberArray = Uint8Array | Int32Array | Float64Array;

/** Arrays of numbers one after the other.
 * @param into of their lengths together */
export function concatenated<T extends NumberArray>(parts: readonly T[], into: T): T {
  let at = 0;
  for (const part of parts) {
    into.set(part, at);
    at += part.length;
  }
  return into;
}

/** How long arrays are together. */
export function totalLength(parts: readonly NumberArray[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

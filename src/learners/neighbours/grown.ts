/** The same numbers in twice the room. */
export function grown<T extends Uint32Array | Float64Array>(array: T): T {
  const type = array.constructor as new (length: number) => T;
  const out = new type(array.length * 2);
  out.set(array as never);
  return out;
}

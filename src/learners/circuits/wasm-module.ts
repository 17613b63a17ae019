/** A WebAssembly module put together from instructions: enough of the binary format for functions of whole numbers that loop over
 * vectors of four 32-bit floats in one memory. Vector arithmetic in WebAssembly is IEEE 754 without fused or reordered operations, so that
 * results are the same bytes on every machine, and several times as fast as the same loops over typed arrays.
 * @source WebAssembly Core Specification 2.0 (2022), chapter 5 */

/** Bytes of instructions, in order; nested for ease of writing. */
export type Code = readonly (number | Code)[];

export interface WasmFunction {
  readonly name: string;
  /** Parameters 0 … n − 1, all i32; nothing is returned. */
  readonly parameters: number;
  /** Locals after the parameters: first so many i32, then so many v128. */
  readonly numbers: number;
  readonly vectors: number;
  readonly body: Code;
}

/** The bytes of a module that imports the memory "env"."memory" and exports these functions by their names. */
export function assembleModule(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const section = (id: number, content: Code): Code => {
    const bytes = flatten(content);
    return [id, unsigned(bytes.length), bytes];
  };
  const text = (value: string): Code => [unsigned(value.length), [...value].map((letter) => letter.charCodeAt(0))];
  const count = unsigned(functions.length);
  const types = functions.map(({ parameters }) => [0x60, unsigned(parameters), Array(parameters).fill(I32), 0]);
  const imported = [1, text("env"), text("memory"), 0x02, 0x00, 1];
  const exported = functions.map(({ name }, f) => [text(name), 0x00, unsigned(f)]);
  const bodies = functions.map(({ numbers, vectors, body }) => {
    const bytes = flatten([2, unsigned(numbers), I32, unsigned(vectors), V128, body, END]);
    return [unsigned(bytes.length), bytes];
  });
  return Uint8Array.from(
    flatten([
      [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      section(1, [count, types]),
      section(2, imported),
      section(3, [count, functions.map((_, f) => unsigned(f))]),
      section(7, [count, exported]),
      section(10, [count, bodies]),
    ]),
  );
}

const I32 = 0x7f;
const V128 = 0x7b;
const END = 0x0b;

export const get = (local: number): Code => [0x20, unsigned(local)];
export const set = (local: number, value: Code): Code => [value, 0x21, unsigned(local)];
export const constant = (value: number): Code => [0x41, signed(value)];
export const plus = (a: Code, b: Code): Code => [a, b, 0x6a];
export const times = (a: Code, b: Code): Code => [a, b, 0x6c];
export const addTo = (local: number, value: Code): Code => set(local, plus(get(local), value));
/** The byte at an address, as a number. */
export const loadByte = (address: Code): Code => [address, 0x2d, 0, 0];
export const storeFloat = (address: Code, value: Code): Code => [address, value, 0x38, 2, 0];

export const loadVector = (address: Code, offset = 0): Code => [address, vector(0x00), 2, unsigned(offset)];
/** A vector of one float four times. */
export const loadSplat = (address: Code): Code => [address, vector(0x09), 2, 0];
export const storeVector = (address: Code, value: Code, offset = 0): Code => [
  address,
  value,
  vector(0x0b),
  2,
  unsigned(offset),
];
export const zeroVector: Code = [constant(0), vector(0x11)];
export const splat = (float: Code): Code => [float, vector(0x13)];
export const lane = (value: Code, index: number): Code => [value, vector(0x1f), index];
export const addVectors = (a: Code, b: Code): Code => [a, b, vector(0xe4)];
export const multiplyVectors = (a: Code, b: Code): Code => [a, b, vector(0xe6)];
export const divideVectors = (a: Code, b: Code): Code => [a, b, vector(0xe7)];
export const maxVectors = (a: Code, b: Code): Code => [a, b, vector(0xe9)];
/** A float given by its bits. */
export const float = (value: number): Code => [0x43, [...new Uint8Array(Float32Array.of(value).buffer)]];
export const addFloats = (a: Code, b: Code): Code => [a, b, 0x92];

/** Repeats the body while `counter` < `limit` (unsigned), adding `step` after each turn. The counter starts as it is. */
export const loop = (
  counter: number,
  { limit, step }: { readonly limit: Code; readonly step: Code },
  body: Code,
): Code => [
  [0x02, 0x40, 0x03, 0x40],
  [get(counter), limit, 0x4f, 0x0d, 1],
  body,
  addTo(counter, step),
  [0x0c, 0, END, END],
];

function vector(opcode: number): Code {
  return [0xfd, unsigned(opcode)];
}

/** LEB128. */
function unsigned(value: number): Code {
  const out: number[] = [];
  let rest = value;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    out.push(rest ? low | 0x80 : low);
  } while (rest);
  return out;
}

function signed(value: number): Code {
  const out: number[] = [];
  let rest = value;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    const done = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
    out.push(done ? low : low | 0x80);
    if (done) return out;
  }
}

function flatten(code: Code): number[] {
  return code.flat(Number.POSITIVE_INFINITY as 1) as number[];
}

import {
  addFloats,
  addTo,
  addVectors,
  assembleModule,
  type Code,
  constant,
  divideVectors,
  float,
  get,
  lane,
  loadByte,
  loadSplat,
  loadVector,
  loop,
  maxVectors,
  multiplyVectors,
  plus,
  set,
  splat,
  storeFloat,
  storeVector,
  times,
  type WasmFunction,
  zeroVector,
} from "./wasm-module.ts";

/** Loops over 32-bit floats in one memory. Addresses, steps and widths are in bytes; a width is a multiple of 16. */
export interface Kernels {
  /** C = A B: rows of C `cStep` apart, A's element (i, t) at a + i aRow + t aInner, rows of B `bStep` apart. `rows` is a multiple of 4,
   * `columns` of 8 (floats, not bytes). */
  product(
    c: number,
    cStep: number,
    a: number,
    aRow: number,
    aInner: number,
    b: number,
    bStep: number,
    rows: number,
    columns: number,
    inner: number,
  ): void;
  /** Row r of x becomes row codes[r] of the table, times itself or not. */
  gather(x: number, table: number, codes: number, rows: number, width: number): void;
  gatherMultiply(x: number, table: number, codes: number, rows: number, width: number): void;
  /** Row r of x is added to row codes[r] of the table. */
  scatterAdd(table: number, codes: number, x: number, rows: number, width: number): void;
  /** x *= y. */
  multiply(x: number, y: number, bytes: number): void;
  /** out += x y. */
  multiplyAdd(out: number, x: number, y: number, bytes: number): void;
  /** x = x f + y g, the floats f and g one after the other at `factors`. */
  blend(x: number, y: number, factors: number, bytes: number): void;
  /** out = x / y. */
  divide(out: number, x: number, y: number, bytes: number): void;
  /** Each row of x is divided by its sum, which goes to sums[r], and is no less than {@link LEAST} then. A row of zeros must not be. */
  normalise(x: number, sums: number, rows: number, width: number): void;
}

/** Least share of a row after it is normalised: numbers too small for 32 bits cost a hundred times as much, and a state once at zero could
 * never come back. */
export const LEAST = 1e-20;

/** A memory and the loops over it. */
export interface Workspace {
  readonly kernels: Kernels;
  /** Room for so many floats, zero at first. */
  floats(count: number): Placed<Float32Array>;
  /** Room for so many codes. */
  bytes(count: number): Placed<Uint8Array>;
}

export interface Placed<T> {
  readonly at: number;
  readonly view: T;
}

/** Room for so many bytes; each piece of it takes up to 15 more.
 * @throws {RangeError} there is no such room */
export function workspace(bytes: number): Workspace {
  const memory = new WebAssembly.Memory({ initial: Math.ceil((bytes + 1024) / 65_536) });
  compiled ??= new WebAssembly.Module(assembleModule(functions));
  const kernels = new WebAssembly.Instance(compiled, { env: { memory } }).exports as unknown as Kernels;
  let next = 16;
  const take = (size: number): number => {
    const at = next;
    next += Math.ceil(size / 16) * 16;
    return at;
  };
  return {
    kernels,
    floats(count) {
      const at = take(4 * count);
      return { at, view: new Float32Array(memory.buffer, at, count) };
    },
    bytes(count) {
      const at = take(count);
      return { at, view: new Uint8Array(memory.buffer, at, count) };
    },
  };
}

/** The part of the engine's WebAssembly interface that is used; the standard library's types leave it out. */
declare const WebAssembly: {
  readonly Memory: new (descriptor: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
};

let compiled: object | undefined;

const four = constant(4);
const sixteen = constant(16);

/** The loop over the floats of one row, four at a time: `offset` counts bytes. */
const alongRow = (offset: number, width: number, body: Code): Code => [
  set(offset, constant(0)),
  loop(offset, { limit: get(width), step: sixteen }, body),
];

/** The loop over rows. */
const overRows = (row: number, rows: number, body: Code): Code => [
  set(row, constant(0)),
  loop(row, { limit: get(rows), step: constant(1) }, body),
];

const functions: readonly WasmFunction[] = [
  product(),
  gather(false),
  gather(true),
  scatterAdd(),
  multiply(),
  multiplyAdd(),
  blend(),
  divide(),
  normalise(),
];

/** Tiles of 4 × 8 sums that stay in registers. */
function product(): WasmFunction {
  const [c, cStep, a, aRow, aInner, b, bStep, rows, columns, inner] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  const [i, j, t, cAt, bAt] = [10, 11, 12, 13, 14];
  const aAt = [15, 16, 17, 18];
  const sums = [0, 1, 2, 3].map((r) => [19 + 2 * r, 20 + 2 * r] as const);
  const [b0, b1, a0] = [27, 28, 29];
  const row = (r: number): Code => plus(plus(get(cAt), times(get(cStep), constant(r))), times(get(j), four));
  return {
    name: "product",
    parameters: 10,
    numbers: 9,
    vectors: 11,
    body: [
      set(j, constant(0)),
      loop(j, { limit: get(columns), step: constant(8) }, [
        set(i, constant(0)),
        set(cAt, get(c)),
        loop(i, { limit: get(rows), step: four }, [
          aAt.map((local, r) => set(local, plus(get(a), times(plus(get(i), constant(r)), get(aRow))))),
          set(bAt, plus(get(b), times(get(j), four))),
          sums.flat().map((local) => set(local, zeroVector)),
          set(t, constant(0)),
          loop(t, { limit: get(inner), step: constant(1) }, [
            set(b0, loadVector(get(bAt))),
            set(b1, loadVector(get(bAt), 16)),
            sums.map(([low, high], r) => [
              set(a0, loadSplat(get(aAt[r] as number))),
              set(low, addVectors(get(low), multiplyVectors(get(a0), get(b0)))),
              set(high, addVectors(get(high), multiplyVectors(get(a0), get(b1)))),
              addTo(aAt[r] as number, get(aInner)),
            ]),
            addTo(bAt, get(bStep)),
          ]),
          sums.map(([low, high], r) => [storeVector(row(r), get(low)), storeVector(row(r), get(high), 16)]),
          addTo(cAt, times(get(cStep), four)),
        ]),
      ]),
    ],
  };
}

function gather(multiplies: boolean): WasmFunction {
  const [x, table, codes, rows, width, row, offset, from] = [0, 1, 2, 3, 4, 5, 6, 7];
  const at = plus(get(x), get(offset));
  const loaded = loadVector(plus(get(from), get(offset)));
  return {
    name: multiplies ? "gatherMultiply" : "gather",
    parameters: 5,
    numbers: 3,
    vectors: 0,
    body: overRows(row, rows, [
      set(from, plus(get(table), times(loadByte(plus(get(codes), get(row))), get(width)))),
      alongRow(offset, width, storeVector(at, multiplies ? multiplyVectors(loadVector(at), loaded) : loaded)),
      addTo(x, get(width)),
    ]),
  };
}

function scatterAdd(): WasmFunction {
  const [table, codes, x, rows, width, row, offset, to] = [0, 1, 2, 3, 4, 5, 6, 7];
  const at = plus(get(to), get(offset));
  return {
    name: "scatterAdd",
    parameters: 5,
    numbers: 3,
    vectors: 0,
    body: overRows(row, rows, [
      set(to, plus(get(table), times(loadByte(plus(get(codes), get(row))), get(width)))),
      alongRow(offset, width, storeVector(at, addVectors(loadVector(at), loadVector(plus(get(x), get(offset)))))),
      addTo(x, get(width)),
    ]),
  };
}

function multiply(): WasmFunction {
  const [x, y, bytes, offset] = [0, 1, 2, 3];
  const at = plus(get(x), get(offset));
  return {
    name: "multiply",
    parameters: 3,
    numbers: 1,
    vectors: 0,
    body: alongRow(
      offset,
      bytes,
      storeVector(at, multiplyVectors(loadVector(at), loadVector(plus(get(y), get(offset))))),
    ),
  };
}

function multiplyAdd(): WasmFunction {
  const [out, x, y, bytes, offset] = [0, 1, 2, 3, 4];
  const at = plus(get(out), get(offset));
  const added = multiplyVectors(loadVector(plus(get(x), get(offset))), loadVector(plus(get(y), get(offset))));
  return {
    name: "multiplyAdd",
    parameters: 4,
    numbers: 1,
    vectors: 0,
    body: alongRow(offset, bytes, storeVector(at, addVectors(loadVector(at), added))),
  };
}

function blend(): WasmFunction {
  const [x, y, factors, bytes, offset, f, g] = [0, 1, 2, 3, 4, 5, 6];
  const at = plus(get(x), get(offset));
  return {
    name: "blend",
    parameters: 4,
    numbers: 1,
    vectors: 2,
    body: [
      set(f, loadSplat(get(factors))),
      set(g, loadSplat(plus(get(factors), four))),
      alongRow(
        offset,
        bytes,
        storeVector(
          at,
          addVectors(
            multiplyVectors(loadVector(at), get(f)),
            multiplyVectors(loadVector(plus(get(y), get(offset))), get(g)),
          ),
        ),
      ),
    ],
  };
}

function divide(): WasmFunction {
  const [out, x, y, bytes, offset] = [0, 1, 2, 3, 4];
  return {
    name: "divide",
    parameters: 4,
    numbers: 1,
    vectors: 0,
    body: alongRow(
      offset,
      bytes,
      storeVector(
        plus(get(out), get(offset)),
        divideVectors(loadVector(plus(get(x), get(offset))), loadVector(plus(get(y), get(offset)))),
      ),
    ),
  };
}

function normalise(): WasmFunction {
  const [x, sums, rows, width, row, offset, sum] = [0, 1, 2, 3, 4, 5, 6];
  const at = plus(get(x), get(offset));
  const total = addFloats(
    addFloats(lane(get(sum), 0), lane(get(sum), 1)),
    addFloats(lane(get(sum), 2), lane(get(sum), 3)),
  );
  return {
    name: "normalise",
    parameters: 4,
    numbers: 2,
    vectors: 1,
    body: overRows(row, rows, [
      set(sum, zeroVector),
      alongRow(offset, width, set(sum, addVectors(get(sum), loadVector(at)))),
      storeFloat(plus(get(sums), times(get(row), four)), total),
      set(sum, splat(total)),
      alongRow(
        offset,
        width,
        storeVector(at, maxVectors(divideVectors(loadVector(at), get(sum)), splat(float(LEAST)))),
      ),
      addTo(x, get(width)),
    ]),
  };
}

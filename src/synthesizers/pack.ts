import { InvalidData } from "../errors.ts";
import { sharedCopy } from "../executors/executor.ts";

/** The typed arrays that a fitted model may hold. */
export type NumberArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

export interface Packed {
  /** JSON, with `{ "$array": name }` where an array stands and `{ "$number": "Infinity" }` for what JSON cannot say. */
  readonly header: unknown;
  readonly arrays: Readonly<Record<string, NumberArray>>;
}

/** Plain data taken apart into JSON and named typed arrays.
 * @param value objects, arrays, strings, numbers, booleans, null and typed arrays */
export function pack(value: unknown): Packed {
  const arrays: Record<string, NumberArray> = {};
  const walk = (part: unknown, path: string): unknown => {
    if (ArrayBuffer.isView(part)) {
      arrays[path] = part as NumberArray;
      return { $array: path };
    }
    if (typeof part === "number" && !Number.isFinite(part)) return { $number: String(part) };
    if (Array.isArray(part)) return part.map((item, i) => walk(item, `${path}/${i}`));
    if (part !== null && typeof part === "object")
      return Object.fromEntries(
        Object.entries(part).flatMap(([key, item]) =>
          item === undefined ? [] : [[key, walk(item, path === "" ? key : `${path}/${key}`)]],
        ),
      );
    return part;
  };
  return { header: walk(value, ""), arrays };
}

/** Puts packed data together again, its arrays in shared memory.
 * @throws {InvalidData} an array that the header names is not there */
export function unpack({ header, arrays }: Packed): unknown {
  const walk = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(walk);
    if (part === null || typeof part !== "object") return part;
    if ("$array" in part) {
      const array = arrays[String(part.$array)];
      if (!array)
        throw new InvalidData("bad-model", `The model lacks the numbers "${String(part.$array)}" that it names.`, {
          advice: "Fit and save it again.",
        });
      return sharedCopy(array as Uint8Array);
    }
    if ("$number" in part) return Number(part.$number);
    return Object.fromEntries(Object.entries(part).map(([key, item]) => [key, walk(item)]));
  };
  return walk(header);
}

/** The same plain data with every typed array in shared memory, to be sent to threads without a copy. */
export function inSharedMemory<T>(value: T): T {
  const walk = (part: unknown): unknown => {
    if (ArrayBuffer.isView(part)) return sharedCopy(part as Uint8Array);
    if (Array.isArray(part)) return part.map(walk);
    if (part !== null && typeof part === "object")
      return Object.fromEntries(Object.entries(part).map(([key, item]) => [key, walk(item)]));
    return part;
  };
  return walk(value) as T;
}

// Functions that the executor tests run on threads.
export function square({ x }: { x: number }): number {
  return x * x;
}

export async function slowFirst({ x }: { x: number }): Promise<Float64Array> {
  if (x === 0) await new Promise((resolve) => setTimeout(resolve, 150));
  return Float64Array.of(x);
}

export function sumShared({ values }: { values: Float64Array }): number {
  return values.reduce((sum, value) => sum + value, 0);
}

export function fail(): never {
  throw new RangeError("on purpose");
}

export function die(): never {
  process.exit(7);
}

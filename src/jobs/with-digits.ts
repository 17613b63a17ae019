/** A result with every fraction in it rounded to so many significant digits, so that the last bits of a machine's logarithm are not in a file. */
export function withDigits<T>(value: T, digits: number): T {
  if (typeof value === "number") return (Number.isInteger(value) ? value : Number(value.toPrecision(digits))) as T;
  if (Array.isArray(value)) return value.map((item) => withDigits(item, digits)) as T;
  if (value !== null && typeof value === "object")
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withDigits(item, digits)])) as T;
  return value;
}

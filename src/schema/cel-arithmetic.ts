import type { Environment } from "@marcbachmann/cel-js";

/** Adds arithmetic between a double and an int, which CEL has not: people write `price * 2`. Also abs, round, floor, ceil, min, max. */
export function addArithmetic(environment: Environment): void {
  const operators: Readonly<Record<string, (a: number, b: number) => number>> = {
    "+": (a, b) => a + b,
    "-": (a, b) => a - b,
    "*": (a, b) => a * b,
    "/": (a, b) => a / b,
    "%": (a, b) => a % b,
  };
  for (const [operator, of] of Object.entries(operators)) {
    const handler = (a: unknown, b: unknown): number => of(Number(a), Number(b));
    environment.registerOperator(`double ${operator} int`, handler);
    environment.registerOperator(`int ${operator} double`, handler);
  }
  environment.registerOperator("double % double", (a: number, b: number) => a % b);
  // One direction of equality is there; its mirror comes with it.
  environment.registerOperator("double == int", (a: number, b: bigint) => a === Number(b));
  for (const name of ["abs", "round", "floor", "ceil"] as const)
    for (const type of ["double", "int"])
      environment.registerFunction(`${name}(${type}): double`, (x: unknown) => Math[name](Number(x)));
  for (const name of ["min", "max"] as const)
    for (const [a, b] of [
      ["double", "double"],
      ["double", "int"],
      ["int", "double"],
      ["int", "int"],
    ])
      environment.registerFunction(`${name}(${a}, ${b}): double`, (x: unknown, y: unknown) =>
        Math[name](Number(x), Number(y)),
      );
}

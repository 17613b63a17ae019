/** Numbers made out of columns, cell by cell. */
export type Expression =
  | { readonly kind: "column"; readonly name: string; readonly at: number; readonly length: number }
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "call"; readonly name: FunctionName; readonly of: Expression }
  | {
      readonly kind: "arithmetic";
      readonly sign: ArithmeticSign;
      readonly left: Expression;
      readonly right: Expression;
    };

export type ArithmeticSign = "+" | "-" | "*" | "/" | "^";

/** What a formula may apply to a number. */
export const FUNCTIONS = {
  log: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  log1p: Math.log1p,
  exp: Math.exp,
  sqrt: Math.sqrt,
  abs: Math.abs,
} as const;

export type FunctionName = keyof typeof FUNCTIONS;

const ARITHMETIC: Readonly<Record<ArithmeticSign, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "^": (a, b) => a ** b,
};

/** The expression's value in every row; NaN where a cell is missing or the value is no finite number.
 * @param values the cells of a column, as many as `rows` */
export function evaluate(
  expression: Expression,
  rows: number,
  values: (column: Extract<Expression, { kind: "column" }>) => Float64Array,
): Float64Array {
  const out = evaluateFreely(expression, rows, values);
  // What a column holds may be infinite, too.
  return out.some((value) => !Number.isFinite(value))
    ? out.map((value) => (Number.isFinite(value) ? value : Number.NaN))
    : out;
}

function evaluateFreely(
  expression: Expression,
  rows: number,
  values: (column: Extract<Expression, { kind: "column" }>) => Float64Array,
): Float64Array {
  switch (expression.kind) {
    case "column":
      return values(expression);
    case "number":
      return new Float64Array(rows).fill(expression.value);
    case "call":
      return evaluateFreely(expression.of, rows, values).map(FUNCTIONS[expression.name]);
    case "arithmetic": {
      const [left, right] = [expression.left, expression.right].map((part) => evaluateFreely(part, rows, values)) as [
        Float64Array,
        Float64Array,
      ];
      const apply = ARITHMETIC[expression.sign];
      return left.map((value, row) => apply(value, right[row] as number));
    }
  }
}

/** The columns that an expression reads, in its order. */
export function columnsOf(expression: Expression): readonly Extract<Expression, { kind: "column" }>[] {
  switch (expression.kind) {
    case "column":
      return [expression];
    case "number":
      return [];
    case "call":
      return columnsOf(expression.of);
    case "arithmetic":
      return [...columnsOf(expression.left), ...columnsOf(expression.right)];
  }
}

/** Minimum of a smooth function of many variables, by the limited-memory BFGS method with a line search after Wolfe.
 * @param evaluate value at `x`; fills `gradient`
 * @param start where to begin; is not changed
 * @param options.tolerance ends when the largest entry of the gradient is at most this
 * @param options.iterations at most; where they do not suffice the last point is given
 * @returns the point, and whether the tolerance was met
 * @source Nocedal & Wright (2006), Numerical Optimization, algorithms 7.4 and 7.5, and bisection for the weak Wolfe conditions: Lewis & Overton (2013),
 *   Mathematical Programming 141 */
export function lbfgs(
  evaluate: (x: Float64Array, gradient: Float64Array) => number,
  start: Float64Array,
  options: { readonly tolerance: number; readonly iterations: number },
): { readonly point: Float64Array; readonly converged: boolean } {
  const n = start.length;
  let x = start.slice();
  let gradient = new Float64Array(n);
  let value = evaluate(x, gradient);
  const steps: { readonly s: Float64Array; readonly y: Float64Array; readonly rho: number }[] = [];
  for (let iteration = 0; iteration < options.iterations; iteration++) {
    if (largest(gradient) <= options.tolerance) return { point: x, converged: true };
    const direction = descent(gradient, steps);
    const slope = dot(direction, gradient);
    // The first direction has no scale of its own.
    const first = steps.length === 0 ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient))) : 1;
    const next = search({ evaluate, x, value, direction, slope, first });
    if (!next) return { point: x, converged: false };
    const s = difference(next.x, x);
    const y = difference(next.gradient, gradient);
    const curvature = dot(s, y);
    if (curvature > 1e-12 * dot(y, y)) {
      if (steps.length === MEMORY) steps.shift();
      steps.push({ s, y, rho: 1 / curvature });
    }
    ({ x, gradient, value } = next);
  }
  return { point: x, converged: largest(gradient) <= options.tolerance };
}

const MEMORY = 6;
const MOST_TRIALS = 30;
const DECREASE = 1e-4;
const CURVATURE = 0.9;

/** Minus the inverse Hessian, as the last steps tell it, times the gradient. */
function descent(
  gradient: Float64Array,
  steps: readonly { readonly s: Float64Array; readonly y: Float64Array; readonly rho: number }[],
): Float64Array {
  const q = gradient.map((g) => -g);
  const alphas: number[] = [];
  for (const { s, y, rho } of [...steps].reverse()) {
    const alpha = rho * dot(s, q);
    alphas.unshift(alpha);
    addScaled(q, y, -alpha);
  }
  const last = steps.at(-1);
  if (last) {
    const scale = 1 / (last.rho * dot(last.y, last.y));
    for (let i = 0; i < q.length; i++) q[i] = scale * (q[i] as number);
  }
  steps.forEach(({ s, y, rho }, i) => {
    addScaled(q, s, (alphas[i] as number) - rho * dot(y, q));
  });
  return q;
}

/** A point along the direction that lowers the value enough and where the slope has eased; null: there is none within reach of rounding. */
function search(from: {
  readonly evaluate: (x: Float64Array, gradient: Float64Array) => number;
  readonly x: Float64Array;
  readonly value: number;
  readonly direction: Float64Array;
  readonly slope: number;
  readonly first: number;
}): {
  readonly x: Float64Array<ArrayBuffer>;
  readonly gradient: Float64Array<ArrayBuffer>;
  readonly value: number;
} | null {
  const { evaluate, direction, slope } = from;
  if (!(slope < 0)) return null;
  let low = 0;
  let high = Number.POSITIVE_INFINITY;
  let step = from.first;
  for (let trial = 0; trial < MOST_TRIALS; trial++) {
    const x = Float64Array.from(from.x);
    addScaled(x, direction, step);
    const gradient = new Float64Array(x.length);
    const value = evaluate(x, gradient);
    if (!(value <= from.value + DECREASE * step * slope)) high = step;
    else if (dot(gradient, direction) < CURVATURE * slope) low = step;
    else return { x, gradient, value };
    step = high < Number.POSITIVE_INFINITY ? (low + high) / 2 : 2 * low;
  }
  return null;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function addScaled(into: Float64Array, what: Float64Array, scale: number): void {
  for (let i = 0; i < into.length; i++) into[i] = (into[i] as number) + scale * (what[i] as number);
}

function difference(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((x, i) => x - (b[i] as number));
}

function largest(values: Float64Array): number {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
}

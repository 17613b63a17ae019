/** A local minimum of a function of few parameters without derivatives.
 *
 * Values that are NaN count as infinite, so that a function may refuse points. Steps depend on the number of parameters.
 * @param start where to begin
 * @param options.steps edge of the first simplex by parameter; default: a twentieth of the start, .00025 where that is 0
 * @param options.tolerance stops when values at the corners differ by less than this share (default 1e-10)
 * @param options.evaluations at most (default 400 per parameter)
 * @source Nelder & Mead (1965), Computer Journal 7; Gao & Han (2012), Computational Optimization and Applications 51, for the coefficients */
export function nelderMead(
  value: (parameters: Float64Array) => number,
  options: {
    readonly start: ArrayLike<number>;
    readonly steps?: ArrayLike<number> | undefined;
    readonly tolerance?: number | undefined;
    readonly evaluations?: number | undefined;
  },
): { readonly parameters: Float64Array; readonly value: number; readonly converged: boolean } {
  const size = options.start.length;
  const tolerance = options.tolerance ?? 1e-10;
  let left = options.evaluations ?? 400 * size;
  const measure = (parameters: Float64Array): Corner => {
    left--;
    const found = value(parameters);
    return { parameters, value: Number.isNaN(found) ? Number.POSITIVE_INFINITY : found };
  };
  const [expand, contract, shrink] = size === 1 ? [2, 0.5, 0.5] : [1 + 2 / size, 0.75 - 1 / (2 * size), 1 - 1 / size];
  const origin = Float64Array.from(options.start);
  const corners: Corner[] = [measure(origin)];
  for (let j = 0; j < size; j++) {
    const moved = Float64Array.from(origin);
    const from = origin[j] as number;
    moved[j] = from + (options.steps?.[j] ?? (from === 0 ? 0.00025 : from / 20));
    corners.push(measure(moved));
  }
  for (;;) {
    corners.sort((a, b) => a.value - b.value);
    const best = corners[0] as Corner;
    const worst = corners[size] as Corner;
    if (worst.value - best.value <= tolerance * Math.abs(best.value) + Number.MIN_VALUE)
      return { ...best, converged: true };
    if (left <= 0) return { ...best, converged: false };
    const centre = new Float64Array(size);
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++)
        centre[j] = (centre[j] as number) + ((corners[i] as Corner).parameters[j] as number) / size;
    const along = (share: number): Corner =>
      measure(centre.map((c, j) => c + share * ((worst.parameters[j] as number) - c)));
    const reflected = along(-1);
    if (reflected.value < best.value) {
      const expanded = along(-expand);
      corners[size] = expanded.value < reflected.value ? expanded : reflected;
    } else if (reflected.value < (corners[size - 1] as Corner).value) corners[size] = reflected;
    else {
      const outside = reflected.value < worst.value;
      const contracted = along(outside ? -contract : contract);
      if (contracted.value <= Math.min(reflected.value, worst.value)) corners[size] = contracted;
      else
        for (let i = 1; i <= size; i++)
          corners[i] = measure(
            best.parameters.map((b, j) => b + shrink * (((corners[i] as Corner).parameters[j] as number) - b)),
          );
    }
  }
}

interface Corner {
  readonly parameters: Float64Array;
  readonly value: number;
}

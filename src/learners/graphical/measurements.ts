import { InvalidArgument } from "../../errors.ts";
import type { Measurement, ZeroCells } from "./model.ts";
import { cellsOf } from "./scope.ts";

/** The number of rows: inverse-variance mean of the totals of the noisy counts, at least 1; `otherwise` when nothing was measured.
 * @source McKenna, Sheldon & Miklau (2019), ICML, §4.2 */
export function estimateTotal(measurements: readonly Measurement[], otherwise = 1): number {
  let weights = 0;
  let sum = 0;
  for (const { noisy, sigma } of measurements) {
    const weight = 1 / (sigma * sigma * noisy.length);
    weights += weight;
    for (const count of noisy) sum += weight * count;
  }
  return Math.max(1, weights > 0 ? sum / weights : otherwise);
}

/** @throws {InvalidArgument} a clique that is not ascending columns of the domain, a table of another size, noise of no size */
export function checkMeasurements(
  sizes: readonly number[],
  { measurements, zeros }: { readonly measurements: readonly Measurement[]; readonly zeros: readonly ZeroCells[] },
): void {
  measurements.forEach(({ clique, noisy, sigma }, m) => {
    checkClique(sizes, clique, `Measurement ${m}`);
    checkCells(sizes, { clique, cells: noisy.length, what: `Measurement ${m}` });
    if (!(sigma > 0 && sigma < Number.POSITIVE_INFINITY))
      throw new InvalidArgument(
        "bad-measurement",
        `Measurement ${m} has sigma ${sigma}; wanted a finite number above 0.`,
      );
    if (!noisy.every(Number.isFinite))
      throw new InvalidArgument(
        "bad-measurement",
        `Measurement ${m} of columns ${clique.join(", ")} has counts that are not finite.`,
      );
  });
  zeros.forEach(({ clique, allowed }, z) => {
    checkClique(sizes, clique, `Structural zeros ${z}`);
    checkCells(sizes, { clique, cells: allowed.length, what: `Structural zeros ${z}` });
  });
}

/** @throws {InvalidArgument} the clique is not ascending columns of the domain */
export function checkClique(sizes: readonly number[], clique: readonly number[], what: string): void {
  clique.forEach((column, i) => {
    if (
      !Number.isInteger(column) ||
      column < 0 ||
      column >= sizes.length ||
      (i > 0 && column <= (clique[i - 1] as number))
    )
      throw new InvalidArgument(
        "bad-clique",
        `${what} is over columns [${clique.join(", ")}]; wanted ascending indices below ${sizes.length}, each once.`,
      );
  });
}

function checkCells(
  sizes: readonly number[],
  { clique, cells, what }: { readonly clique: readonly number[]; readonly cells: number; readonly what: string },
): void {
  const want = cellsOf(sizes, clique);
  if (cells !== want)
    throw new InvalidArgument(
      "bad-table",
      `${what} over columns [${clique.join(", ")}] has ${cells} cells; wanted ${want}, row-major.`,
    );
}

import type { InferEstimation, InferResult, InferTerm } from "../../../hybrid/infer-result.ts";
import { figure } from "../../../hybrid/infer-words.ts";

/** The coefficient that the answer is about, by the method to go by. */
export function primaryTerm(result: InferResult): InferTerm | undefined {
  return termOf(
    result.estimations.find(({ method }) => method === result.primary),
    result.headline,
  );
}

/** One coefficient of a method. */
export function termOf(estimation: InferEstimation | undefined, term: string | null): InferTerm | undefined {
  return estimation?.terms?.find((item) => item.term === term);
}

/** "0.84 (0.71 to 0.97)" */
export function rangeWords(item: { readonly value: number; readonly low: number; readonly high: number }): string {
  return `${figure(item.value, item)} (${figure(item.low, item)} to ${figure(item.high, item)})`;
}

import { Unsupported } from "../../errors.ts";
import type { CrossFitted } from "./cross-fitted.ts";
import type { Inference } from "./estimation.ts";
import type { Family, PairedSample } from "./sample.ts";

/** What an inference may be told besides the sample. */
export interface InferenceOptions {
  /** Of every interval; .9. */
  readonly level?: number | undefined;
  /** The false-alarm rate of each alarm test; .05. */
  readonly alpha?: number | undefined;
  /** For cross-PPI; absent: the method says that it does not apply. */
  readonly crossFitted?: CrossFitted | undefined;
}

/** Everything that can be said of a sample: an estimate by each method, which of them to use, and two alarm tests.
 * @throws {InvalidArgument} a level, an alpha or a probability out of range
 * @throws {InvalidData} too few labelled rows even for labelled-only, collinear or separated terms, weights or chances out of range; with advice */
export function inferSample(_sample: PairedSample, _family: Family, _options: InferenceOptions = {}): Inference {
  throw new Unsupported("not-written", "Inference is not written yet.");
}

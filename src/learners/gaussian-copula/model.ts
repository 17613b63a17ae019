import type { Latent, LatentColumn } from "./latents.ts";

/** Columns cut out of correlated standard normal variables. Plain data in shared memory. */
export interface GaussianCopulaModel {
  readonly latents: readonly Latent[];
  readonly columns: readonly LatentColumn[];
  /** latents × latents, positive definite, row-major. */
  readonly correlation: Float64Array;
  /** Its Cholesky factor. */
  readonly factor: Float64Array;
}

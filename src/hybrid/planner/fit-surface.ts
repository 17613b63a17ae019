import type { ResponseSurface, SurfaceKind } from "./surface.ts";

/** A mean loss over seeds; real > 0. */
export interface SurfaceCell {
  readonly real: number;
  readonly synthetic: number;
  readonly loss: number;
}

/** A surface with how well it fits. */
export interface SurfaceFit {
  readonly surface: ResponseSurface;
  /** Akaike's criterion with the small-sample correction; infinite where there are too few cells for the parameters. */
  readonly aicc: number;
  /** Root mean square of the residuals, relative to the loss. */
  readonly rmse: number;
}

/** Fits one kind of surface. */
export function fitSurface(_cells: readonly SurfaceCell[], _options: { readonly kind: SurfaceKind }): SurfaceFit {
  throw new Error("not yet");
}

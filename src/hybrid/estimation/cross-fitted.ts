/** Predictions of models that were each fitted without one fold of the labelled units: what cross-prediction-powered inference takes. */
export interface CrossFitted {
  /** T × p: the real design of every unit. */
  readonly design: Float64Array;
  /** One for each fold k: what the model that was fitted without fold k's units predicts for each of the T units. */
  readonly predictions: readonly Float64Array[];
  /** The fold, 0 … K − 1, of each of the n labelled units, in their order. */
  readonly foldOf: Int32Array;
}

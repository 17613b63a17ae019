/** A row of the literature's table of Adult. */
export interface Published {
  readonly name: string;
  readonly shapes: number;
  readonly trends: number;
  readonly mle: number;
  readonly boosted: number;
  readonly logistic: number;
}

/** Means over five trained models on Adult, read from `article_material/our_results` of april-tools/tabpc at 3f92668 (arXiv 2603.23016). */
export const PUBLISHED: readonly Published[] = [
  { name: "CTGAN", shapes: 0.8087, trends: 0.7581, mle: 0.8623, boosted: 0, logistic: 0.5881 },
  { name: "TVAE", shapes: 0.7619, trends: 0.6664, mle: 0.871, boosted: 0, logistic: 0.2286 },
  { name: "TabSyn", shapes: 0.9921, trends: 0.9795, mle: 0.9104, boosted: 0.7942, logistic: 0.9866 },
  { name: "TabDiff", shapes: 0.9932, trends: 0.9846, mle: 0.913, boosted: 0.8409, logistic: 0.9899 },
  { name: "mixture of products", shapes: 0.9924, trends: 0.9814, mle: 0.9022, boosted: 0.7727, logistic: 0.9879 },
  { name: "TabPC", shapes: 0.9942, trends: 0.9856, mle: 0.9162, boosted: 0.8554, logistic: 0.9959 },
];

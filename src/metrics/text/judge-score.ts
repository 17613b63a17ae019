import { doesNotApply, meanInterval, type TextMetric, textScore } from "./text-metric.ts";

/** What judges thought of the rows. */
export const judgeScore: TextMetric = {
  name: "judge-score",
  title: "Judges' scores, lowest",
  family: "utility",
  better: "higher",
  range: [0, 1],
  source:
    "Mean over the released rows of each score, moved to 0 (the lowest on its scale) … 1 (the highest); the lowest mean; Student's bounds",
  definitionVersion: 1,
  explains:
    "What a language model said of the rows that were kept. A judge is a model too: it has favourites (long answers, its own style), and where it also chose the rows its mean says how it chose.",
  diagnostic: true,
  measure(input) {
    const scores = input.judged
      .map(({ name, scale: [low, high], n, mean, stddev }) => ({
        name,
        n,
        mean,
        ...meanInterval(
          { n, mean: (mean - low) / (high - low), stddev: stddev / (high - low) },
          { level: input.level, range: [0, 1] },
        ),
      }))
      .sort((a, b) => a.value - b.value);
    const [lowest] = scores;
    if (!lowest) return doesNotApply(judgeScore, "No judge scored the rows.");
    const { value, low, high, n } = lowest;
    return textScore(judgeScore, input, {
      value,
      low,
      high,
      n,
      worst: scores.map(({ name, value: share }) => ({ name, value: share })),
      details: { scores: scores.map(({ name, n: rows, mean }) => ({ name, rows, mean })) },
    });
  },
};

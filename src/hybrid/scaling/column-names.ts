/** Names that columns of a scaling experiment go by, likeliest first; compared in lower case without anything but letters and digits. */
export const SIZE_NAMES = [
  ...["size", "n", "rows", "samples", "examples", "tokens", "documents", "points"],
  ...["trainsize", "trainingsize", "datasize", "datasetsize", "samplesize", "ntrain", "trainrows", "trainingrows"],
  ...["numsamples", "numexamples", "nrows", "nsamples", "nreal", "real", "d"],
];

export const LOSS_NAMES = [
  ...["loss", "testloss", "evalloss", "valloss", "validationloss", "error", "testerror", "errorrate", "err"],
  ...["crossentropy", "nll", "ce", "perplexity", "ppl", "rmse", "mse", "mae", "brier", "wer", "cer", "logloss"],
];

/** Scores, higher is better. */
export const SCORE_NAMES = [
  ...["accuracy", "testaccuracy", "acc", "auc", "auroc", "rocauc", "f1", "macrof1", "r2", "bleu", "rouge"],
  ...["exactmatch", "recall", "precision", "score"],
];

export const SEED_NAMES = ["seed", "run", "replicate", "repeat", "repetition", "trial", "fold", "draw"];

export const GROUP_NAMES = ["model", "group", "arm", "learner", "student", "method", "configname", "config", "task"];

/** The name in the form of the lists. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "");
}

/** The size that the header of a wide table's column names: "3200", "3,200", "3_200", "12.8k", "1.5M", "n=200"; null: none. */
export function sizeNamed(header: string): number | null {
  const [, digits, suffix = ""] =
    /^(?:[a-z]+[ _=:-])?(\d[\d,_ ]*(?:\.\d+)?(?:e\+?\d+)?) ?([kmb]?)$/i.exec(header.trim()) ?? [];
  if (digits === undefined) return null;
  return Number(digits.replace(/[,_ ]/g, "")) * ({ k: 1e3, m: 1e6, b: 1e9 }[suffix.toLowerCase()] ?? 1);
}

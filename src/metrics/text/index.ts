import { acceptance } from "./acceptance.ts";
import { categoryBalance } from "./category-balance.ts";
import { completeness } from "./completeness.ts";
import { copiedFromSource } from "./copied-from-source.ts";
import { distinctN } from "./distinct-n.ts";
import { duplicateRows } from "./duplicate-rows.ts";
import { duplicateTexts } from "./duplicate-texts.ts";
import { judgeScore } from "./judge-score.ts";
import { repairedShare } from "./repaired-share.ts";
import { selfOverlap } from "./self-overlap.ts";
import { sourcePassages } from "./source-passages.ts";
import { textLengths } from "./text-lengths.ts";
import type { TextMetric } from "./text-metric.ts";

/** Every metric of a text run, in the order of the report. A new one is a file and a line here. */
export const textMetrics: readonly TextMetric[] = [
  completeness,
  acceptance,
  repairedShare,
  duplicateRows,
  duplicateTexts,
  distinctN,
  selfOverlap,
  textLengths,
  categoryBalance,
  judgeScore,
  sourcePassages,
  copiedFromSource,
];

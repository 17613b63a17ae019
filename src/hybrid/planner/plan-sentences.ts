import type { Mix, PlanAnswers, Ranged } from "./answers.ts";
import { ANCHOR } from "./mixes.ts";
import { between, capital, figure, given, rowCount, withInterval } from "./number-words.ts";
import type { Miss } from "./where-it-misses.ts";
import type { Turn } from "./where-it-turns.ts";

type Answers = Omit<PlanAnswers, "sentences">;

/** The answers in whole sentences, the deciding one first, the rule of the real anchor last. */
export function planSentences(
  answers: Answers,
  of: {
    readonly turns: readonly Turn[];
    readonly misses: readonly Miss[];
    /** The cheapest mix where the rule of the anchor is not asked for. */
    readonly freeMix: Mix | null;
    /** Whether the rule was held to. */
    readonly anchored: boolean;
    /** There are cells of a shifted test set, too few to say anything. */
    readonly shiftedTooFew: boolean;
  },
): readonly string[] {
  return [
    verdictOf(answers),
    ...seedsOf(answers),
    ...targetOf(answers),
    ...endOf(answers),
    ...worthOf(answers),
    ...armOf(answers),
    ...of.turns.map((turn) => turnOf(turn, answers)),
    ...of.misses.map((miss) => missOf(miss, answers)),
    ...shiftOf(answers),
    ...(of.shiftedTooFew ? ["The shifted test set has values at too few real sizes to say anything of it."] : []),
    ...doubtsOf(answers),
    anchorOf(answers, of),
  ];
}

function verdictOf(answers: Answers): string {
  const { synthetic, exchangeRate: rate, realRowsAlone, fewestRealRows, basis, surface } = answers;
  if (synthetic === "no-evidence" && surface.scale === 0)
    return "Nothing can be told of synthetic rows here, for more real rows made no difference either.";
  if (synthetic === "not-enough" || rate === null)
    return "Not enough was tried to tell whether synthetic rows help: the pilot has fewer than two amounts of them. What follows is of real rows alone.";
  const stands = `${figure(rate.value)} of a real row (${between(rate, figure)})`;
  if (synthetic === "no-evidence")
    return `There is no evidence that synthetic rows help: one stands for ${stands}. What follows is of real rows alone.`;
  if (synthetic === "harms")
    return `Synthetic rows harm here: each undoes ${figure(-rate.value)} of a real row (${figure(-rate.high)} to ${figure(-rate.low)}). What follows is of real rows alone.`;
  const first = `the first one stands for ${stands}`;
  if (synthetic === "depends")
    return `Synthetic rows help at some sizes and harm at others: over all, ${first}, and yet they made it worse at ${answers.turnsAt.map(rowCount).join(" and ")} real rows. What follows is of real rows alone.`;
  if (fewestRealRows === null || realRowsAlone === null) return `Synthetic rows help here: ${first}.`;
  if (fewestRealRows.value === Number.POSITIVE_INFINITY)
    return `Synthetic rows help here (${first}), but ${aim(answers)} takes ${realRows(fewestRealRows, answers)}, with or without them.`;
  return `Synthetic rows help here: with up to ${rowCount(basis.largestMultiple)} for each real row, ${aim(answers)} takes ${realRows(fewestRealRows, answers)} instead of ${realRows(realRowsAlone, answers)} alone; ${first}.`;
}

function seedsOf({ basis }: Answers): readonly string[] {
  if (basis.seeds >= 3) return [];
  const seeds = basis.seeds === 1 ? "one seed" : `${basis.seeds} seeds`;
  return [`The pilot has ${seeds}: its intervals are not to be trusted. Run three at least, better five.`];
}

function targetOf(answers: Answers): readonly string[] {
  const { question, cheapest, realRowsAlone, fewestRealRows, synthetic } = answers;
  if (question.target === null || realRowsAlone === null || fewestRealRows === null) return [];
  const alone = synthetic === "helps" ? [] : [`${capital(aim(answers))} takes ${realRows(realRowsAlone, answers)}.`];
  if (cheapest === null)
    return [...alone, `${capital(aim(answers))} is out of reach of the ${rowsWithinReach(answers)}${bestOf(answers)}.`];
  const costAlone = realRowsAlone.value * question.cost.real;
  if (cheapest.synthetic === 0)
    return [
      ...alone,
      `The cheapest way there is real rows alone: ${rowCount(cheapest.real)}, at a cost of ${figure(cheapest.cost)}.`,
    ];
  const instead = Number.isFinite(costAlone) ? `, where real rows alone would cost ${figure(costAlone)}` : "";
  return [
    ...alone,
    `The cheapest mix for it is ${rowCount(cheapest.real)} real and ${rowCount(cheapest.synthetic)} synthetic rows, at a cost of ${figure(cheapest.cost)}${instead}; ${answers.metric.name} is then expected between ${figure(cheapest.value.low)} and ${figure(cheapest.value.high)}.`,
  ];
}

/** The real rows at hand, or those of them that a pilot can speak of: "30 200 real rows at hand". */
export function rowsWithinReach({ question, basis }: Pick<PlanAnswers, "question" | "basis">): string {
  const { realAvailable } = question;
  return realAvailable > basis.reach
    ? `${rowCount(basis.reach)} real rows that this pilot can speak of`
    : `${rowCount(realAvailable)} real rows at hand`;
}

function bestOf({ frontier, metric }: Answers): string {
  const top = frontier.at(-1);
  return top
    ? `: the best that they give is ${metric.name} ${withInterval(top.value, figure)}${top.synthetic > 0 ? `, with ${rowCount(top.synthetic)} synthetic rows` : ""}`
    : "";
}

function endOf({ stopsHelping, synthetic, basis }: Answers): readonly string[] {
  if (synthetic !== "helps") return [];
  if (stopsHelping === null)
    return [
      `No end of what synthetic rows can bring is in sight up to ${rowCount(basis.largestMultiple)} for each real row, the most that was tried.`,
    ];
  const { real, synthetic: end } = stopsHelping;
  return [
    `At ${rowCount(real)} real rows, synthetic ones have brought nine tenths of what they can after ${rowCount(end.value)} of them (${between(end, rowCount)}).`,
  ];
}

function worthOf({ worth, metric, synthetic }: Answers): readonly string[] {
  return worth.map(({ extra, at, gain, asSynthetic }) => {
    const word = metric.better === "higher" ? "raise" : "lower";
    const where = `${rowCount(at.real)} real${at.synthetic > 0 ? ` and ${rowCount(at.synthetic)} synthetic` : ""} rows`;
    const what = `${extra} more real rows at ${where} would ${word} ${metric.name} by ${withInterval(gain, figure)}`;
    if (synthetic !== "helps") return `${what}.`;
    if (asSynthetic.value === Number.POSITIVE_INFINITY)
      return `${what}; no number of synthetic rows that this pilot can speak of would bring as much.`;
    return `${what}, as much as ${rowCount(asSynthetic.value)} more synthetic ones (${between(asSynthetic, rowCount)}).`;
  });
}

function armOf({ arm, metric, question, synthetic, basis }: Answers): readonly string[] {
  const { recommended, difference, pairs } = arm;
  if (difference === null) return [];
  const by = `${figure(Math.abs(difference.value))} in ${metric.name} (difference ${between(difference, figure)} at ${percentOf(question.level)}, ${pairs} pairs of cells)`;
  if (recommended === "pretrain")
    return [
      `${synthetic === "helps" ? "Train" : "If synthetic rows are used all the same, train"} on the synthetic rows first and finish on the real ones: that is better than mixing them by ${by}.`,
    ];
  const mix =
    synthetic === "helps"
      ? "Mix synthetic and real rows"
      : "If synthetic rows are used all the same, mix them with the real ones";
  if (difference.high < 0 && basis.seeds >= 3)
    return [`${mix}: that is better than training on the synthetic ones first by ${by}.`];
  return [
    `${mix}: training on the synthetic ones first and finishing on the real ones differs by ${by}, which may be chance.`,
  ];
}

function turnOf({ at, gain }: Turn, { metric }: Answers): string {
  const size = `${figure(Math.abs(gain.value))} in ${metric.name}`;
  if ("real" in at)
    return gain.value < 0
      ? `But at ${rowCount(at.real)} real rows synthetic ones made it worse, by ${size}: the curve does not show that.`
      : `But at ${rowCount(at.real)} real rows synthetic ones made it better, by ${size}: the curve does not show that.`;
  return `But ${rowCount(at.multiple)} synthetic rows for each real one were worse than ${rowCount(at.than)}, by ${size}: the curve does not show that.`;
}

function missOf({ at, measured, fitted }: Miss, { metric }: Answers): string {
  const where = `${rowCount(at.real)} real${at.synthetic > 0 ? ` and ${rowCount(at.synthetic)} synthetic` : ""} rows`;
  return `The curve misses what was measured: at ${where} it says ${metric.name} ${figure(fitted)}, where ${figure(measured)} was measured. Believe the measurement.`;
}

function shiftOf({ shifted, synthetic }: Answers): readonly string[] {
  if (shifted === null) return [];
  const words = {
    helps: "synthetic rows help",
    depends: "synthetic rows help at some sizes and harm at others",
    "no-evidence": "there is no evidence that synthetic rows help",
    harms: "synthetic rows harm",
    "not-enough": "not enough was tried to tell",
  } as const;
  return [
    shifted.synthetic === synthetic
      ? `On the shifted test set it is the same: ${words[synthetic]}.`
      : `On the shifted test set it is otherwise: ${words[shifted.synthetic]}.`,
  ];
}

function doubtsOf({ holes, surface, measured }: Answers): readonly string[] {
  const sizes = new Set(measured.filter(({ real, synthetic }) => real > 0 && synthetic === 0).map(({ real }) => real))
    .size;
  return [
    ...(sizes < 6
      ? [
          `${sizes} real sizes are few for a curve: its form is held to a plain power law with a floor. Six or more tell it.`,
        ]
      : []),
    ...(surface.scale === 0
      ? ["More real rows made no difference here: this pilot cannot plan with a metric that does not move."]
      : []),
    ...(holes.length > 0
      ? [`${holes.length === 1 ? "One cell has" : `${holes.length} cells have`} no value; the others are used.`]
      : []),
    ...(measured.some(({ real }) => real === 0)
      ? ["Cells without real rows stand for themselves in the picture: the curve says nothing of them."]
      : []),
  ];
}

function anchorOf(answers: Answers, of: { readonly freeMix: Mix | null; readonly anchored: boolean }): string {
  const { cheapest, question } = answers;
  const { freeMix, anchored } = of;
  const rule = `Keep at least ${ANCHOR.rows} real rows, and a tenth of all rows, wherever synthetic ones are mixed in`;
  if (!anchored && cheapest)
    return `The mix has fewer real rows than the rule of thumb asks for (${ANCHOR.rows}, and a tenth of all rows), but the pilot has measured that so few reach the target.`;
  const short =
    question.realAvailable < ANCHOR.rows ? ` (you have ${rowCount(question.realAvailable)}: use them all)` : "";
  if (freeMix && cheapest && freeMix.cost < cheapest.cost)
    return `${rule}${short}; by the curve alone ${rowCount(freeMix.real)} real and ${rowCount(freeMix.synthetic)} synthetic rows would do, at a cost of ${figure(freeMix.cost)}, which the pilot has not measured.`;
  return `${rule}${short}: where real rows run out altogether, models fall off.`;
}

function aim({ metric, question }: Answers): string {
  return `${metric.name} ${given(question.target as number)}`;
}

function realRows({ value, low, high }: Ranged, { basis, question }: Answers): string {
  const far = rowCount(basis.reach);
  if (value === Number.POSITIVE_INFINITY)
    return `more real rows than this pilot can speak of (over ${far}${Number.isFinite(low) ? `; ${percentOf(question.level)} interval from ${rowCount(low)}` : ""})`;
  const few = value <= basis.smallestReal ? " or fewer, the least that was tried" : "";
  return `${rowCount(value)} real rows${few} (${rowCount(low)} to ${Number.isFinite(high) ? rowCount(high) : `over ${far}`})`;
}

function percentOf(level: number): string {
  return `${Number((100 * level).toFixed(1))} %`;
}

import type { MeasuredCell, PlanAnswers } from "../../../hybrid/planner/answers.ts";
import { between, capital, figure, rowCount, withInterval } from "../../../hybrid/planner/number-words.ts";
import { type Html, html, type Part } from "../html.ts";
import { table } from "../table.ts";

/** What more real rows would bring, one line for each question. */
export function worthTable(answers: PlanAnswers): Html | false {
  const { worth, metric, synthetic } = answers;
  if (worth.length === 0) return false;
  return table(
    "What more real rows are worth",
    ["More real rows", "At", `Gain in ${metric.name}`, ...(synthetic === "helps" ? ["As many synthetic rows"] : [])],
    worth.map(({ extra, at, gain, asSynthetic }) => [
      rowCount(extra),
      `${rowCount(at.real)} real${at.synthetic > 0 ? ` + ${rowCount(at.synthetic)} synthetic` : ""}`,
      withInterval(gain, figure),
      ...(synthetic === "helps" ? [withInterval(asSynthetic, rowCount)] : []),
    ]),
  );
}

/** Real rows that one synthetic row stood for on average, by how many there were. */
export function exchangeTable(answers: PlanAnswers): Html | false {
  const { averageExchange, synthetic } = answers;
  if (synthetic !== "helps") return false;
  return table(
    "What a synthetic row stood for, on average",
    ["Synthetic rows for each real one", "Real rows", "Synthetic rows for one real row"],
    averageExchange.map(({ multiple, rate }) => [
      rowCount(multiple),
      withInterval(rate, figure),
      rowCount(1 / rate.value),
    ]),
  );
}

/** Means of all cells: real sizes down, synthetic rows for a real one across; as a list what has no column there, and all where a grid would be mostly empty. */
export function measuredTable(answers: PlanAnswers): Html {
  const { measured } = answers;
  const mixed = measured.filter(({ real }) => real > 0);
  const multiples = columnsOf(mixed);
  const columnOf = ({ real, synthetic }: MeasuredCell): number | undefined =>
    multiples.find((multiple) => isNear(synthetic / real, multiple));
  const onGrid = mixed.filter((cell) => columnOf(cell) !== undefined);
  const sizes = [...new Set(onGrid.map(({ real }) => real))];
  if (multiples.length > 10 || sizes.length * multiples.length > 3 * onGrid.length) return listOf(answers, measured);
  const others = measured.filter((cell) => !onGrid.includes(cell));
  return html`${table(
    `${capital(answers.metric.name)} by real rows and synthetic rows for each`,
    ["Real rows", ...multiples.map((multiple) => (multiple === 0 ? "alone" : `× ${rowCount(multiple)}`))],
    sizes.map((real) => [
      rowCount(real),
      ...multiples.map((multiple) => {
        const cell = onGrid.find((item) => item.real === real && isNear(item.synthetic / real, multiple));
        return cell ? cellOf(cell) : missing(answers, { real, multiple });
      }),
    ]),
  )}${others.length > 0 && listOf(answers, others)}`;
}

function listOf(answers: PlanAnswers, cells: readonly MeasuredCell[]): Html {
  return table(
    cells.every(({ real }) => real === 0)
      ? `${capital(answers.metric.name)} of synthetic rows alone`
      : `${capital(answers.metric.name)} ${cells.length < answers.measured.length ? "of the other cells" : "by cell"}`,
    ["Real", "Synthetic", "Seeds", capital(answers.metric.name)],
    cells.map(({ real, synthetic, seeds, value }) => [
      rowCount(real),
      rowCount(synthetic),
      String(seeds),
      withInterval(value, figure),
    ]),
  );
}

function cellOf({ value, seeds }: MeasuredCell): Html {
  return html`<span class="plan-cell">${figure(value.value)}<span class="quiet">${seeds === 1 ? "one seed" : `(${between(value, figure)})`}</span></span>`;
}

function missing(answers: PlanAnswers, at: { readonly real: number; readonly multiple: number }): Part {
  const failed = answers.holes.some(({ real, synthetic }) => real === at.real && isNear(synthetic / real, at.multiple));
  return failed ? html`<span class="plan-hole">failed</span>` : "–";
}

/** Numbers of synthetic rows for a real one that were tried at more than one real size, or all where none was. */
function columnsOf(cells: readonly MeasuredCell[]): readonly number[] {
  const all: number[] = [];
  for (const multiple of cells.map(({ real, synthetic }) => synthetic / real).sort((a, b) => a - b))
    if (!isNear(all.at(-1) ?? Number.NaN, multiple)) all.push(multiple);
  const sizesOf = (multiple: number): number =>
    new Set(cells.filter(({ real, synthetic }) => isNear(synthetic / real, multiple)).map(({ real }) => real)).size;
  const repeated = all.filter((multiple) => sizesOf(multiple) > 1);
  return repeated.length > 0 ? repeated : all;
}

/** Within a tenth, or both 0. */
function isNear(a: number, b: number): boolean {
  return a === b || (a > 0 && b > 0 && Math.abs(Math.log(a / b)) < 0.1);
}

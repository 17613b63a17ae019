import { InvalidData } from "../../errors.ts";
import { added } from "../../math/matrix.ts";
import { type Labelling, labellingOf } from "./labelling.ts";
import { type Link, linkOf, meanAt, slopeAt } from "./link.ts";
import { type MEstimate, mEstimate, type NoMEstimate } from "./m-estimate.ts";
import { momentsOf, type Rows } from "./rows.ts";
import type { AuxiliarySource, Family, PairedSample } from "./sample.ts";

/** What all methods for moments with a slope share: the labelled estimate, its influence, and that of every source that carries something. */
export interface Prepared {
  readonly sample: PairedSample;
  readonly family: Family;
  readonly link: Link;
  readonly labelling: Labelling;
  /** Real rows of labelled units, weighted by share. */
  readonly real: Rows;
  readonly estimate: MEstimate;
  /** n × p: influence of each labelled unit, H⁻¹ψ. */
  readonly influence: Float64Array;
  /** n: how far each labelled unit pulls its own fit, 0 … 1. */
  readonly leverage: Float64Array;
  readonly sources: readonly PreparedSource[];
  /** Why sources were left out, whole sentences. */
  readonly notices: readonly string[];
}

/** A source with its own estimates. */
export interface PreparedSource {
  readonly source: AuxiliarySource;
  /** The same regression on all T units. */
  readonly all: MEstimate;
  /** p: how far labelled units alone are off that, by the luck of which were labelled. */
  readonly shift: Float64Array;
  /** n × p: influence of each labelled unit at the estimate of all units. */
  readonly influence: Float64Array;
}

/** Fits everything once.
 * @throws {InvalidData} terms of the real rows that are collinear or separated */
export function prepare(sample: PairedSample, family: Family): Prepared {
  const link = linkOf(family) ?? "identity";
  const labelling = labellingOf(sample);
  const real: Rows = { ...sample.real, width: sample.width, weights: labelling.share };
  const estimate = mEstimate(real, link);
  if ("problem" in estimate) throw unusable(estimate, sample);
  const notices: string[] = [];
  const sources: PreparedSource[] = [];
  for (const source of sample.sources) {
    const prepared = prepareSource(source, { sample, link, labelling });
    if (typeof prepared === "string") notices.push(prepared);
    else sources.push(prepared);
  }
  return {
    sample,
    family,
    link,
    labelling,
    real,
    estimate,
    influence: influenceOf(real, estimate, link),
    leverage: leverageOf(real, estimate, link),
    sources,
    notices,
  };
}

function unusable({ problem, term }: NoMEstimate, { terms, labelled }: PairedSample): InvalidData {
  const name = terms[term] as string;
  if (problem === "collinear")
    return new InvalidData(
      "collinear-terms",
      `Among the ${labelled.length} labelled units the term "${name}" is a linear combination of the terms before it.`,
      { advice: `Drop "${name}", or a term that says the same.` },
    );
  return new InvalidData(
    "separated-term",
    term === 0 && name === "(intercept)"
      ? `All ${labelled.length} labelled units have the same outcome, or the terms part the outcomes without an error; no finite coefficients fit them best.`
      : `The term "${name}" parts the outcomes of the ${labelled.length} labelled units without an error: its best coefficient is infinite.`,
    { advice: `Label more units, or drop or merge "${name}".` },
  );
}

function prepareSource(
  source: AuxiliarySource,
  { sample, link, labelling }: { readonly sample: PairedSample; readonly link: Link; readonly labelling: Labelling },
): PreparedSource | string {
  const { width, terms, labelled: units } = sample;
  const { name, design, outcome } = source;
  if (outcome.every((y) => y === outcome[0]))
    return `"${name}" has the same outcome, ${outcome[0]}, for every unit: it carries nothing and was left out.`;
  const rows: Rows = { design, outcome, width };
  const all = mEstimate({ ...rows, weights: labelling.weights }, link);
  if ("problem" in all) return leftOut(name, all, { terms, where: "all units" });
  const labelledRows: Rows = { ...rows, units, weights: labelling.share };
  const influence = influenceOf(labelledRows, all, link);
  if (isExact(labelledRows, all, link))
    return `The outcomes of "${name}" follow from its terms without an error: it carries nothing and was left out.`;
  if (link !== "identity") return { source, all, influence, shift: meanInfluence(influence, labelling.share) };
  const here = mEstimate(labelledRows, link);
  if ("problem" in here) return leftOut(name, here, { terms, where: "the labelled units" });
  return { source, all, influence, shift: added(here.coefficients, all.coefficients, -1) };
}

/** One step from all units towards the labelled ones. Beyond linear models a fit on few labelled rows is biased or has no end, and with it a
 * difference of fits; a step has mean 0. */
function meanInfluence(influence: Float64Array, share: Float64Array): Float64Array {
  const width = influence.length / share.length;
  const out = new Float64Array(width);
  for (const [i, c] of share.entries())
    for (let j = 0; j < width; j++) out[j] = (out[j] as number) + c * (influence[i * width + j] as number);
  return out;
}

function leftOut(
  name: string,
  { problem, term }: NoMEstimate,
  { terms, where }: { readonly terms: readonly string[]; readonly where: string },
): string {
  return problem === "collinear"
    ? `In "${name}" the term "${terms[term]}" is a linear combination of those before it on ${where}; the source was left out.`
    : `In "${name}" the term "${terms[term]}" parts the outcomes without an error on ${where}; the source was left out.`;
}

/** No residual is larger than rounding. */
function isExact(rows: Rows, { coefficients }: MEstimate, link: Link): boolean {
  const { design, outcome, width, units } = rows;
  const count = units?.length ?? outcome.length;
  let residual = 0;
  let size = 0;
  for (let k = 0; k < count; k++) {
    const unit = units ? (units[k] as number) : k;
    const y = outcome[unit] as number;
    residual += (y - meanAt(link, linearAt(design, unit * width, coefficients))) ** 2;
    size += y * y;
  }
  return residual <= 1e-18 * size;
}

/** count × p, H⁻¹ψ of each picked row. */
export function influenceOf(rows: Rows, { coefficients, inverseHessian }: MEstimate, link: Link): Float64Array {
  const { width } = rows;
  const moments = momentsOf(rows, coefficients, link);
  const row = new Float64Array(width);
  for (let at = 0; at < moments.length; at += width) {
    for (let i = 0; i < width; i++) {
      let sum = 0;
      for (let j = 0; j < width; j++) sum += (inverseHessian[i * width + j] as number) * (moments[at + j] as number);
      row[i] = sum;
    }
    moments.set(row, at);
  }
  return moments;
}

/** w μ′ xᵀ H⁻¹ x / Σw of each row, the diagonal of the hat matrix; of weighted rows and of generalised linear models likewise.
 * @source Pregibon (1981), "Logistic regression diagnostics", Annals of Statistics 9 */
function leverageOf(rows: Rows, { coefficients, inverseHessian, weight }: MEstimate, link: Link): Float64Array {
  const { design, outcome, width, weights } = rows;
  return Float64Array.from(outcome, (_, i) => {
    const at = i * width;
    let sum = 0;
    for (let j = 0; j < width; j++)
      for (let k = 0; k < width; k++)
        sum += (design[at + j] as number) * (inverseHessian[j * width + k] as number) * (design[at + k] as number);
    const slope = slopeAt(link, meanAt(link, linearAt(design, at, coefficients)));
    return Math.min(MOST_LEVERAGE, (sum * slope * (weights === undefined ? 1 : (weights[i] as number))) / weight);
  });
}

/** A row that determines a coefficient alone has leverage 1 and no residual; the limit keeps 0 / 0 away. */
const MOST_LEVERAGE = 1 - 1e-6;

function linearAt(design: Float64Array, at: number, coefficients: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < coefficients.length; j++) sum += (design[at + j] as number) * (coefficients[j] as number);
  return sum;
}

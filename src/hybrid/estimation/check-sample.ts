import { InvalidArgument, InvalidData } from "../../errors.ts";
import type { Family, PairedSample } from "./sample.ts";

/** Refuses a sample that no estimate could be made of; the message says what, where, and what to do.
 * @throws {InvalidArgument} arrays whose lengths do not fit together, a probability out of range
 * @throws {InvalidData} values, weights, chances or strata that are out of range; fewer labelled rows than coefficients */
export function checkSample(sample: PairedSample, family: Family): void {
  checkShapes(sample, family);
  checkDesign(sample);
  const { labelled, terms, real, width } = sample;
  checkFinite(
    real.design,
    (at) => `the term "${terms[at % width]}" of the labelled unit ${labelled[Math.floor(at / width)]}`,
  );
  checkFinite(real.outcome, (at) => `the outcome of the labelled unit ${labelled[at]}`);
  checkOutcomes(real.outcome, family, { what: "The real outcome", isReal: true });
  for (const source of sample.sources) {
    checkFinite(source.design, (at) => `"${terms[at % width]}" of unit ${Math.floor(at / width)} in "${source.name}"`);
    checkFinite(source.outcome, (at) => `the outcome of unit ${at} in "${source.name}"`);
    checkOutcomes(source.outcome, family, { what: `An outcome of "${source.name}"`, isReal: false });
  }
  const n = labelled.length;
  if (n < width + 2)
    throw new InvalidData(
      "too-few-labelled",
      `${n} labelled ${n === 1 ? "unit" : "units"} cannot carry ${width} ${width === 1 ? "coefficient" : "coefficients"} and an interval.`,
      { advice: `Label at least ${width + 2} units, and some ${width + 30} for more than a guess, or drop terms.` },
    );
}

function checkShapes(sample: PairedSample, family: Family): void {
  const { units, width, labelled, terms } = sample;
  if (family.kind === "quantile" && !(family.probability > 0 && family.probability < 1))
    throw new InvalidArgument(
      "bad-probability",
      `A quantile needs a probability strictly between 0 and 1, not ${family.probability}.`,
    );
  if ((family.kind === "mean" || family.kind === "quantile") && width !== 1)
    throw new InvalidArgument("bad-sample", `A ${family.kind} has one term, the column of ones; got ${width}.`);
  const expected: [string, number, number][] = [
    ["terms", terms.length, width],
    ["real.design", sample.real.design.length, labelled.length * width],
    ["real.outcome", sample.real.outcome.length, labelled.length],
    ...sample.sources.flatMap(({ name, design, outcome }): [string, number, number][] => [
      [`the design of "${name}"`, design.length, units * width],
      [`the outcome of "${name}"`, outcome.length, units],
    ]),
  ];
  if (sample.weights) expected.push(["weights", sample.weights.length, units]);
  if (sample.strata) expected.push(["strata", sample.strata.length, units]);
  if (sample.labellingChance) expected.push(["labellingChance", sample.labellingChance.length, labelled.length]);
  for (const [what, got, want] of expected)
    if (got !== want) throw new InvalidArgument("bad-sample", `Of ${what} there must be ${want} values, not ${got}.`);
  for (let i = 0; i < labelled.length; i++)
    if ((labelled[i] as number) >= units || (i > 0 && (labelled[i] as number) <= (labelled[i - 1] as number)))
      throw new InvalidArgument("bad-sample", `Labelled units must ascend and lie below ${units}; see place ${i}.`);
}

function checkDesign({ weights, labellingChance, strata, labelled }: PairedSample): void {
  if (weights)
    for (let t = 0; t < weights.length; t++)
      if (!((weights[t] as number) > 0 && Number.isFinite(weights[t])))
        throw new InvalidData("bad-weight", `The weight of unit ${t} is ${weights[t]}; weights must be above 0.`, {
          advice: "A unit that stands for nobody does not belong in the file; drop it, or mend its weight.",
        });
  if (labellingChance)
    for (let i = 0; i < labellingChance.length; i++)
      if (!((labellingChance[i] as number) > 0 && (labellingChance[i] as number) <= 1))
        throw new InvalidData(
          "bad-chance",
          `The labelling chance of unit ${labelled[i]} is ${labellingChance[i]}; it was labelled, so it must lie in (0, 1].`,
          { advice: "Give the chance by which the unit was chosen for labelling, not its weight." },
        );
  if (strata) checkStrata(strata, labelled);
}

function checkStrata(strata: Int32Array, labelled: Uint32Array): void {
  const known = new Map<number, number>();
  for (const stratum of strata) {
    if (stratum < 0) throw new InvalidArgument("bad-sample", `Strata are numbered from 0; got ${stratum}.`);
    if (!known.has(stratum)) known.set(stratum, 0);
  }
  for (const unit of labelled) {
    const stratum = strata[unit] as number;
    known.set(stratum, (known.get(stratum) as number) + 1);
  }
  for (const [stratum, count] of known)
    if (count < 2)
      throw new InvalidData(
        "thin-stratum",
        `Stratum ${stratum} has ${count} labelled ${count === 1 ? "unit" : "units"}; its spread needs two.`,
        { advice: "Merge it with a stratum like it, or label more of it." },
      );
}

function checkFinite(values: Float64Array, place: (at: number) => string): void {
  for (let i = 0; i < values.length; i++)
    if (!Number.isFinite(values[i]))
      throw new InvalidData("not-finite", `There is no finite number for ${place(i)}: ${values[i]}.`, {
        advice: "Drop or fill rows with missing values first.",
      });
}

function checkOutcomes(
  outcome: Float64Array,
  family: Family,
  { what, isReal }: { readonly what: string; readonly isReal: boolean },
): void {
  if (family.kind === "poisson") {
    const bad = outcome.find((y) => y < 0);
    if (bad !== undefined)
      throw new InvalidData("bad-outcome", `${what} is ${bad}; a Poisson regression needs counts from 0 up.`);
  }
  if (family.kind !== "logistic") return;
  const bad = outcome.find((y) => !(isReal ? y === 0 || y === 1 : y >= 0 && y <= 1));
  if (bad !== undefined)
    throw new InvalidData(
      "bad-outcome",
      `${what} is ${bad}; a logistic regression needs ${isReal ? "0 or 1" : "a class or a chance from 0 to 1"}.`,
    );
}

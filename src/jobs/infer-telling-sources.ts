import type { AuxiliarySource } from "../hybrid/estimation/sample.ts";

/** Sources that can say something: not the same of every labelled unit, not the labels themselves, and of units that are not all labelled. */
export function tellingSources(
  sources: readonly AuxiliarySource[],
  of: {
    readonly labelled: Uint32Array;
    readonly outcome: Float64Array;
    readonly total: number;
    readonly notice: (message: string) => void;
  },
): readonly AuxiliarySource[] {
  const { labelled, outcome: real, total, notice } = of;
  if (sources.length > 0 && labelled.length === total) {
    notice(
      "Every unit is labelled, so predictions and synthetic rows have nothing to add; the labels speak for themselves.",
    );
    return [];
  }
  return sources.filter(({ name, kind, outcome }) => {
    const first = outcome[labelled[0] as number];
    const subject = kind === "proxy" ? `The proxy "${name}"` : `The outcome in ${name}`;
    if (labelled.every((unit) => outcome[unit] === first))
      notice(`${subject} is ${first} for every labelled unit: it tells nothing, and is left out.`);
    else if (labelled.every((unit, i) => outcome[unit] === real[i]))
      notice(
        `${subject} is the outcome itself for all ${labelled.length} labelled units, so how far it is off elsewhere cannot be told from them, and it is left out. If labels were copied into it, give what was predicted instead.`,
      );
    else return true;
    return false;
  });
}

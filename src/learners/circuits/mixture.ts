import { type Random, type RandomKey, randomFrom } from "../../random.ts";
import type { CodeEvidence } from "../code-rows.ts";
import { aliasTables, drawAlias, drawWeighted } from "./alias-tables.ts";
import { type CodeGroups, groupWeights } from "./code-groups.ts";
import type { Smoothing } from "./smoothed-chances.ts";

/** A mixture of products (latent classes): rows come from components, and inside a component the columns are independent. Plain data.
 * @source Lazarsfeld & Henry (1968), "Latent Structure Analysis"; as a generator of tables: arXiv 2603.23016 (its shallow mixture) */
export interface MixtureModel {
  readonly components: number;
  /** Chance of each component. */
  readonly prior: Float64Array;
  readonly columns: readonly MixtureColumn[];
  /** Mean log-likelihood of held-out rows, of the model before the held-out rows were learnt from; NaN when none were held out. */
  readonly heldOutLogLikelihood: number;
  /** Passes over the training rows. */
  readonly passes: number;
  /** How each column was smoothed. */
  readonly smoothing: readonly Smoothing[];
}

export interface MixtureColumn {
  readonly groups: CodeGroups;
  /** Chance of each group in each component: components × groups, row-major. */
  readonly chances: Float64Array;
}

/** Rows drawn given the evidence, exactly: the component by its chance given all that is known, then each column.
 * @returns one array of codes per column */
export function drawMixture(data: {
  readonly model: MixtureModel;
  readonly rows: number;
  readonly evidence: CodeEvidence;
  readonly key: RandomKey;
}): Uint8Array[] {
  const { model, rows, evidence, key } = data;
  const random = randomFrom(key);
  const asked = model.columns.map((column, j) => conditioned(column, evidence.weights[j], model.components));
  const { given } = evidence;
  const component = given ? givenComponents(model, asked, { rows, given, random }) : new Uint16Array(rows);
  if (!given) {
    const posterior = model.prior.map((chance, k) => chance * askedOfComponent(asked, k));
    const tables = aliasTables(posterior, model.components);
    for (let i = 0; i < rows; i++) component[i] = drawAlias(tables, 0, random);
  }
  return model.columns.map((column, j) => {
    const out = new Uint8Array(new SharedArrayBuffer(rows));
    drawColumn(column, {
      out,
      component,
      chances: (asked[j] as Asked).chances,
      weights: evidence.weights[j],
      given: given && { codes: given.codes[j] as Uint8Array, known: given.known[j] as Uint8Array },
      random,
    });
    return out;
  });
}

/** Log probability of what is known of each row; −∞ where it is impossible. */
export function logEvidenceMixture(data: {
  readonly model: MixtureModel;
  readonly rows: number;
  readonly evidence: CodeEvidence;
}): Float64Array {
  const { model, rows, evidence } = data;
  const asked = model.columns.map((column, j) => conditioned(column, evidence.weights[j], model.components));
  const out = new Float64Array(rows);
  const { given } = evidence;
  if (!given && !evidence.weights.some(Boolean)) return out;
  const joint = new Float64Array(model.components);
  if (!given) return out.fill(rows > 0 ? rowEvidence(model, asked, { joint }) : 0);
  for (let i = 0; i < rows; i++) out[i] = rowEvidence(model, asked, { joint, given, row: i });
  return out;
}

/** What the weights make of a column. */
interface Asked {
  /** Chances of the groups in each component times the weights: components × groups. */
  readonly chances: Float64Array;
  /** Chance of each component that a cell is as asked; undefined where nothing is asked. */
  readonly sums: Float64Array | undefined;
}

function conditioned(column: MixtureColumn, weights: Float64Array | undefined, components: number): Asked {
  if (!weights) return { chances: column.chances, sums: undefined };
  const asked = groupWeights(column.groups, weights);
  const G = asked.length;
  const chances = new Float64Array(column.chances.length);
  const sums = new Float64Array(components);
  for (let k = 0; k < components; k++)
    for (let g = 0; g < G; g++) {
      const chance = (column.chances[k * G + g] as number) * (asked[g] as number);
      chances[k * G + g] = chance;
      sums[k] = (sums[k] as number) + chance;
    }
  return { chances, sums };
}

function askedOfComponent(asked: readonly Asked[], k: number): number {
  let chance = 1;
  for (const { sums } of asked) if (sums) chance *= sums[k] as number;
  return chance;
}

interface Given {
  readonly codes: readonly Uint8Array[];
  readonly known: readonly Uint8Array[];
}

/** Leaves the chance of each component and of what is known of a row, up to a factor, in `joint`.
 * @returns the log of their sum with the factor */
function rowEvidence(
  model: MixtureModel,
  asked: readonly Asked[],
  { joint, given, row = 0 }: { readonly joint: Float64Array; readonly given?: Given; readonly row?: number },
): number {
  const K = model.components;
  joint.set(model.prior);
  let scale = 0;
  for (let j = 0; j < model.columns.length; j++) {
    const { groups, chances } = model.columns[j] as MixtureColumn;
    if (given && (given.known[j] as Uint8Array)[row]) {
      const code = (given.codes[j] as Uint8Array)[row] as number;
      const group = groups.groupOf[code] ?? -1;
      if (group < 0) return Number.NEGATIVE_INFINITY;
      const G = groups.mass.length;
      scale += Math.log(groups.share[code] as number);
      for (let k = 0, at = group; k < K; k++, at += G) joint[k] = (joint[k] as number) * (chances[at] as number);
    } else {
      const sums = asked[j]?.sums;
      if (!sums) continue;
      for (let k = 0; k < K; k++) joint[k] = (joint[k] as number) * (sums[k] as number);
    }
    // Before products of chances, none below about 1e-12, leave the range of a number.
    if (j % 16 === 15) scale += rescale(joint);
  }
  scale += rescale(joint);
  let sum = 0;
  for (let k = 0; k < K; k++) sum += joint[k] as number;
  return scale + Math.log(sum);
}

/** Divides by the largest; returns its log. */
function rescale(joint: Float64Array): number {
  let top = 0;
  for (let k = 0; k < joint.length; k++) if ((joint[k] as number) > top) top = joint[k] as number;
  if (!(top > 0)) return Number.NEGATIVE_INFINITY;
  for (let k = 0; k < joint.length; k++) joint[k] = (joint[k] as number) / top;
  return Math.log(top);
}

function givenComponents(
  model: MixtureModel,
  asked: readonly Asked[],
  { rows, given, random }: { readonly rows: number; readonly given: Given; readonly random: Random },
): Uint16Array {
  const out = new Uint16Array(rows);
  const joint = new Float64Array(model.components);
  for (let i = 0; i < rows; i++) {
    rowEvidence(model, asked, { joint, given, row: i });
    let total = 0;
    for (let k = 0; k < joint.length; k++) total += joint[k] as number;
    out[i] = drawWeighted(joint, total, random);
  }
  return out;
}

function drawColumn(
  column: MixtureColumn,
  {
    out,
    component,
    chances,
    weights,
    given,
    random,
  }: {
    readonly out: Uint8Array;
    readonly component: Uint16Array;
    readonly chances: Float64Array;
    readonly weights: Float64Array | undefined;
    readonly given: { readonly codes: Uint8Array; readonly known: Uint8Array } | undefined;
    readonly random: Random;
  },
): void {
  const groups = aliasTables(chances, column.groups.mass.length);
  const inside = codeDrawer(column.groups, weights);
  for (let i = 0; i < out.length; i++) {
    if (given?.known[i]) out[i] = given.codes[i] as number;
    else out[i] = inside(drawAlias(groups, component[i] as number, random), random);
  }
}

/** Draws a code inside a group, by its share and what the weights ask. */
export function codeDrawer(
  groups: CodeGroups,
  weights: Float64Array | undefined,
): (group: number, random: Random) => number {
  const G = groups.mass.length;
  const members: number[][] = Array.from({ length: G }, () => []);
  groups.groupOf.forEach((group, code) => {
    if (group >= 0) members[group]?.push(code);
  });
  const single = Int32Array.from(members, (codes) => (codes.length === 1 ? (codes[0] as number) : -1));
  const tables = members.map((codes) =>
    aliasTables(
      Float64Array.from(codes, (code) => (groups.share[code] as number) * (weights ? (weights[code] as number) : 1)),
      codes.length,
    ),
  );
  return (group, random) => {
    const only = single[group] as number;
    if (only >= 0) return only;
    return (members[group] as number[])[drawAlias(tables[group] as never, 0, random)] as number;
  };
}

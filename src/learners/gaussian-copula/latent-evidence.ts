import { normalMass } from "../../math/truncated-normal.ts";
import type { CodeEvidence } from "../code-rows.ts";
import { type Latent, type LatentColumn, NO_PLACE } from "./latents.ts";
import type { GaussianCopulaModel } from "./model.ts";

/** Where a latent variable may lie: pieces of the line, each with the chance, 0 … 1, that what it gives is as asked. */
export interface Pieces {
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly weight: readonly number[];
  /** Index of the latent of missing cells of the same column, when the pieces count only where the cell is there; −1: always. */
  readonly guard: number;
}

/** What is known of the latent variables of one row; written anew for each row. */
export interface LatentEvidence {
  /** 0: nothing; 1: at a point; 2: within pieces. */
  readonly kind: Uint8Array;
  /** Where kind is 1: the place of the interval, taken at its mean. */
  readonly place: Uint8Array;
  /** Where kind is 2. */
  readonly pieces: (Pieces | undefined)[];
  /** Log chance of what does not depend on latent variables: 0, or −Infinity for what cannot be. */
  logConstant: number;
}

/** Intervals of values of less probability than this are taken at their mean: the normal density hardly bends within them. */
const POINT_MASS = 0.02;

/** Translates evidence about codes into evidence about latent variables, row by row.
 * @returns a function of the row; its result is overwritten by the next call */
export function evidenceReader(model: GaussianCopulaModel, evidence: CodeEvidence): (row: number) => LatentEvidence {
  const { latents, columns } = model;
  const out: LatentEvidence = {
    kind: new Uint8Array(latents.length),
    place: new Uint8Array(latents.length),
    pieces: new Array<Pieces | undefined>(latents.length).fill(undefined),
    logConstant: 0,
  };
  const asked = columns.map((column, j) => {
    const weights = evidence.weights[j];
    return weights ? askedOf(latents, column, weights) : undefined;
  });
  const intervals = latents.map(() => new Map<number, Pieces>());
  const intervalPieces = (k: number, place: number): Pieces => {
    let found = intervals[k]?.get(place);
    if (!found) {
      const { cuts } = latents[k] as Latent;
      found = { low: [cuts[place] as number], high: [cuts[place + 1] as number], weight: [1], guard: -1 };
      intervals[k]?.set(place, found);
    }
    return found;
  };
  const isPoint = latents.map(({ kind, cuts, centres }) =>
    Uint8Array.from(centres, (_, i) =>
      kind === "value" && normalMass(cuts[i] as number, cuts[i + 1] as number) < POINT_MASS ? 1 : 0,
    ),
  );
  const setInterval = (k: number, place: number): void => {
    if (isPoint[k]?.[place] === 1) {
      out.kind[k] = 1;
      out.place[k] = place;
    } else {
      out.kind[k] = 2;
      out.pieces[k] = intervalPieces(k, place);
    }
  };
  return (row) => {
    out.kind.fill(0);
    out.logConstant = 0;
    for (let j = 0; j < columns.length; j++) {
      const column = columns[j] as LatentColumn;
      if (evidence.given?.known[j]?.[row] === 1) {
        const code = evidence.given.codes[j]?.[row] as number;
        const place = column.place[code] ?? NO_PLACE;
        if (place === NO_PLACE) out.logConstant = Number.NEGATIVE_INFINITY;
        else if (column.isMissing[code]) setInterval(column.missing, place);
        else {
          if (column.missing >= 0) setInterval(column.missing, (latents[column.missing] as Latent).codes.length);
          if (column.value >= 0) setInterval(column.value, place);
        }
        continue;
      }
      const asks = asked[j];
      if (!asks) continue;
      out.logConstant += asks.logConstant;
      if (asks.missing) {
        out.kind[column.missing] = 2;
        out.pieces[column.missing] = asks.missing;
      }
      if (asks.value) {
        out.kind[column.value] = 2;
        out.pieces[column.value] = asks.value;
      }
    }
    return out;
  };
}

function askedOf(
  latents: readonly Latent[],
  column: LatentColumn,
  weights: Float64Array,
): { readonly missing?: Pieces; readonly value?: Pieces; readonly logConstant: number } {
  const of = (code: number): number => weights[code] ?? 0;
  // Everything that occurs may be: nothing is asked.
  if (column.place.every((place, code) => place === NO_PLACE || of(code) === 1)) return { logConstant: 0 };
  const value = latents[column.value];
  const missing = latents[column.missing];
  const codes = value ? [...value.codes] : [column.only];
  const most = Math.max(...codes.map(of));
  if (!missing) {
    if (!value) return { logConstant: Math.log(of(column.only)) };
    return { logConstant: most > 0 ? 0 : Number.NEGATIVE_INFINITY, value: mergedPieces(value, codes.map(of), -1) };
  }
  const chances = [...[...missing.codes].map(of), most];
  if (chances.every((chance) => !(chance > 0))) return { logConstant: Number.NEGATIVE_INFINITY };
  return {
    logConstant: 0,
    missing: mergedPieces(missing, chances, -1),
    // Relative to the likeliest code: the latent of missing cells holds that one's chance.
    ...(value && most > 0
      ? {
          value: mergedPieces(
            value,
            codes.map((code) => of(code) / most),
            column.missing,
          ),
        }
      : {}),
  };
}

/** Neighbouring intervals of the same weight put together; those of weight 0 left out. */
function mergedPieces({ cuts }: Latent, weights: readonly number[], guard: number): Pieces {
  const low: number[] = [];
  const high: number[] = [];
  const weight: number[] = [];
  weights.forEach((w, i) => {
    if (!(w > 0)) return;
    if (weight.length > 0 && weight.at(-1) === w && high.at(-1) === cuts[i])
      high[high.length - 1] = cuts[i + 1] as number;
    else {
      low.push(cuts[i] as number);
      high.push(cuts[i + 1] as number);
      weight.push(w);
    }
  });
  return { low, high, weight, guard };
}

import { synthesizers } from "../../src/synthesizers/index.ts";

/** Who makes a synthetic table. */
export type Contender =
  /** Real rows: one half of the test rows beside the other (the ceiling), or the training rows again (a leak). */
  | { readonly kind: "ceiling" | "copy"; readonly name: string; readonly title: string }
  /** A synthesizer of ours. */
  | { readonly kind: "own"; readonly name: string; readonly title: string }
  /** A peer of `generate.py`, in an environment of its own. */
  | {
      readonly kind: "peer";
      readonly name: string;
      readonly title: string;
      readonly environment: string;
      readonly peer: string;
      readonly epochs?: number;
    };

const EPOCHS = 30;

/** Every row of the table, in its order; those of ours are the synthesizers that ship. */
export const CONTENDERS: readonly Contender[] = [
  { kind: "ceiling", name: "ceiling", title: "real rows: half of the test rows (ceiling)" },
  { kind: "copy", name: "copy", title: "the training rows again (must be refused)" },
  ...Object.values(synthesizers)
    .filter(({ modality }) => modality === "table")
    .map(({ name }): Contender => ({ kind: "own", name, title: name === "independent" ? `${name} (floor)` : name })),
  {
    ...{ kind: "peer", name: "sdv-gaussian-copula", title: "SDV GaussianCopula" },
    ...{ environment: "sdv", peer: "gaussian-copula" },
  },
  {
    ...{ kind: "peer", name: "sdv-ctgan", title: `SDV CTGAN, ${EPOCHS} of its 300 epochs` },
    ...{ environment: "sdv", peer: "ctgan", epochs: EPOCHS },
  },
  {
    ...{ kind: "peer", name: "sdv-tvae", title: `SDV TVAE, ${EPOCHS} of its 300 epochs` },
    ...{ environment: "sdv", peer: "tvae", epochs: EPOCHS },
  },
  {
    ...{ kind: "peer", name: "mostlyai", title: "MOSTLY AI TabularARGN, at most 2 CPU minutes" },
    ...{ environment: "mostlyai", peer: "mostlyai" },
  },
  { kind: "peer", name: "arfpy", title: "arfpy (helped)", environment: "arfpy", peer: "arfpy" },
  {
    ...{ kind: "peer", name: "datasynthesizer", title: "DataSynthesizer, k = 2, no noise" },
    ...{ environment: "datasynthesizer", peer: "datasynthesizer" },
  },
  { kind: "peer", name: "dpmm-mst", title: "dpmm MST, ε = 1 (private)", environment: "dpmm", peer: "dpmm" },
];

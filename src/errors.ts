/** Every error the product throws on purpose. A refusal by a policy and a score that cannot be computed are results, not errors. */

/** What every error of ours carries: a stable code for scripts, and what to do next. */
export abstract class CounterfoilError extends Error {
  /** Stable and machine-readable, e.g. "unknown-column". */
  readonly code: string;
  /** What the reader can do about it; one sentence. */
  readonly advice: string | undefined;
  /** The process exit code that belongs to this error. */
  abstract readonly exitCode: 1 | 2 | 5;

  constructor(code: string, message: string, options: { readonly advice?: string; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.advice = options.advice;
  }
}

/** The call is wrong: an unknown option, column or name; a value out of range. Exit code 2. */
export class InvalidArgument extends CounterfoilError {
  override readonly exitCode = 2;
}

/** The data cannot be read or does not hold what it must: an empty file, a torn row, a missing column. Exit code 1. */
export class InvalidData extends CounterfoilError {
  override readonly exitCode = 1;
}

/** Asked for something the product does not do, and says so (an .xlsx file, an extension that needs the network). Exit code 1. */
export class Unsupported extends CounterfoilError {
  override readonly exitCode = 1;
}

/** The machine said no: disk full, read-only folder, a file that vanished, a worker that died. Exit code 1. */
export class ResourceError extends CounterfoilError {
  override readonly exitCode = 1;
}

/** A signature, a hash or a signer does not check. Exit code 5. */
export class NotTrusted extends CounterfoilError {
  override readonly exitCode = 5;
}

/** Stopped on request (Ctrl-C, an AbortSignal). Nothing half-written is left. Exit code 1. */
export class Cancelled extends CounterfoilError {
  override readonly exitCode = 1;
  constructor(message = "Stopped on request; nothing was written.") {
    super("cancelled", message);
  }
}

/** Throws {@link Cancelled} once the signal has fired; called between steps of long work. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new Cancelled();
}

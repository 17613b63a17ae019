import type { OutputMode } from "../model.ts";

/** The rungs on which one model is asked for structured answers, in one run. */
export interface OutputLadder {
  /** Those left, best first; the last is "prompt" unless the configuration leaves it out. */
  readonly rungs: readonly OutputMode[];
  /** An answer came on this rung. */
  answered(rung: OutputMode): void;
  /** A rung was refused as a bad request, and a lower one answered the same question; or the refusal itself speaks of the format. */
  refused(rung: OutputMode, refusal: { readonly message: string }): void;
  /** Rungs that were struck off, and what the server said. */
  readonly struck: Readonly<Partial<Record<OutputMode, string>>>;
}

/** A ladder for one model, shared by all steps that ask it. A refused rung is struck off for the rest of the run: at once where the refusal speaks of the
 * format, else only if that rung never gave an answer, so that one odd question does not cost every other its best rung.
 * @param notice told once for each rung that is struck off */
export function outputLadder(
  modes: readonly OutputMode[],
  { model, notice }: { readonly model: string; readonly notice?: ((message: string) => void) | undefined },
): OutputLadder {
  const has = new Set<OutputMode>();
  const struck: Partial<Record<OutputMode, string>> = {};
  let rungs: readonly OutputMode[] = [...modes];
  return {
    get rungs() {
      return rungs;
    },
    struck,
    answered(rung) {
      has.add(rung);
    },
    refused(rung, { message }) {
      if (rungs.length === 1 || !rungs.includes(rung) || (has.has(rung) && !speaksOfFormat(message))) return;
      rungs = rungs.filter((other) => other !== rung);
      struck[rung] = message;
      notice?.(
        `"${model}" is no longer asked by ${WORDS[rung]}: ${message} From here on: ${WORDS[rungs[0] as OutputMode]}.`,
      );
    },
  };
}

/** Whether a refusal is about how the answer was asked for, and not about the question. */
export function speaksOfFormat(message: string): boolean {
  return /response[_ ]?(format|schema|mime)|json[_ ]?schema|json[_ ]?(object|mode)|output[_ ]?(format|config|schema)|structured|\btools?\b|tool_choice|function[ _]call|guided|grammar/i.test(
    message,
  );
}

const WORDS: Readonly<Record<OutputMode, string>> = {
  "json-schema": "JSON schema",
  tool: "tool call",
  json: "JSON mode",
  grammar: "grammar",
  prompt: "words alone",
};

import type { Message } from "../model.ts";
import type { LlamaSequence } from "./local-runtime.ts";

/** What the model has read already. */
export interface PromptMemory {
  /** Makes the model hold the beginning of a prompt that does not change with the last message (instructions, examples) and nothing else.
   * @throws the signal's reason, once it has fired */
  startWith(
    messages: readonly Message[],
    options: { readonly prompt: readonly number[]; readonly signal: AbortSignal },
  ): Promise<void>;
}

/** Reads the instructions and examples of a step once for all its rows.
 *
 * The beginning is a function of the request alone and is always read by itself, in pieces of one size: whether it is still held or is read again, what
 * follows comes out the same, to the last digit.
 * @param tokens a prompt's tokens */
export function promptMemory(
  sequence: LlamaSequence,
  tokens: (messages: readonly Message[]) => readonly number[],
): PromptMemory {
  let held: readonly number[] = [];
  let last: { readonly head: string; readonly beginning: readonly number[] } | undefined;
  /** Two prompts that differ in nothing but their last message share it. */
  const beginningOf = (messages: readonly Message[]): readonly number[] => {
    const before = messages.slice(0, -1);
    const role = messages.at(-1)?.role ?? "user";
    const head = JSON.stringify([before, role]);
    if (last?.head !== head) {
      const [one, other] = ["One", "?"].map((content) => tokens([...before, { role, content }]));
      last = { head, beginning: common(one as readonly number[], other as readonly number[]) };
    }
    return last.beginning;
  };
  return {
    async startWith(messages, { prompt, signal }) {
      // The last token is left to be read: from it the answer goes on.
      const shared = common(beginningOf(messages), prompt.slice(0, -1));
      const beginning = shared.length < LEAST ? [] : shared;
      const isHeld =
        held.length > 0 && held.length === beginning.length && common(held, beginning).length === held.length;
      held = [];
      if (isHeld) {
        await sequence.eraseContextTokenRanges([{ start: beginning.length, end: sequence.nextTokenIndex }]);
        if (sequence.nextTokenIndex === beginning.length) {
          held = beginning;
          return;
        }
      }
      await sequence.clearHistory();
      for (let at = 0; at < beginning.length; at += PIECE) {
        signal.throwIfAborted();
        await sequence.evaluateWithoutGeneratingNewTokens(beginning.slice(at, at + PIECE));
      }
      held = beginning;
    },
  };
}

/** Fewer tokens are read again as fast as they are looked up. */
const LEAST = 32;
const PIECE = 256;

function common(one: readonly number[], other: readonly number[]): readonly number[] {
  const end = one.findIndex((token, i) => token !== other[i]);
  return end < 0 ? one : one.slice(0, end);
}

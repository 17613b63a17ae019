/** Words and single marks of a text, in their order; a word keeps its inner apostrophes and hyphens. Case stays. */
export function tokensOf(text: string): readonly string[] {
  return text.normalize("NFKC").match(TOKEN) ?? [];
}

const TOKEN = /[\p{L}\p{M}\p{N}]+(?:['’\-_][\p{L}\p{M}\p{N}]+)*|[^\s\p{L}\p{M}\p{N}]/gu;

/** Tokens written as a text: marks stand where English puts them. What a writer's spaces were is lost. */
export function textOf(tokens: readonly string[]): string {
  let text = "";
  let isTight = true;
  for (const token of tokens) {
    text += isTight || CLOSING.test(token) ? token : ` ${token}`;
    isTight = OPENING.test(token);
  }
  return text;
}

const CLOSING = /^[.,!?;:)\]}%…’”]$/u;
const OPENING = /^[([{$£€#“‘]$/u;

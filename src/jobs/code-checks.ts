import vm from "node:vm";

const MOST_CHARACTERS = 2 ** 20;

/** What is wrong with a text as JavaScript; undefined: it parses, as a script or as a module. It is compiled and never run.
 *
 * Node compiles modules only behind a flag: import and export are taken out first, their names in braces not looked at. */
export function wrongJavaScript(text: string): string | undefined {
  if (text.length > MOST_CHARACTERS)
    return `it has ${text.length} characters, more than the ${MOST_CHARACTERS} that are tried`;
  const wrong = wrongScript(text);
  if (wrong === undefined || !/\b(import|export|await)\b/.test(text)) return wrong;
  return wrongScript(`async () => {${withoutModuleSyntax(text)}\n}`) === undefined ? undefined : wrong;
}

function wrongScript(text: string): string | undefined {
  try {
    new vm.Script(text);
    return undefined;
  } catch (cause) {
    return (cause as Error).message;
  }
}

function withoutModuleSyntax(text: string): string {
  return text
    .replace(/^[ \t]*import\s+(?:[\w$*\s,]|\{[^{}]*\})+\s+from\s*(["'])[^"'\n]*\1/gm, "")
    .replace(/^[ \t]*import\s*(["'])[^"'\n]*\1/gm, "")
    .replace(/^[ \t]*export\s*(?:\{[^{}]*\}|\*(?:\s+as\s+[\w$]+)?)(?:\s*from\s*(["'])[^"'\n]*\1)?/gm, "")
    .replace(/^([ \t]*)export\s+default\s+/gm, "$1exported = ")
    .replace(/^([ \t]*)export\s+(?=(async|function|class|const|let|var)\b)/gm, "$1");
}

const SURELY_FAST_STEPS = 1e7;

/** Tries regular expressions on texts for no longer than `limitMs` each, of which most are sure not to take so long and are tried at once; for others a
 * watch is set, which costs about 80 µs.
 * @returns undefined: it took longer */
export function matchesWithin(limitMs: number): (pattern: RegExp, text: string) => boolean | undefined {
  const scope: { pattern?: RegExp; text?: string } = {};
  const context = vm.createContext(scope);
  const script = new vm.Script("pattern.test(text)");
  const exponents = new Map<RegExp, number>();
  return (pattern, text) => {
    const exponent = exponents.get(pattern) ?? exponentOf(pattern.source);
    exponents.set(pattern, exponent);
    if (text.length ** exponent <= SURELY_FAST_STEPS) return pattern.test(text);
    scope.pattern = pattern;
    scope.text = text;
    try {
      return script.runInContext(context, { timeout: limitMs }) as boolean;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return undefined;
      throw cause;
    }
  };
}

/** Backtracking takes at most about length^this steps; Infinity: a repeated group, where it may be 2^length. */
function exponentOf(source: string): number {
  const bare = source.replace(/\\[^1-9k]/g, "x").replace(/\[(?:\\.|[^\]\\])*\]/g, "x");
  if (/\)(?:[*+]|\{\d+,?\d*\})|\\[1-9k]/.test(bare)) return Number.POSITIVE_INFINITY;
  return 1 + (bare.match(/[*+]|\{\d+,\d*\}/g)?.length ?? 0);
}

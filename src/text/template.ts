import {
  type Expression,
  type Fields,
  type Language,
  noValue,
  type Scope,
  unionOfFields,
  type WrongExpression,
} from "./expression.ts";
import { printed } from "./expression-functions.ts";

/** A text with CEL expressions in it: "Write about {{ topic }}". */
export interface Template {
  readonly text: string;
  /** The steps whose cells it reads, in the order of the recipe; "source" first where it reads the source row. */
  readonly reads: readonly string[];
  /** Fields that it takes of each of them: columns of the source, keys of a cell that is a map; "all" where it takes the whole. */
  readonly fields: Fields;
  /** Text as it is, numbers plainly, lists and maps as JSON. What it returns for equal cells is equal.
   * @throws {InvalidData} "no-value": a cell that it names is missing (absent or null) or an expression has no value in this row. A step need not catch
   *   it: the plan makes a rejection of the row out of it */
  render(scope: Scope): string;
}

/** Compiles a template. What stands between {{ and }} is CEL; \{{ is a {{ of the text itself.
 * @returns the template, or what is wrong with it and where, in characters from its start */
export function compileTemplate(text: string, language: Language): Template | WrongExpression {
  const literals: string[] = [];
  const expressions: Expression[] = [];
  let literal = "";
  let at = 0;
  for (;;) {
    const open = text.indexOf("{{", at);
    if (open < 0) break;
    if (text[open - 1] === "\\") {
      literal += `${text.slice(at, open - 1)}{{`;
      at = open + 2;
      continue;
    }
    const close = endOf(text, open + 2);
    if (close < 0) return { wrong: "has {{ without }}; write \\{{ for the braces themselves", at: open };
    const compiled = language.compile(text.slice(open + 2, close));
    if ("wrong" in compiled)
      return {
        ...compiled,
        wrong: `{{${text.slice(open + 2, Math.min(close, open + 80))}}} ${compiled.wrong}`,
        at: open + 2 + compiled.at,
      };
    literals.push(literal + text.slice(at, open));
    expressions.push(compiled);
    literal = "";
    at = close + 2;
  }
  literal += text.slice(at);
  return {
    text,
    reads: language.names.filter((name) => expressions.some(({ reads }) => reads.includes(name))),
    fields: unionOfFields(expressions.map(({ fields }) => fields)),
    render(scope) {
      let out = "";
      for (let i = 0; i < expressions.length; i++) {
        const expression = expressions[i] as Expression;
        const value = expression.evaluate(scope);
        if (value === null) throw noValue(expression.text, "it is null");
        out += literals[i] + printed(value);
      }
      return out + literal;
    },
  };
}

/** Where the }} of an expression is: outside of texts and of braces of its own. */
function endOf(text: string, from: number): number {
  let depth = 0;
  for (let i = from; i < text.length; i++) {
    const char = text[i];
    if (char === '"' || char === "'") {
      i = endOfText(text, i);
      if (i < 0) return -1;
    } else if (char === "{") depth++;
    else if (char === "}") {
      if (depth > 0) depth--;
      else if (text[i + 1] === "}") return i;
      else return -1;
    }
  }
  return -1;
}

function endOfText(text: string, open: number): number {
  const quote = text[open];
  for (let i = open + 1; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === quote) return i;
  }
  return -1;
}

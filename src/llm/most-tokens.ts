import type { ModelRequest } from "./model.ts";

/** Tokens of an answer at most where the request does not say: most models of today end an answer there or earlier. A limit of money or tokens is hard only where
 * `maxTokens` is set. */
export const ASSUMED_MOST_TOKENS = 4096;

const BYTES_A_TOKEN = 3;
const TOKENS_A_MESSAGE = 8;

/** What a request may come to, upwards: bytes of UTF-8 / 3 of everything that is sent (English has four and more bytes a token, Chinese about three), and
 * as many tokens as the answer may have.
 * @param excess how many times more tokens this model was seen to find in a prompt, digits or rare scripts in it; at least 1 */
export function mostTokens(
  request: ModelRequest,
  excess = 1,
): { readonly promptTokens: number; readonly completionTokens: number } {
  return { promptTokens: Math.ceil(promptTokens(request) * excess), completionTokens: completionTokens(request) };
}

function promptTokens(request: ModelRequest): number {
  if (request.kind === "embedding") return tokensOf(request.input) + TOKENS_A_MESSAGE;
  let tokens = TOKENS_A_MESSAGE + schemaTokens(request.output?.schema);
  for (const { content } of request.messages) tokens += tokensOf(content) + TOKENS_A_MESSAGE;
  return tokens;
}

function completionTokens(request: ModelRequest): number {
  return request.kind === "embedding" ? 0 : (request.parameters.maxTokens ?? ASSUMED_MOST_TOKENS);
}

const tokensOf = (text: string): number => Math.ceil(Buffer.byteLength(text) / BYTES_A_TOKEN);

const schemas = new WeakMap<object, number>();

function schemaTokens(schema: object | undefined): number {
  if (schema === undefined) return 0;
  let tokens = schemas.get(schema);
  if (tokens === undefined) {
    tokens = tokensOf(JSON.stringify(schema)) + 64;
    schemas.set(schema, tokens);
  }
  return tokens;
}

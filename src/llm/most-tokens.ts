import type { ModelRequest } from "./model.ts";

/** Tokens of an answer at most where the request does not say: most models of today end an answer there or earlier. A limit of money or tokens is hard only where
 * `maxTokens` is set. */
export const ASSUMED_MOST_TOKENS = 4096;

const BYTES_A_TOKEN = 3;
const TOKENS_A_MESSAGE = 8;

/** What a request may come to, upwards: bytes of UTF-8 / 3 of everything that is sent (English has four and more bytes a token, Chinese about three), and
 * as many tokens as the answer may have. */
export function mostTokens(request: ModelRequest): {
  readonly promptTokens: number;
  readonly completionTokens: number;
} {
  if (request.kind === "embedding")
    return { promptTokens: tokensOf(request.input) + TOKENS_A_MESSAGE, completionTokens: 0 };
  let promptTokens = TOKENS_A_MESSAGE + schemaTokens(request.output?.schema);
  for (const { content } of request.messages) promptTokens += tokensOf(content) + TOKENS_A_MESSAGE;
  return { promptTokens, completionTokens: request.parameters.maxTokens ?? ASSUMED_MOST_TOKENS };
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

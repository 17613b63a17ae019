import { hash } from "node:crypto";
import canonicalize from "canonicalize";
import type { ChatRequest, Message, Model, ModelRequest } from "../model.ts";
import type { CallKey } from "./journal.ts";

/** Names a call by everything that its answer depends on. */
export type KeyOf = (request: ModelRequest, sample: number) => CallKey;

/** Keys of the calls to one model: the first 128 bits of SHA-256 over canonical JSON (RFC 8785) of provider, endpoint, model, messages (or the input of an
 * embedding, and its dimensions), parameters, output, sample and recipe version. What does not change from call to call (the model; objects of
 * parameters and output, which must not be changed after their first use) is written once. */
export function callKeys(
  model: Pick<Model, "provider" | "endpoint" | "name">,
  { recipeVersion }: { readonly recipeVersion: number },
): KeyOf {
  const endpoint = quote(model.endpoint);
  const name = quote(model.name);
  const end = `,"provider":${quote(model.provider)},"recipeVersion":${recipeVersion},"sample":`;
  return (request, sample) => {
    const text =
      request.kind === "chat"
        ? `{"endpoint":${endpoint},"messages":[${request.messages.map(message).join()}],"model":${name}${outputOf(request)}` +
          `,"parameters":${written(request.parameters)}${end}${sample}}`
        : `{${request.dimensions === undefined ? "" : `"dimensions":${request.dimensions},`}"endpoint":${endpoint}` +
          `,"input":${quote(request.input)},"model":${name}${end}${sample}}`;
    return hash("sha256", text, "hex").slice(0, 32);
  };
}

/** As in canonical JSON, but for lone surrogates, which that has no form for: they stand as \udxxx. */
const quote = (text: string): string => JSON.stringify(text);

const message = ({ content, role }: Message): string => `{"content":${quote(content)},"role":${quote(role)}}`;

const outputOf = ({ output }: ChatRequest): string => (output === undefined ? "" : `,"output":${written(output)}`);

const texts = new WeakMap<object, string>();

/** Canonical JSON of an object, made once for each object. */
function written(value: object): string {
  let text = texts.get(value);
  if (text === undefined) {
    text = canonicalize(value) as string;
    texts.set(value, text);
  }
  return text;
}

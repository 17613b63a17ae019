import { cleanMessage } from "./clean-message.ts";
import { type HttpClient, type HttpReply, isHtml } from "./http.ts";
import { retryAfter } from "./http-limits.ts";
import type { Exchange, Failure, Model, ModelRequest, OutputMode, SendOptions } from "./model.ts";
import type { ApiError, ProviderApi } from "./providers/provider-api.ts";
import type { Secret } from "./secret.ts";

/** A model behind a provider's API: writes the request, sends it, reads what comes. */
export function createHttpModel(
  api: ProviderApi,
  options: {
    readonly name: string;
    readonly endpoint: string;
    readonly modes: readonly OutputMode[];
    readonly client: HttpClient;
    readonly secrets: readonly Secret[];
  },
): Model {
  const { client, secrets } = options;
  return {
    provider: api.provider,
    name: options.name,
    endpoint: options.endpoint,
    modes: options.modes,
    async send(request: ModelRequest, { signal, timeoutMs, sample = 0 }: SendOptions): Promise<Exchange> {
      const written = api.write(request, { sample });
      if ("problem" in written)
        return { failure: { kind: "bad-request", status: null, message: written.problem, retryAfterMs: null } };
      const { reply, failure } = await client.send(
        { method: "POST", path: written.path, body: JSON.stringify(written.body) },
        { signal, timeoutMs },
      );
      if (failure) return { failure };
      const limits = api.limits(reply.headers);
      const exchange = readReply(api, { reply, request, secrets, name: options.name });
      return limits === undefined ? exchange : { ...exchange, limits };
    },
    close: () => client.close(),
  };
}

/** What a whole answer of a server comes to: the same for one request and for a line of a batch. */
export function readReply(
  api: ProviderApi,
  {
    reply,
    request,
    secrets,
    name,
  }: {
    readonly reply: HttpReply;
    readonly request: ModelRequest;
    readonly secrets: readonly Secret[];
    readonly name: string;
  },
): Exchange {
  if (reply.status >= 200 && reply.status < 300) {
    const { answer, error, problem } = api.read(reply.body, request);
    if (answer) return { answer };
    if (error) return fromError(error, { reply, secrets, name });
    return {
      failure: { kind: "garbled", status: reply.status, message: cleanMessage(problem, secrets), retryAfterMs: null },
    };
  }
  return fromError(api.explain(reply.status, reply.body), { reply, secrets, name });
}

function fromError(
  error: ApiError,
  { reply, secrets, name }: { readonly reply: HttpReply; readonly secrets: readonly Secret[]; readonly name: string },
): Exchange {
  if (error.kind === "filtered")
    return { answer: { text: "", finish: "filter", usage: null, charged: null, model: name } };
  return { failure: toFailure({ ...error, kind: error.kind }, { reply, secrets }) };
}

/** The words of a failure: what the server said, or what came instead. */
export function toFailure(
  error: { readonly kind: Failure["kind"]; readonly message: string; readonly retryAfterMs?: number | undefined },
  { reply, secrets }: { readonly reply: HttpReply; readonly secrets: readonly Secret[] },
): Failure {
  let { message } = error;
  const location = reply.headers.location;
  if (reply.status >= 300 && reply.status < 400 && typeof location === "string")
    message = `It answers with a redirect to ${location}, which is not followed: set the base URL to where it leads.`;
  else if (message === "" && isHtml(reply.headers, reply.text))
    message = `An HTML page: is the base URL right? ${reply.text}`;
  else if (message === "") message = reply.text === "" ? `Status ${reply.status}, without a word.` : reply.text;
  return {
    kind: error.kind,
    status: reply.status,
    message: cleanMessage(message, secrets),
    retryAfterMs: retryAfter(reply.headers) ?? error.retryAfterMs ?? null,
  };
}

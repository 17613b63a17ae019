import { type Asked, type BatchApi, type BatchLine, type BatchState, readLines } from "./batch-api.ts";
import { field, textField } from "./provider-api.ts";

/** Message batches. They carry no name of ours: a batch whose id is lost in a crash right after it was made cannot be found again.
 * @source https://platform.claude.com/docs/en/build-with-claude/batch-processing */
export const anthropicBatch: BatchApi = {
  mostRequests: 100_000,
  mostBytes: 250_000_000,
  takes: (path) => path === "/messages",

  async submit({ entries }, io) {
    const made = await io.send({
      method: "POST",
      path: "/messages/batches",
      body: `{"requests":[${entries.map(({ id, body }) => `{"custom_id":${JSON.stringify(id)},"params":${body}}`).join(",")}]}`,
    });
    if (made.failure) return made;
    const id = textField(made.value.body, "id");
    if (id !== undefined) return { value: id };
    return {
      failure: { kind: "garbled", status: null, message: "The batch that was made has no id.", retryAfterMs: null },
    };
  },

  async look(id, io): Promise<Asked<BatchState>> {
    const path = `/messages/batches/${encodeURIComponent(id)}`;
    const looked = await io.send({ method: "GET", path });
    if (looked.failure) return looked;
    if (textField(looked.value.body, "processing_status") !== "ended") return { value: { state: "running" } };
    const results = await io.send({ method: "GET", path: `${path}/results` }, { asText: true });
    if (results.failure) return results;
    return { value: { state: "ended", lines: readLines(results.value.text).map(readLine) } };
  },
};

function readLine(line: unknown): BatchLine {
  const id = textField(line, "custom_id") ?? "";
  const result = field(line, "result");
  const type = textField(result, "type");
  if (type === "succeeded") return { id, reply: { status: 200, body: field(result, "message") } };
  // The error's own type says which status it would have had.
  if (type === "errored") return { id, reply: { status: 500, body: field(result, "error") } };
  return { id, lapsed: type === "expired" ? "The batch's day was over first." : "The batch was cancelled first." };
}

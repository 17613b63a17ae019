import { type Asked, type BatchApi, type BatchLine, type BatchState, readLines } from "./batch-api.ts";
import { field, listField, numberField, textField } from "./provider-api.ts";

/** A file of requests, a batch that reads it, a file of answers. The token stands in the batch's metadata.
 * @source https://developers.openai.com/api/docs/guides/batch */
export const openaiBatch: BatchApi = {
  mostRequests: 50_000,
  mostBytes: 190_000_000,
  takes: () => true,

  async submit({ token, entries }, io) {
    const path = entries[0]?.path ?? "";
    const lines = entries.map(
      ({ id, body }) => `{"custom_id":${JSON.stringify(id)},"method":"POST","url":"/v1${path}","body":${body}}`,
    );
    const uploaded = await io.send({
      method: "POST",
      path: "/files",
      contentType: `multipart/form-data; boundary=${token}`,
      body: [
        `--${token}\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nbatch`,
        `--${token}\r\ncontent-disposition: form-data; name="file"; filename="${token}.jsonl"\r\ncontent-type: application/jsonl\r\n\r\n${lines.join("\n")}\n`,
        `--${token}--\r\n`,
      ].join("\r\n"),
    });
    if (uploaded.failure) return uploaded;
    const made = await io.send({
      method: "POST",
      path: "/batches",
      body: JSON.stringify({
        input_file_id: textField(uploaded.value.body, "id"),
        endpoint: `/v1${path}`,
        completion_window: "24h",
        metadata: { counterfoil: token },
      }),
    });
    return made.failure ? made : named(made.value.body);
  },

  async find(token, io) {
    let after = "";
    // Newest first; a crash that is resumed weeks later has lost its batch anyway.
    for (let page = 0; page < 5; page++) {
      const listed = await io.send({ method: "GET", path: `/batches?limit=100${after}` });
      if (listed.failure) return listed;
      const batches = listField(listed.value.body, "data");
      const found = batches.find((batch) => textField(field(batch, "metadata"), "counterfoil") === token);
      if (found !== undefined) return { value: textField(found, "id") ?? null };
      if (field(listed.value.body, "has_more") !== true) break;
      after = `&after=${encodeURIComponent(textField(batches.at(-1), "id") ?? "")}`;
    }
    return { value: null };
  },

  async look(id, io): Promise<Asked<BatchState>> {
    const looked = await io.send({ method: "GET", path: `/batches/${encodeURIComponent(id)}` });
    if (looked.failure) return looked;
    const batch = looked.value.body;
    const status = textField(batch, "status") ?? "";
    if (status === "failed") {
      const errors = listField(field(batch, "errors"), "data").map((error) => textField(error, "message") ?? "");
      return { value: { state: "failed", message: errors.join(" ") || "The batch failed, without a word." } };
    }
    if (!["completed", "expired", "cancelled"].includes(status)) return { value: { state: "running" } };
    const lines: BatchLine[] = [];
    for (const file of [textField(batch, "output_file_id"), textField(batch, "error_file_id")]) {
      if (file === undefined) continue;
      const read = await io.send(
        { method: "GET", path: `/files/${encodeURIComponent(file)}/content` },
        { asText: true },
      );
      if (read.failure) return read;
      for (const line of readLines(read.value.text)) lines.push(readLine(line));
    }
    return { value: { state: "ended", lines } };
  },
};

function named(body: unknown): Asked<string> {
  const id = textField(body, "id");
  if (id !== undefined) return { value: id };
  return {
    failure: { kind: "garbled", status: null, message: "The batch that was made has no id.", retryAfterMs: null },
  };
}

function readLine(line: unknown): BatchLine {
  const id = textField(line, "custom_id") ?? "";
  const response = field(line, "response");
  const status = numberField(response, "status_code");
  if (status !== undefined) return { id, reply: { status, body: field(response, "body") } };
  return { id, lapsed: textField(field(line, "error"), "message") ?? "It was not answered." };
}

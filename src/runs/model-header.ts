import { createHash } from "node:crypto";
import { z } from "zod";
import { InvalidData, ResourceError } from "../errors.ts";
import { type KnownLineage, MOST_GENERATIONS } from "./data-lineage.ts";

/** What our metadata calls the format; raised when its meaning changes. */
export const MODEL_FORMAT = "counterfoil-model/1";

/** The types of arrays that a model may hold, by their names in the format. */
export const DTYPES = [
  { name: "F64", type: Float64Array },
  { name: "F32", type: Float32Array },
  { name: "I32", type: Int32Array },
  { name: "U32", type: Uint32Array },
  { name: "I16", type: Int16Array },
  { name: "U16", type: Uint16Array },
  { name: "I8", type: Int8Array },
  { name: "U8", type: Uint8Array },
] as const;

export interface ArrayEntry {
  readonly name: string;
  readonly dtype: string;
  /** Numbers. */
  readonly length: number;
  /** Bytes from the end of the header. */
  readonly start: number;
  readonly end: number;
}

export interface ModelHeader<H> {
  /** In the order of their bytes, without a gap. */
  readonly entries: readonly ArrayEntry[];
  readonly version: string;
  /** Of what it makes: one more than that of the rows it was fitted to; absent: a model of old. */
  readonly lineage?: KnownLineage | undefined;
  readonly synthesizer: string;
  /** The record's JSON. */
  readonly header: H;
  /** Of the bytes of all arrays, one after the other. */
  readonly sha256: string;
}

/** The first bytes of a model file: length, JSON, blanks up to a multiple of eight.
 * @throws {ResourceError} longer than readers of the format take */
export function writeModelHeader(model: ModelHeader<string>): Uint8Array {
  const { entries, version, lineage, synthesizer, header, sha256 } = model;
  // Values of this format's metadata are texts.
  const told = lineage && { lineage: JSON.stringify(lineage) };
  const metadata = { format: MODEL_FORMAT, version, ...told, synthesizer, header, sha256 };
  const arrays = entries.map(({ name, dtype, length, start, end }) => [
    name,
    { dtype, shape: [length], data_offsets: [start, end] },
  ]);
  const whole = { __metadata__: metadata, ...Object.fromEntries(arrays) };
  const described = { ...whole, __metadata__: { ...metadata, description_sha256: descriptionOf(whole) } };
  const text = Buffer.from(JSON.stringify(described), "utf8");
  const length = Math.ceil(text.length / 8) * 8;
  if (length > MOST_HEADER_BYTES)
    throw new ResourceError(
      "model-too-big",
      `The description of the model is ${length.toLocaleString("en-US")} bytes long; a model file takes ${MOST_HEADER_BYTES.toLocaleString("en-US")}.`,
      { advice: "Leave out columns of many different labels, or take a smaller model." },
    );
  const out = Buffer.alloc(8 + length, " ");
  out.writeBigUInt64LE(BigInt(length), 0);
  text.copy(out, 8);
  return out;
}

/** More is no header: the limit of the format's own reader. */
export const MOST_HEADER_BYTES = 100_000_000;

/** SHA-256 of the header without this digest itself: names and types of arrays are as much part of a model as its numbers. */
function descriptionOf(header: Readonly<Record<string, unknown>>): string {
  return createHash("sha256").update(JSON.stringify(header), "utf8").digest("hex");
}

const metadataSchema = z.object({
  format: z.string(),
  version: z.string(),
  lineage: z.string().optional(),
  synthesizer: z.string(),
  header: z.string(),
  sha256: z.string(),
  description_sha256: z.string(),
});
const entrySchema = z.object({
  dtype: z.string(),
  shape: z.array(z.int().min(0)),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});

/** Reads the JSON of a model file, and checks that its arrays fill the file, one after the other.
 * @param bytes of the header, without the length before it
 * @throws {InvalidData} no model of ours, of another format, torn or changed */
export function parseModelHeader(
  bytes: Uint8Array,
  { path, dataBytes }: { readonly path: string; readonly dataBytes: number },
): ModelHeader<Readonly<Record<string, unknown>>> {
  const whole = objectFrom(new TextDecoder().decode(bytes));
  if (!whole)
    throw bad(`The model file ${path} has no JSON object where its header should be.`, "It is damaged, or no model.");
  const { __metadata__: raw, ...arrays } = whole;
  const format = raw !== null && typeof raw === "object" && "format" in raw ? raw.format : undefined;
  if (format !== MODEL_FORMAT)
    throw bad(
      typeof format === "string" && format.startsWith("counterfoil-model/")
        ? `The model file ${path} is in the format "${format}"; this version of counterfoil reads "${MODEL_FORMAT}".`
        : `${path} is a safetensors file, but no model of counterfoil: its metadata does not say "${MODEL_FORMAT}".`,
      "Give the file that --save-model wrote, or fit and save it again.",
    );
  const read = metadataSchema.safeParse(raw);
  if (!read.success)
    throw bad(
      `The metadata of the model file ${path} lacks "${read.error.issues[0]?.path.join(".") ?? "something"}".`,
      "It is damaged: copy it again, or fit and save it again.",
    );
  const { description_sha256: digest, ...metadata } = read.data;
  if (digest !== descriptionOf({ __metadata__: metadata, ...arrays }))
    throw bad(
      `The header of the model file ${path} has been changed or damaged: it does not have the SHA-256 that it says.`,
      "Copy it again from where it was saved, or fit and save it again.",
    );
  const header = objectFrom(metadata.header);
  if (!header) throw bad(`The description of the model in ${path} is no JSON object.`, "Fit and save it again.");
  return {
    entries: entriesOf(arrays, { path, dataBytes }),
    version: metadata.version,
    lineage: lineageIn(metadata.lineage, path),
    synthesizer: metadata.synthesizer,
    header,
    sha256: metadata.sha256,
  };
}

const lineageShape = z.object({
  generation: z.int().min(0).max(MOST_GENERATIONS),
  anchored: z.boolean().nullable(),
});

function lineageIn(text: string | undefined, path: string): KnownLineage | undefined {
  if (text === undefined) return undefined;
  const read = lineageShape.safeParse(objectFrom(text));
  if (!read.success)
    throw bad(`The lineage of the model in ${path} is none: ${text.slice(0, 80)}.`, "Fit and save it again.");
  return read.data;
}

function entriesOf(
  arrays: Readonly<Record<string, unknown>>,
  { path, dataBytes }: { readonly path: string; readonly dataBytes: number },
): readonly ArrayEntry[] {
  const entries = Object.entries(arrays).map(([name, raw]) => {
    const where = `Array "${name}" of the model file ${path}`;
    const read = entrySchema.safeParse(raw);
    if (!read.success)
      throw bad(`${where} is not described by dtype, shape and data_offsets.`, "Fit and save it again.");
    const { dtype, shape, data_offsets: offsets } = read.data;
    const [start, end] = offsets;
    const type = DTYPES.find((one) => one.name === dtype)?.type;
    if (!type)
      throw bad(
        `${where} holds numbers of type "${dtype}"; a model holds ${DTYPES.map((one) => one.name).join(", ")}.`,
        "Fit and save it again.",
      );
    const length = shape.reduce((product, side) => product * side, 1);
    if (end - start !== length * type.BYTES_PER_ELEMENT)
      throw bad(
        `${where} is said to stand in bytes ${start} to ${end}, but ${length} numbers of type ${dtype} take ${length * type.BYTES_PER_ELEMENT} bytes.`,
        "Fit and save it again.",
      );
    return { name, dtype, length, start, end };
  });
  entries.sort((a, b) => a.start - b.start || a.end - b.end);
  let at = 0;
  for (const { name, start, end } of entries) {
    if (start !== at)
      throw bad(
        `Array "${name}" of the model file ${path} begins at byte ${start} of the numbers, and the one before it ends at ${at}: arrays stand one after the other.`,
        "Fit and save it again.",
      );
    at = end;
  }
  if (at !== dataBytes)
    throw bad(
      `The model file ${path} holds ${dataBytes.toLocaleString("en-US")} bytes of numbers; its header speaks of ${at.toLocaleString("en-US")}.`,
      dataBytes < at ? "It is torn: copy it again, or fit and save it again." : "Something was added: copy it again.",
    );
  return entries;
}

function objectFrom(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === "object" && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function bad(message: string, advice: string): InvalidData {
  return new InvalidData("bad-model", message, { advice });
}

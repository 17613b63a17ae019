import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { open } from "node:fs/promises";
import { join, resolve } from "node:path";
import { InvalidArgument, InvalidData, NotTrusted } from "../../errors.ts";
import { KNOWN_MODELS, knownModel } from "./known-models.ts";

/** Where models that were pulled are kept in the user's cache. */
export function modelsFolder(cache: string): string {
  return join(cache, "models");
}

/** The file of a model: a known one in the user's cache, its hash checked, or a GGUF file of the user's own.
 * @param name as in the recipe: a known name, or the path of a .gguf file
 * @throws {InvalidArgument} no such name or file
 * @throws {NotTrusted} the file of a known model has another hash
 * @throws {InvalidData} the file is no GGUF */
export async function localFile(
  name: string,
  { cache, folder }: { readonly cache: string; readonly folder: string },
): Promise<string> {
  const known = knownModel(name);
  if (known) {
    const path = join(modelsFolder(cache), known.file);
    if (!existsSync(path))
      throw new InvalidArgument(
        "no-model-file",
        `The embedded model "${known.name}" is not on this machine (${path}).`,
        {
          advice: `Run "counterfoil models pull" once; it fetches ${Math.round(known.bytes / 1e6)} MB.`,
        },
      );
    const found = await sha256Of(path);
    if (found !== known.sha256)
      throw new NotTrusted(
        "wrong-hash",
        `The file of the model "${known.name}" is not the one that it should be (${path}): its SHA-256 is ${found}; want ${known.sha256}.`,
        {
          advice: 'Remove it and run "counterfoil models pull" again.',
        },
      );
    return path;
  }
  const names = KNOWN_MODELS.map((model) => model.name).join(", ");
  if (!name.toLowerCase().endsWith(".gguf"))
    throw new InvalidArgument("unknown-model", `There is no embedded model "${name}".`, {
      advice: `Known: ${names}. A path that ends in .gguf is taken too.`,
    });
  const path = resolve(folder, name);
  if (!existsSync(path))
    throw new InvalidArgument("no-model-file", `There is no model file ${path}.`, {
      advice: `Check the path, or use a known model: ${names}.`,
    });
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    if (bytesRead < 4 || buffer.toString("latin1") !== "GGUF")
      throw new InvalidData("no-gguf", `The model file ${path} is no GGUF file.`, {
        advice: "Use a model in llama.cpp's format, GGUF.",
      });
  } finally {
    await file.close();
  }
  return path;
}

/** SHA-256 of a file, in hexadecimal digits. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const part of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(part as Buffer);
  return hash.digest("hex");
}

import { readFile, stat } from "node:fs/promises";
import { InvalidArgument } from "../errors.ts";
import type { ModelConfiguration } from "./model-configuration.ts";
import { Secret } from "./secret.ts";

/** The key of a model, from the environment or a file.
 * @param options usual: the provider's own variable, looked at where the configuration names nothing
 * @throws {InvalidArgument} "missing-key": nothing is there; "unusable-key": it cannot stand in a header */
export async function findKey(
  apiKey: ModelConfiguration["apiKey"],
  options: {
    readonly model: string;
    readonly usual: string;
    readonly environment: Readonly<Record<string, string | undefined>>;
    readonly notice?: ((text: string) => void) | undefined;
  },
): Promise<Secret> {
  if (apiKey !== undefined && "file" in apiKey) return keyOfFile(apiKey.file, options);
  const variable = apiKey?.env ?? options.usual;
  const value = options.environment[variable]?.trim();
  if (value) return usable(value, `the variable ${variable}`);
  throw new InvalidArgument(
    "missing-key",
    `Model "${options.model}" needs a key, and the environment variable ${variable} is ${value === undefined ? "not set" : "empty"}.`,
    {
      advice: `Set ${variable}, or name another variable or a file under "apiKey" (a file holds the key and nothing else).`,
    },
  );
}

async function keyOfFile(
  file: string,
  options: { readonly model: string; readonly notice?: ((text: string) => void) | undefined },
): Promise<Secret> {
  let text: string;
  let mode: number;
  try {
    ({ mode } = await stat(file));
    text = await readFile(file, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new InvalidArgument(
      "missing-key",
      `The key of model "${options.model}" cannot be read from ${file} (${code}).`,
      {
        advice: 'Put the key there, and nothing else, or name another place under "apiKey".',
        cause,
      },
    );
  }
  if (process.platform !== "win32" && (mode & 0o044) !== 0)
    options.notice?.(`The key file ${file} can be read by other users of this machine: chmod 600 ${file}`);
  const value = text.trim();
  if (value === "")
    throw new InvalidArgument("missing-key", `The key file ${file} of model "${options.model}" is empty.`, {
      advice: "Put the key there, and nothing else.",
    });
  return usable(value, file);
}

/** Says where a bad key came from, never what it is. */
function usable(value: string, place: string): Secret {
  if (!/^[\x21-\x7e]+$/.test(value))
    throw new InvalidArgument(
      "unusable-key",
      `The key in ${place} has spaces, line breaks or letters that no key has.`,
      {
        advice: "Keep the key alone there: no quotes, no name before it, no second line.",
      },
    );
  return new Secret(value);
}

import { createHash } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { InvalidArgument } from "../errors.ts";
import { nearest } from "../math/nearest-name.ts";
import { extendedBy, layPolicies, type PolicySource } from "../policy/extend.ts";
import { type Named, type Policy, parsePolicy } from "../policy/policy.ts";
import { fileError } from "./file-error.ts";

const BUILT_IN = new URL("../policy/policies/", import.meta.url);

/** Names of the built-in policies. */
export function builtInPolicies(): readonly string[] {
  return readdirSync(BUILT_IN)
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => file.slice(0, -".yaml".length))
    .sort();
}

/** Loads a policy, and what it extends.
 * @param nameOrPath the name of a built-in policy, or the path of a YAML file
 * @returns the policy, and its whole text as it goes into the bundle
 * @throws {InvalidArgument} no such policy or file; the file does not hold a policy; it extends itself */
export async function loadPolicy(
  nameOrPath: string,
  metrics: readonly Named[],
): Promise<{ readonly policy: Policy; readonly text: string }> {
  const sources = [await readSource(nameOrPath)];
  const seen = [sources[0]?.path];
  for (;;) {
    const [bottom] = sources as [Source];
    const named = extendedBy(bottom);
    if (named === undefined) break;
    // A path is meant from where the file is that names it.
    const below = await readSource(builtInPolicies().includes(named) ? named : resolve(dirname(bottom.path), named), {
      named,
      by: bottom.file,
    });
    if (seen.includes(below.path))
      throw new InvalidArgument(
        "invalid-policy",
        `Policy ${bottom.file} extends ${below.file}, which extends it again.`,
        {
          advice: "Let one of them extend a built-in policy, or nothing.",
        },
      );
    seen.push(below.path);
    sources.unshift(below);
  }
  const { text } = layPolicies(sources);
  const own = sources.at(-1) as Source;
  const sha256 = createHash("sha256").update(text, "utf8").digest("hex");
  const policy = parsePolicy(own.text, { metrics, sha256, file: own.file, extended: sources.slice(0, -1) });
  return { policy, text };
}

interface Source extends PolicySource {
  readonly path: string;
}

/** @param extending who names the policy, and how, where it is not the one that was asked for */
async function readSource(
  nameOrPath: string,
  extending?: { readonly named: string; readonly by: string },
): Promise<Source> {
  const builtIn = builtInPolicies();
  const path = builtIn.includes(nameOrPath)
    ? fileURLToPath(new URL(`${nameOrPath}.yaml`, BUILT_IN))
    : resolve(nameOrPath);
  if (!existsSync(path)) {
    const named = extending?.named ?? nameOrPath;
    const near = nearest(named, builtIn);
    throw new InvalidArgument(
      "unknown-policy",
      `There is no policy "${named}"${extending ? `, which ${extending.by} extends` : ""}: no such file, and none built in.`,
      {
        advice: `${near ? `Did you mean "${near}"? ` : ""}Built in: ${builtIn.join(", ")}. Or give the path of a YAML file (docs/policy.md).`,
      },
    );
  }
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EISDIR")
      throw new InvalidArgument("invalid-policy", `The policy "${nameOrPath}" is a folder.`, {
        advice: "Give the path of a YAML file.",
      });
    throw fileError(error, { doing: "reading the policy", path: nameOrPath });
  }
  const text = bytes.toString("utf8");
  if (!Buffer.from(text, "utf8").equals(bytes))
    throw new InvalidArgument("invalid-policy", `The policy "${nameOrPath}" is not UTF-8 text.`, {
      advice: "Save it as UTF-8.",
    });
  return { text, file: nameOrPath, path };
}

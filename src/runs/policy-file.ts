import { createHash } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { InvalidArgument } from "../errors.ts";
import { nearest } from "../math/nearest-name.ts";
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

/** Loads a policy.
 * @param nameOrPath the name of a built-in policy, or the path of a YAML file
 * @returns the policy, and its text as it goes into the bundle
 * @throws {InvalidArgument} no such policy or file; the file does not hold a policy */
export async function loadPolicy(
  nameOrPath: string,
  metrics: readonly Named[],
): Promise<{ readonly policy: Policy; readonly text: string }> {
  const builtIn = builtInPolicies();
  const file = builtIn.includes(nameOrPath) ? new URL(`${nameOrPath}.yaml`, BUILT_IN) : nameOrPath;
  if (!existsSync(file)) {
    const near = nearest(nameOrPath, builtIn);
    throw new InvalidArgument(
      "unknown-policy",
      `There is no policy "${nameOrPath}": no such file, and none built in.`,
      {
        advice: `${near ? `Did you mean "${near}"? ` : ""}Built in: ${builtIn.join(", ")}. Or give the path of a YAML file (docs/policy.md).`,
      },
    );
  }
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EISDIR")
      throw new InvalidArgument("invalid-policy", `The policy "${nameOrPath}" is a folder.`, {
        advice: "Give the path of a YAML file.",
      });
    throw fileError(error, { doing: "reading the policy", path: nameOrPath });
  }
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const text = bytes.toString("utf8");
  if (!Buffer.from(text, "utf8").equals(bytes))
    throw new InvalidArgument("invalid-policy", `The policy "${nameOrPath}" is not UTF-8 text.`, {
      advice: "Save it as UTF-8.",
    });
  return { policy: parsePolicy(text, { metrics, sha256, file: nameOrPath }), text };
}

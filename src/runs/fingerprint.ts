import { readFileSync } from "node:fs";

/** What made a result: same input, seed and fingerprint, same bytes. */
export interface Fingerprint {
  readonly product: "counterfoil";
  readonly version: string;
  /** Major version of Node. */
  readonly node: number;
  readonly platform: string;
  /** Processor family. */
  readonly arch: string;
}

/** The fingerprint of this process. */
export function fingerprint(): Fingerprint {
  return {
    product: "counterfoil",
    version: productVersion(),
    node: Number(process.versions.node.split(".")[0]),
    platform: process.platform,
    arch: process.arch,
  };
}

/** The product's version, from the package.json above this file. */
export function productVersion(): string {
  for (const up of ["../../package.json", "../../../package.json"]) {
    const found = packageAt(new URL(up, import.meta.url));
    if (found?.name === "counterfoil" && found.version) return found.version;
  }
  throw new Error("no package.json of counterfoil above its code");
}

function packageAt(url: URL): { readonly name?: string; readonly version?: string } | null {
  try {
    return JSON.parse(readFileSync(url, "utf8"));
  } catch {
    return null;
  }
}

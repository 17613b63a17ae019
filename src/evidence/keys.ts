import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import { link, open, readdir, readFile, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { InvalidArgument } from "../errors.ts";
import { fileError } from "../runs/file-error.ts";
import { USER } from "../runs/layout.ts";
import { makeFolder } from "../runs/make-folder.ts";
import type { UserFolders } from "../runs/user-folders.ts";
import { keyIdOf, type PublicKey, type Signer, signerOf } from "./sign.ts";

/** A key pair on disk. */
export interface KeyFiles {
  readonly keyId: string;
  /** Paths. */
  readonly privateKey: string;
  readonly publicKey: string;
  /** False when the key was there already. */
  readonly created: boolean;
  /** What the user should know: a key just made, a file that others can read. */
  readonly notices: readonly string[];
}

/** This user's own signing key, made on first use.
 * @throws {ResourceError} the config folder cannot be written
 * @throws {InvalidArgument} the file there holds no Ed25519 key */
export async function ownKey(folders: UserFolders): Promise<KeyFiles & { readonly signer: Signer }> {
  const path = join(folders.config, USER.ownKey);
  const publicPath = join(folders.config, USER.ownPublicKey);
  try {
    await makeFolder(join(folders.config, USER.trustedKeys), { mode: 0o700 });
  } catch (error) {
    // A read-only home is no obstacle when the key is there.
    if (!(await exists(path))) throw storeError(error, folders.config);
  }
  let created = false;
  if (!(await exists(path))) {
    try {
      created = await createPrivate(path);
    } catch (error) {
      throw storeError(error, path);
    }
  }
  const { signer, notices } = await loadSigner(path);
  if (created || !(await exists(publicPath)))
    await writeNew(publicPath, signer.publicKey, 0o644).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST" && created) throw storeError(error, publicPath);
    });
  const made = `A signing key was made for you: ${path}. Its public half, for those who verify: ${publicPath}.`;
  return {
    keyId: signer.keyId,
    privateKey: path,
    publicKey: publicPath,
    created,
    notices: created ? [made, ...notices] : notices,
    signer,
  };
}

/** Makes a key pair: the private key at `path` (readable by the user alone), the public one beside it as `….pub.pem`.
 * @throws {InvalidArgument} a file is there already */
export async function generateKeyFiles(path: string): Promise<KeyFiles> {
  const publicPath = publicPathOf(path);
  for (const taken of [path, publicPath]) {
    if (await exists(taken))
      throw new InvalidArgument("output-exists", `There is a file already: ${taken}.`, {
        advice: "Choose another name with --out; a key is never overwritten.",
      });
  }
  try {
    await makeFolder(dirname(path), { mode: 0o777 });
    const { privateKey } = generateKeyPairSync("ed25519");
    const signer = signerOf(privateKey);
    await writeNew(path, pemOf(privateKey), 0o600);
    await writeNew(publicPath, signer.publicKey, 0o644);
    return { keyId: signer.keyId, privateKey: path, publicKey: publicPath, created: true, notices: [] };
  } catch (error) {
    throw fileError(error, { doing: "writing the key", path });
  }
}

/** A private key from a PEM file (PKCS #8, Ed25519, not encrypted).
 * @throws {InvalidArgument} no such file, or no such key in it */
export async function loadSigner(
  path: string,
): Promise<{ readonly signer: Signer; readonly notices: readonly string[] }> {
  const pem = await readPem(path);
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(pem))
    throw wrongKey(path, "holds an encrypted key", "Decrypt it first: openssl pkey -in KEY -out PLAIN-KEY.");
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) {
    const isPublic = pem.includes("-----BEGIN PUBLIC KEY-----");
    const isSsh = pem.includes("-----BEGIN OPENSSH PRIVATE KEY-----");
    throw wrongKey(
      path,
      isPublic ? "holds a public key" : isSsh ? "holds an OpenSSH key" : "holds no private key in PEM",
      MAKE_ONE,
    );
  }
  if (pem.includes("-----BEGIN OPENSSH PRIVATE KEY-----")) throw wrongKey(path, "holds an OpenSSH key", MAKE_ONE);
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (cause) {
    throw wrongKey(path, "holds a damaged private key", MAKE_ONE, cause);
  }
  if (key.asymmetricKeyType !== "ed25519")
    throw wrongKey(path, `holds a key of type ${key.asymmetricKeyType}`, MAKE_ONE);
  const mode = process.platform === "win32" ? 0 : (await stat(path)).mode & 0o077;
  const notices = mode === 0 ? [] : [`Other users of this machine can reach the private key ${path}: chmod 600 it.`];
  return { signer: signerOf(key), notices };
}

/** A public key to trust, from a PEM file.
 * @throws {InvalidArgument} no such file, or no Ed25519 public key in it */
export async function loadPublicKey(path: string): Promise<PublicKey> {
  const pem = await readPem(path);
  if (/PRIVATE KEY-----/.test(pem))
    throw wrongKey(
      path,
      "holds a private key",
      "Give the public half (….pub.pem); a private key should stay where it is.",
    );
  const key = parsePublic(pem);
  if (!key)
    throw wrongKey(path, "holds no public key in PEM", "Give the ….pub.pem file that `counterfoil keygen` wrote.");
  if (key.asymmetricKeyType !== "ed25519")
    throw wrongKey(path, `holds a key of type ${key.asymmetricKeyType}`, "Give the signer's Ed25519 public key.");
  return { keyId: keyIdOf(key), key };
}

/** The keys this user trusts: the own one and those in the store's `trusted` folder. Files there that hold no key are named, not fatal. */
export async function trustedKeys(
  folders: UserFolders,
): Promise<{ readonly keys: readonly PublicKey[]; readonly unreadable: readonly string[] }> {
  const keys: PublicKey[] = [];
  const unreadable: string[] = [];
  const own = join(folders.config, USER.ownKey);
  if (await exists(own)) {
    try {
      // From the private key, not from the public file beside it, which nothing protects.
      const { signer } = await loadSigner(own);
      keys.push({ keyId: signer.keyId, key: createPublicKey(signer.publicKey) });
    } catch {
      unreadable.push(own);
    }
  }
  const folder = join(folders.config, USER.trustedKeys);
  const files = await readdir(folder).catch(() => [] as string[]);
  for (const file of files.filter((item) => item.endsWith(".pem")).sort()) {
    try {
      keys.push(await loadPublicKey(join(folder, file)));
    } catch {
      unreadable.push(join(folder, file));
    }
  }
  return { keys, unreadable };
}

const MAKE_ONE = "Give an Ed25519 private key in PEM (PKCS #8); `counterfoil keygen --out FILE` makes one.";

const MAX_PEM_BYTES = 65_536;

async function readPem(path: string): Promise<string> {
  try {
    const found = await stat(path);
    if (!found.isFile()) throw wrongKey(path, "is not a file", "Give the path of a PEM file.");
    if (found.size > MAX_PEM_BYTES) throw wrongKey(path, "is too large for a key", "Give the path of a PEM file.");
    return await readFile(path, "latin1");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT")
      throw new InvalidArgument("no-key", `There is no key file ${path}.`, { advice: "Check the path." });
    throw fileError(error, { doing: "reading a key", path });
  }
}

function parsePublic(pem: string): KeyObject | undefined {
  try {
    return pem.includes("-----BEGIN PUBLIC KEY-----") ? createPublicKey(pem) : undefined;
  } catch {
    return undefined;
  }
}

function wrongKey(path: string, what: string, advice: string, cause?: unknown): InvalidArgument {
  return new InvalidArgument("wrong-key", `The file ${path} ${what}; wanted an Ed25519 key.`, { advice, cause });
}

/** Writes a fresh key where none is. Complete or absent, and never over another: of two first runs at once, one makes the key and both use it.
 * @returns whether this call made it */
async function createPrivate(path: string): Promise<boolean> {
  const { privateKey } = generateKeyPairSync("ed25519");
  const draft = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}`);
  await writeNew(draft, pemOf(privateKey), 0o600);
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    // File systems without hard links: not atomic, but still never over another.
    await writeNew(path, pemOf(privateKey), 0o600);
    return true;
  } finally {
    await rm(draft, { force: true });
  }
}

async function writeNew(path: string, text: string, mode: number): Promise<void> {
  const file = await open(path, "wx", mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

function pemOf(privateKey: KeyObject): string {
  return privateKey.export({ type: "pkcs8", format: "pem" }) as string;
}

function publicPathOf(path: string): string {
  return `${path.replace(/\.pem$/, "")}.pub.pem`;
}

function storeError(error: unknown, path: string): unknown {
  const told = fileError(error, { doing: "making your signing key (or give one with --signing-key FILE)", path });
  return told;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

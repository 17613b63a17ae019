import { generateKeyFiles, type KeyFiles, ownKey } from "../evidence/keys.ts";
import { userFolders } from "../runs/user-folders.ts";

/** Makes a signing key: at a path, or this user's own where there is none yet.
 * @throws {InvalidArgument} the path exists
 * @throws {ResourceError} it cannot be written */
export async function keygen(options: { readonly out?: string | undefined }): Promise<Omit<KeyFiles, "notices">> {
  const { keyId, privateKey, publicKey, created } =
    options.out === undefined ? await ownKey(userFolders()) : await generateKeyFiles(options.out);
  return { keyId, privateKey, publicKey, created };
}

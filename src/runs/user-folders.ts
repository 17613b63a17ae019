import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/** Where this user's own things are kept. */
export interface UserFolders {
  /** Keys. */
  readonly config: string;
  /** The ledger. */
  readonly data: string;
  /** What may be lost without harm. */
  readonly state: string;
  /** What can be fetched again: model files, the runtime of the embedded model. */
  readonly cache: string;
}

/** The folders of the user who runs this process. */
export function userFolders(): UserFolders {
  return foldersFor({ env: process.env, platform: process.platform, home: homedir() });
}

/** The folders for an environment: XDG variables first, on every system (a relative one is ignored, as the standard asks), then the
 * system's custom.
 * @source XDG Base Directory Specification 0.8 */
export function foldersFor(place: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
  readonly home: string;
}): UserFolders {
  const { env } = place;
  const custom = customFolders(place);
  const under = (variable: string, otherwise: string): string => {
    const base = env[variable];
    return join(base && isAbsolute(base) ? base : otherwise, "counterfoil");
  };
  return {
    config: under("XDG_CONFIG_HOME", custom.config),
    data: under("XDG_DATA_HOME", custom.data),
    state: under("XDG_STATE_HOME", custom.state),
    cache: under("XDG_CACHE_HOME", custom.cache),
  };
}

function customFolders(place: Parameters<typeof foldersFor>[0]): UserFolders {
  const { env, platform, home } = place;
  if (platform === "win32") {
    const local = env.LOCALAPPDATA ?? join(home, "AppData", "Local");
    return { config: env.APPDATA ?? join(home, "AppData", "Roaming"), data: local, state: local, cache: local };
  }
  if (platform === "darwin") {
    const support = join(home, "Library", "Application Support");
    return { config: support, data: support, state: support, cache: join(home, "Library", "Caches") };
  }
  return {
    config: join(home, ".config"),
    data: join(home, ".local", "share"),
    state: join(home, ".local", "state"),
    cache: join(home, ".cache"),
  };
}

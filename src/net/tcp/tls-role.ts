import type { UnmetNeed } from "../../core/role.ts";
import { resolveTls, type TlsSetting } from "../../core/tls-setting.ts";
import { readTlsFiles, TlsFileError } from "./tls-files.ts";

/** What a role with `tls` among its settings has besides: absolute paths, and files that can be used. */
export const tlsRole = {
  resolveFiles: <C extends { readonly tls?: TlsSetting | undefined }>(
    config: C,
    resolve: (path: string) => string,
  ): C => (config.tls === undefined ? config : { ...config, tls: resolveTls(config.tls, resolve) }),
  unmet: ({ tls }: { readonly tls?: TlsSetting | undefined }): UnmetNeed[] => unmetTls(tls),
};

/** What is wrong with the files of a listener. @param path of its settings */
export function unmetTls(tls: TlsSetting | undefined, path: UnmetNeed["path"] = []): UnmetNeed[] {
  try {
    if (tls !== undefined) readTlsFiles(tls);
    return [];
  } catch (error) {
    if (!(error instanceof TlsFileError)) throw error;
    return [{ path: [...path, "tls", error.field], message: error.message }];
  }
}

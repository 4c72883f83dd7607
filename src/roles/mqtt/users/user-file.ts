import { looksLikeHash, readHash } from "../../../protocol/mqtt/password-hash.ts";
import { isYaml, type ListFile, ListFileError, readText, readYamlList } from "../rules/list-file.ts";
import { doubleNames, type UserConfig, user } from "./config.ts";

/**
 * Reads users from a file of their own: a list in YAML or JSON, or a password_file of Mosquitto.
 * @throws {ListFileError}
 */
export function readUserFile(path: string): readonly UserConfig[] {
  const { items, lines } = isYaml(path)
    ? readYamlList(path, "users", user)
    : parsePasswordFile(path, readText(path));
  for (const [index, { name, password }] of items.entries()) {
    if (!/\$\{.*\}/.test(password)) continue;
    const why = "is not filled in here, only in the configuration itself";
    throw new ListFileError(
      `${path}:${lines[index]}: the password of "${name}" is a reference, \${...}, which ${why}`,
    );
  }
  // Without users everybody may connect, which is not what a file of users is for.
  if (items.length === 0) throw new ListFileError(`${path}: lists no user`);
  for (const { index, name } of doubleNames(items)) {
    throw new ListFileError(`${path}:${lines[index]}: "${name}" is listed already`);
  }
  return items;
}

/** `name:hash` on each line, as mosquitto_passwd(1) writes it. */
function parsePasswordFile(path: string, text: string): ListFile<UserConfig> {
  const items: UserConfig[] = [];
  const lines: number[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const colon = line.indexOf(":");
    const name = line.slice(0, colon);
    const password = line.slice(colon + 1).trim();
    const where = `${path}:${index + 1}`;
    if (colon < 1) throw new ListFileError(`${where}: must be NAME:HASH`);
    if (!looksLikeHash(password) || readHash(password) === undefined) {
      throw new ListFileError(
        `${where}: the password of "${name}" must be hashed as mosquitto_passwd does it, $7$ITERATIONS$SALT$HASH or $6$SALT$HASH`,
      );
    }
    items.push({ name, password });
    lines.push(index + 1);
  }
  return { items, lines };
}

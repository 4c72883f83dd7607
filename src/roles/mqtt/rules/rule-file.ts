import { parseAclFile } from "./acl-file.ts";
import { type Rule, rule } from "./config.ts";
import { isYaml, type ListFile, ListFileError, readText, readYamlList } from "./list-file.ts";

/**
 * Reads rules from a file of their own: a list in YAML or JSON, or an acl_file of Mosquitto.
 * @throws {ListFileError}
 */
export function readRuleFile(path: string): ListFile<Rule> {
  const rules = isYaml(path) ? readYamlList(path, "access", rule) : parseAclFile(path, readText(path));
  // Without rules everybody may do everything, which is not what a file of rules is for: an editor may be about to fill it.
  if (rules.items.length === 0)
    throw new ListFileError(
      `${path}: has no rule; for a broker where nobody may do anything say accessDefault: deny`,
    );
  return rules;
}

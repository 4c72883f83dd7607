import { patternMistake, type Rule } from "./config.ts";
import { type ListFile, ListFileError } from "./list-file.ts";

/** An access type of an acl_file, as mosquitto.conf(5) names them. */
const accesses = ["read", "write", "readwrite", "deny"] as const;
type AclAccess = (typeof accesses)[number];

/**
 * Reads an acl_file of Mosquitto, as mosquitto.conf(5) describes it: `user NAME` begins the rules of a user, `topic` lines
 * before the first of them are for clients without a user name, and `pattern` lines are for everybody.
 * @throws {ListFileError}
 */
export function parseAclFile(path: string, text: string): ListFile<Rule> {
  const items: Rule[] = [];
  const lines: number[] = [];
  let user: string | undefined;
  for (const [index, full] of text.split(/\r?\n/).entries()) {
    const line = full.trim();
    if (line === "" || line.startsWith("#")) continue;
    const [keyword = "", rest = ""] = splitWord(line);
    if (keyword === "user") {
      if (rest === "") throw new ListFileError(`${path}:${index + 1}: user needs a name`);
      user = rest;
    } else if (keyword === "topic" || keyword === "pattern") {
      const whom =
        keyword === "pattern" ? {} : user === undefined ? { anonymous: true as const } : { user: [user] };
      items.push({ ...whom, ...permissions(path, index + 1, rest) });
      lines.push(index + 1);
    } else {
      throw new ListFileError(
        `${path}:${index + 1}: "${keyword}" begins no line of an acl_file; those are user, topic and pattern`,
      );
    }
  }
  return { items, lines };
}

function permissions(path: string, line: number, rest: string): Pick<Rule, "publish" | "subscribe"> {
  const [first, others] = splitWord(rest);
  const isSaid = isAccess(first) && others !== "";
  const access: AclAccess = isSaid ? first : "readwrite";
  const filter = isSaid ? others : rest;
  const mistake = patternMistake(filter);
  if (mistake !== undefined || filter.startsWith("!")) {
    throw new ListFileError(
      `${path}:${line}: ${mistake ?? `a filter cannot begin with "!": say deny ${filter}`}`,
    );
  }
  if (access === "deny") return { publish: [`!${filter}`], subscribe: [`!${filter}`] };
  return {
    publish: access === "read" ? [] : [filter],
    subscribe: access === "write" ? [] : [filter],
  };
}

const isAccess = (word: string): word is AclAccess => accesses.some((access) => access === word);

/** The first word and the rest, which may have spaces in it: topics may, too. */
function splitWord(text: string): [first: string, rest: string] {
  const end = text.search(/\s/);
  return end < 0 ? [text, ""] : [text.slice(0, end), text.slice(end).trim()];
}

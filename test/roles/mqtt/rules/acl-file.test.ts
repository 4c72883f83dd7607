import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseAclFile } from "../../../../src/roles/mqtt/rules/acl-file.ts";
import { readRuleFile } from "../../../../src/roles/mqtt/rules/rule-file.ts";
import { scratchFolder } from "../../../support/scratch.ts";

const rulesOf = (text: string) => parseAclFile("acl", text).items;

describe("an acl_file of Mosquitto", () => {
  test("is read as mosquitto.conf(5) describes it", () => {
    const text = `
# For clients without a user name
topic read cuaca/#

user bu sri
topic semua
topic readwrite rumah/#
topic write pintu depan
topic deny rumah/kamar/#
pattern read rumah/%u/#
`;
    expect(parseAclFile("acl", text)).toEqual({
      items: [
        { anonymous: true, publish: [], subscribe: ["cuaca/#"] },
        { user: ["bu sri"], publish: ["semua"], subscribe: ["semua"] },
        { user: ["bu sri"], publish: ["rumah/#"], subscribe: ["rumah/#"] },
        { user: ["bu sri"], publish: ["pintu depan"], subscribe: [] },
        { user: ["bu sri"], publish: ["!rumah/kamar/#"], subscribe: ["!rumah/kamar/#"] },
        { publish: [], subscribe: ["rumah/%u/#"] },
      ],
      lines: [3, 6, 7, 8, 9, 10],
    });
  });

  test("a topic of one word that is an access type's name is a topic", () => {
    expect(rulesOf("topic read")).toEqual([{ anonymous: true, publish: ["read"], subscribe: ["read"] }]);
  });

  test.each([
    ["user", "acl:1: user needs a name"],
    ["\ntopc a", 'acl:2: "topc" begins no line of an acl_file; those are user, topic and pattern'],
    ["topic read a/#/b", 'acl:1: must be a topic filter such as kelas/+/suhu or kelas/#; "a/#/b" has "#"'],
    ["topic !a", 'acl:1: a filter cannot begin with "!": say deny !a'],
    ["topic", "acl:1: must be a topic filter"],
  ])("%j is a mistake with its line", (text, message) => {
    expect(() => rulesOf(text)).toThrow(message);
  });
});

test("a file of rules without a rule is an error, and not a broker where everybody may do everything", () => {
  for (const [name, text] of [
    ["acl", "# nothing yet\n"],
    ["acl", ""],
    ["access.yaml", "[]"],
  ] as const) {
    const path = join(scratchFolder("rules"), name);
    writeFileSync(path, text);
    expect(() => readRuleFile(path)).toThrow("has no rule");
  }
});

import { describe, expect, test } from "bun:test";
import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mqtt } from "../../../src/cli/commands/mqtt.ts";
import { hashOf, readHash } from "../../../src/protocol/mqtt/password-hash.ts";
import { readVerifier } from "../../../src/protocol/scram/verifier.ts";
import { readUserFile } from "../../../src/roles/mqtt/users/user-file.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { type RunCliOptions, runCli } from "../support/run-cli.ts";

const inFolder = (name: string) => join(scratchFolder("passwd"), name);

const passwd = (options: RunCliOptions, ...args: readonly string[]) =>
  runCli(mqtt, ["mqtt", "passwd", ...args], options);

const modeOf = (path: string) => statSync(path).mode & 0o777;

describe("distcli mqtt passwd", () => {
  test("makes a list of users that a broker reads, for its owner only", async () => {
    const file = inFolder("users.yaml");
    const { exit, stdout } = await passwd({ answers: ["rahasia", "rahasia"] }, file, "ani");
    expect([exit, stdout]).toEqual([0, `ani is added in ${file}\n`]);
    await passwd({ stdin: "lain\n" }, file, "budi");
    const users = readUserFile(file);
    expect(users.map(({ name }) => name)).toEqual(["ani", "budi"]);
    for (const { password } of users) expect(readVerifier(password)?.iterations).toBe(20_000);
    expect(modeOf(file)).toBe(0o600);
    expect(readFileSync(file, "utf8")).not.toContain("rahasia");
  });

  test("changes one password of a list, and nothing else in it", async () => {
    const file = inFolder("users.yml");
    const text = `# The class.\nusers:\n  - { name: ani, password: lama, groups: [dosen] } # teaches\n  - name: budi\n    password: tetap\n`;
    writeFileSync(file, text);
    chmodSync(file, 0o640);
    const { stdout } = await passwd({ stdin: "baru" }, file, "ani");
    expect(stdout).toBe(`ani is changed in ${file}\n`);
    const [, verifier = ""] = /password: (SCRAM\S+),/.exec(readFileSync(file, "utf8")) ?? [];
    expect(readVerifier(verifier)).toBeDefined();
    expect(readFileSync(file, "utf8").replace(verifier, "lama")).toBe(text);
    expect(modeOf(file)).toBe(0o640);
  });

  test("takes a password over several lines, and a name in another spelling, for what they are", async () => {
    const file = inFolder("users.yaml");
    writeFileSync(file, "- name: ani\n  password: |\n    lama\n- { name: budi, password: b }\n");
    await passwd({ stdin: "baru" }, file, "ａｎｉ");
    const users = readUserFile(file);
    expect(users.map(({ name }) => name)).toEqual(["ani", "budi"]);
    expect(readVerifier(users[0]!.password)).toBeDefined();
  });

  test("edits a password_file of Mosquitto, and deletes from it", async () => {
    const file = inFolder("passwords");
    writeFileSync(file, "# kelas\nbudi:$6$AAAA$BBBB\n");
    await passwd({ stdin: "rahasia" }, file, "ani", "--iterations", "5000");
    const [, , line = ""] = readFileSync(file, "utf8").split("\n");
    const kept = readHash(line.slice("ani:".length));
    expect(kept?.iterations).toBe(5000);
    expect(Buffer.from(await hashOf("rahasia", kept!))).toEqual(Buffer.from(kept!.hash));
    const { stdout } = await passwd({}, file, "ani", "--delete", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ user: "ani", change: "deleted" });
    expect(readFileSync(file, "utf8")).toBe("# kelas\nbudi:$6$AAAA$BBBB\n");
  });

  test("keeps JSON JSON", async () => {
    const file = inFolder("users.json");
    writeFileSync(file, '{ "users": [] }');
    await passwd({ stdin: "x" }, file, "ani");
    expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({ users: [{ name: "ani" }] });
  });

  test.each<[string, string, string, string, string[]]>([
    ["a user to delete who is not there", "users.yaml", "[]", "has no user ani", ["ani", "-D"]],
    ["a file that is not YAML", "users.yaml", "{", "is not YAML", ["ani"]],
    ["a file of something else", "users.yaml", "services: {}", "must be a list of users", ["ani"]],
    ["a name with a colon", "passwords", "", 'has no ":"', ["a:b"]],
    ["a name that would be a comment", "passwords", "", 'does not begin with "#"', ["#ani"]],
    ["a name of two lines", "passwords", "", "on one line", ["a\nb"]],
  ])("%s is a mistake of usage, and the file stays", async (_, name, text, message, args) => {
    const file = inFolder(name);
    writeFileSync(file, text);
    const { exit, stderr } = await passwd({ stdin: "x" }, file, ...args);
    expect(exit).toBe(2);
    expect(stderr).toContain(message);
    expect(readFileSync(file, "utf8")).toBe(text);
  });

  test("a folder that is not there is said", async () => {
    const { exit, stderr } = await passwd({ stdin: "x" }, "/nowhere/users.yaml", "ani");
    expect([exit, stderr]).toEqual([
      2,
      expect.stringContaining("Cannot write /nowhere/users.yaml: there is no folder /nowhere"),
    ]);
  });
});

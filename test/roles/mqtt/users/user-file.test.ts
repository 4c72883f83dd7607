import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ListFileError } from "../../../../src/roles/mqtt/rules/list-file.ts";
import { readUserFile } from "../../../../src/roles/mqtt/users/user-file.ts";
import { scratchFolder } from "../../../support/scratch.ts";

function file(name: string, text: string): string {
  const path = join(scratchFolder("users"), name);
  writeFileSync(path, text);
  return path;
}

function mistakeIn(name: string, text: string): string {
  const path = file(name, text);
  try {
    readUserFile(path);
  } catch (error) {
    if (error instanceof ListFileError) return error.message.replaceAll(path, name);
    throw error;
  }
  throw new Error(`${name} is taken`);
}

const hash = `$6$AAAA$${Buffer.alloc(64).toString("base64")}`;

test("users are read from a list, a map, JSON and a password_file", () => {
  const ani = { name: "ani", password: "a" };
  expect(readUserFile(file("u.yaml", "- { name: ani, password: a }"))).toEqual([ani]);
  expect(readUserFile(file("u.yml", "users:\n  - { name: ani, password: a, groups: [x] }"))).toEqual([
    { ...ani, groups: ["x"] },
  ]);
  expect(readUserFile(file("u.json", JSON.stringify([ani])))).toEqual([ani]);
  expect(readUserFile(file("passwords", `# kelas\r\n\nani:${hash}\r\n`))).toEqual([
    { name: "ani", password: hash },
  ]);
});

test.each([
  ["u.yaml", "- { name: ani }", "u.yaml:1: "],
  [
    "u.yaml",
    "- { name: ani, password: a }\n- { name: ani, password: b }",
    'u.yaml:2: "ani" is listed already',
  ],
  ["u.yaml", "a: [", "u.yaml:1: "],
  ["u.yaml", "services: {}", "u.yaml: must be a list, or a map with one under users:"],
  ["u.yaml", "[]", "u.yaml: lists no user"],
  ["u.yaml", '- { name: ani, password: "${ANI}" }', 'u.yaml:1: the password of "ani" is a reference, ${...}'],
  ["passwords", "", "passwords: lists no user"],
  ["passwords", "ani", "passwords:1: must be NAME:HASH"],
  ["passwords", `ani:${hash}\nbudi:rahasia`, 'passwords:2: the password of "budi" must be hashed'],
  ["passwords", `ani:${hash}\nani:${hash}`, 'passwords:2: "ani" is listed already'],
])("%s with %j is a mistake with its line", (name, text, message) => {
  const mistake = mistakeIn(name, text);
  expect(mistake).toStartWith(message);
  expect(mistake).not.toContain("rahasia");
});

test("a file that is not there is said", () => {
  expect(() => readUserFile("/nowhere/users.yaml")).toThrow("cannot be read: ENOENT");
});

import { describe, expect, test } from "bun:test";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { namesIn } from "../../../../src/roles/mqtt/users/class-config.ts";
import { completeList, usersOfClass, whyNotListed } from "../../../../src/roles/mqtt/users/class-list.ts";
import { scratchFolder } from "../../../support/scratch.ts";

const newList = () => join(scratchFolder("class"), "mahasiswa.yaml");

describe("the list of a class", () => {
  test("has a password for each, and is its owner's", () => {
    const kelas = { count: 40, prefix: "mahasiswa", list: newList(), groups: ["kelas"] };
    expect(usersOfClass(kelas)).toBeUndefined();
    expect(completeList(kelas)).toBe(40);
    const users = usersOfClass(kelas) ?? [];
    expect(users.map(({ name }) => name)).toEqual(namesIn(kelas));
    expect([users[0]?.name, users[39]?.name]).toEqual(["mahasiswa01", "mahasiswa40"]);
    expect(new Set(users.map(({ password }) => password)).size).toBe(40);
    for (const { password, groups } of users) {
      expect(password).toMatch(/^[a-hjkmnp-z2-9]{5}-[a-hjkmnp-z2-9]{5}$/);
      expect(groups).toEqual(["kelas"]);
    }
    expect(statSync(kelas.list).mode & 0o777).toBe(0o600);
    expect(completeList(kelas)).toBe(0);
  });

  test("keeps what it has when a class grows, also what a person changed in it", () => {
    const list = newList();
    writeFileSync(list, "# kelas B\n- { name: m02, password: sendiri }");
    const grown = { count: 3, prefix: "m", list };
    expect(completeList(grown)).toBe(2);
    expect(readFileSync(list, "utf8")).toStartWith("# kelas B\n- { name: m02, password: sendiri }\n- ");
    expect(usersOfClass(grown)?.[1]).toEqual({ name: "m02", password: "sendiri" });
    expect(usersOfClass({ ...grown, count: 2 })?.map(({ name }) => name)).toEqual(["m01", "m02"]);
    expect(namesIn({ count: 100, prefix: "m" }).at(-1)).toBe("m100");
  });

  test("is not spoilt where it has another form: it stays what it was", () => {
    for (const text of ["[{ name: m01, password: x }]", "users:\n  - { name: m01, password: x }\n"]) {
      const list = newList();
      writeFileSync(list, text);
      expect(() => completeList({ count: 2, prefix: "m", list })).toThrow("it must be a list in YAML");
      expect(readFileSync(list, "utf8")).toBe(text);
    }
  });

  test("says why it cannot be used", () => {
    const list = newList();
    const kelas = { count: 2, prefix: "m", list };
    expect(whyNotListed(kelas)).toBeUndefined();
    writeFileSync(list, "- { name: m01 }");
    expect(whyNotListed(kelas)).toContain("mahasiswa.yaml:1: ");
    expect(whyNotListed({ ...kelas, list: "/nowhere/m.yaml" })).toContain(
      "/nowhere/m.yaml cannot be written",
    );
  });
});

import { expect, test } from "bun:test";
import { programOf } from "../../src/core/program-name.ts";

test("a binary is the program that it was called as", () => {
  for (const name of [
    "distcli",
    "./distcli",
    "/usr/bin/distcli",
    "C:\\lab\\DISTCLI.EXE",
    "dist/distcli-linux-x64",
    "-distcli",
  ])
    expect([name, programOf(name, "/opt/distsrv")]).toEqual([name, "distcli"]);
  for (const name of [
    "distsrv",
    "./distsrv",
    "dist\\distsrv.exe",
    "/home/distcli/distsrv",
    "distsrv-linux-x64",
  ])
    expect([name, programOf(name, "/opt/distcli")]).toEqual([name, "distsrv"]);
});

test("called by another name, it is the program that its file is named after, and else the server", () => {
  expect(programOf("lab", "/opt/distcli")).toBe("distcli");
  expect(programOf("lab", "/opt/distsrv")).toBe("distsrv");
  expect(programOf("lab", "/distcli/lab")).toBe("distsrv");
});

import { describe, expect, test } from "bun:test";
import { commandNames, exampleFor, type StartFacts, withCommandNames } from "../../src/core/command-names.ts";

/** @param files that exist, or that PATH finds, where they are in one of its folders, `/usr/local/bin` */
function facts(given: Partial<StartFacts>, files: readonly string[] = []): StartFacts {
  return {
    isBinary: true,
    argv0: "./distsrv",
    userAgent: undefined,
    exists: (path) => files.includes(path),
    which: (name) => files.find((path) => path === `/usr/local/bin/${name}`),
    ...given,
  };
}

const clientOf = (given: Partial<StartFacts>, ...files: string[]) =>
  commandNames(facts(given, files)).distcli;

describe("the commands that distsrv prints", () => {
  test("name the binary beside the one that runs, as that was typed", () => {
    expect(clientOf({}, "./distcli")).toBe("./distcli");
    expect(clientOf({ argv0: "./dist/distsrv" }, "./dist/distcli")).toBe("./dist/distcli");
    expect(clientOf({ argv0: "dist\\distsrv.exe" }, "dist\\distcli.exe")).toBe("dist\\distcli.exe");
    expect(clientOf({ argv0: "/a/distsrv-1/distsrv" }, "/a/distsrv-1/distcli")).toBe("/a/distsrv-1/distcli");
    expect(clientOf({ argv0: "/my lab/distsrv" }, "/my lab/distcli")).toBe('"/my lab/distcli"');
  });

  test("have no path where PATH finds the programs", () => {
    expect(clientOf({ argv0: "distsrv" })).toBe("distcli");
    const path = "/usr/local/bin/distcli";
    expect(commandNames(facts({ argv0: "/usr/local/bin/distsrv" }, [path]))).toEqual({
      distsrv: "distsrv",
      distcli: "distcli",
    });
  });

  test("name no file that is not there", () => {
    expect(clientOf({ argv0: "./distsrv" })).toBe("distcli");
    expect(clientOf({ argv0: "./lab" }, "./lab")).toBe("distcli");
  });

  test("start with npx after npm start, and with bunx after bun run start", () => {
    const npm = facts({ isBinary: false, userAgent: "npm/11.0.0 node/v20" }, ["/usr/local/bin/distcli"]);
    expect(commandNames(npm)).toEqual({ distsrv: "npx distsrv", distcli: "npx distcli" });
    expect(clientOf({ isBinary: false, userAgent: "bun/1.4.5 npm/?" })).toBe("bunx distcli");
    expect(clientOf({ isBinary: false })).toBe("npx distcli");
  });

  test("stand alone where the package is installed for all", () => {
    expect(clientOf({ isBinary: false }, "/usr/local/bin/distcli")).toBe("distcli");
  });

  test("are found from the client's side, too", () => {
    expect(commandNames(facts({ argv0: "./dist/distcli" }, ["./dist/distsrv"]))).toEqual({
      distsrv: "./dist/distsrv",
      distcli: "./dist/distcli",
    });
    expect(commandNames(facts({ argv0: "./distcli" }))).toEqual({ distsrv: "distsrv", distcli: "./distcli" });
  });

  test("are put into distcli's examples and hints, and into nothing else that it says", () => {
    const names = { distsrv: "npx distsrv", distcli: "npx distcli" };
    expect(
      withCommandNames(
        "Usage: distcli time\ndistcli waits\n  distcli time 10.0.0.1\n  seq 3 | distcli oneway 10.0.0.1\nstart it with: distsrv",
        names,
      ),
    ).toBe(
      "Usage: distcli time\ndistcli waits\n  npx distcli time 10.0.0.1\n  seq 3 | npx distcli oneway 10.0.0.1\nstart it with: npx distsrv",
    );
  });

  test("are put behind sudo and behind a pipe, too", () => {
    const names = { distsrv: "./dist/distsrv", distcli: "./dist/distcli" };
    expect(
      withCommandNames(
        "  sudo distcli capture\n  distcli record -w - | distcli explain -\n  sudo distcli capture -w - | distcli explain -",
        names,
      ),
    ).toBe(
      "  sudo ./dist/distcli capture\n  ./dist/distcli record -w - | ./dist/distcli explain -\n  sudo ./dist/distcli capture -w - | ./dist/distcli explain -",
    );
    expect(withCommandNames("  record      Record with distcli record, without sudo", names)).toBe(
      "  record      Record with distcli record, without sudo",
    );
  });

  test("are put into the examples of roles, which may name another program", () => {
    const names = { distsrv: "npx distsrv", distcli: "npx distcli" };
    expect(exampleFor("distcli time 127.0.0.1", names)).toBe("npx distcli time 127.0.0.1");
    expect(exampleFor("curl http://distcli", names)).toBe("curl http://distcli");
    expect(exampleFor("distcli x", { distsrv: "", distcli: "./$&/distcli" })).toBe("./$&/distcli x");
  });
});

import { describe, expect, test } from "bun:test";
import { mqtt } from "../../../src/cli/commands/mqtt.ts";
import { mqttPub } from "../../../src/cli/commands/mqtt-pub.ts";
import { readVerifier } from "../../../src/protocol/scram/verifier.ts";
import { mqtt as broker } from "../../../src/roles/mqtt/index.ts";
import { startRole } from "../../support/start-role.ts";
import { type RunCliOptions, runCli } from "../support/run-cli.ts";

const make = (options: RunCliOptions, ...args: readonly string[]) =>
  runCli(mqtt, ["mqtt", "verifier", ...args], options);

describe("distcli mqtt verifier", () => {
  test("makes of a piped password what a broker checks it by", async () => {
    const { exit, stdout, stderr } = await make({ stdin: "kata sandi ª\nignored\n" });
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
    const users = [{ name: "ani", password: stdout.trim() }];
    const { port } = await startRole(broker, { users }, { expectLog: ["warning"] });
    const publish = (password: string) =>
      runCli(mqttPub, ["pub", "-p", String(port), "-t", "a", "-m", "x", "-u", "ani", "-P", password]);
    // The form in which SASLprep wants it lets in, too.
    for (const password of ["kata sandi ª", "kata sandi a"]) expect((await publish(password)).exit).toBe(0);
    expect((await publish("lain")).exit).toBe(1);
    expect((await publish(stdout.trim())).exit).toBe(1);
  });

  test("asks a person twice, and takes as many rounds as are wanted", async () => {
    const { exit, stdout, screen } = await make({ answers: ["rahasia", "rahasia"] }, "--iterations", "5000");
    expect(exit).toBe(0);
    expect(readVerifier(stdout.trim())?.iterations).toBe(5000);
    expect(screen).toStartWith("Password: Again: ");
    expect(screen).not.toContain("rahasia");
  });

  test("gives another one each time, as JSON where wanted", async () => {
    const made = [await make({ stdin: "x" }, "--json"), await make({ stdin: "x" }, "--json")];
    const [one, other] = made.map(({ stdout }) => JSON.parse(stdout).verifier as string);
    expect(readVerifier(one!)?.iterations).toBe(4096);
    expect(one).not.toBe(other);
  });

  test.each([
    ["an empty password", { stdin: "\n" }, "The password is empty"],
    ["no password", { answers: [] }, "The password is empty"],
    ["two different ones", { answers: ["a", "b"] }, "The two passwords are not the same"],
  ])("%s is a mistake of usage", async (_, options, message) => {
    const { exit, stdout, stderr } = await make(options);
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: "" });
    expect(stderr).toContain(message);
  });

  test("too few rounds are a mistake of usage", async () => {
    expect((await make({ stdin: "x" }, "--iterations", "100")).exit).toBe(2);
  });
});

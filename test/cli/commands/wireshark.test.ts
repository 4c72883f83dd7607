import { expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { signed } from "../../../src/cli/capture/script-file.ts";
import { wiresharkScript } from "../../../src/cli/capture/wireshark-lua.ts";
import { wireshark } from "../../../src/cli/commands/wireshark.ts";
import { labServices } from "../../../src/protocol/analysis/service-ports.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { runCli } from "../support/run-cli.ts";

const folder = scratchFolder("wireshark");
const ofLab = signed(wiresharkScript(labServices));

test("prints the script of the lab", async () => {
  for (const args of [[], ["-o", "-"]]) {
    const { exit, stdout, stderr } = await runCli(wireshark, ["wireshark", ...args]);
    expect([exit, stdout, stderr]).toEqual([0, ofLab, ""]);
  }
  const { stdout } = await runCli(wireshark, ["wireshark", "--json"]);
  expect(JSON.parse(stdout)).toEqual({ script: ofLab });
});

test("writes it to a file, and over its own again, with the ports of a configuration", async () => {
  const file = join(folder, "lab.lua");
  const { exit, stdout } = await runCli(wireshark, ["wireshark", "-o", file]);
  expect([exit, stdout]).toEqual([0, `Written to ${file}; load it by wireshark -X lua_script:${file}\n`]);
  expect(readFileSync(file, "utf8")).toBe(ofLab);
  const readServices = async () => [{ service: "jam", role: "time", host: "::", port: 7001 }];
  await runCli(wireshark, ["wireshark", "-o", file, "--config", "lab.yaml"], { readServices });
  expect(readFileSync(file, "utf8")).toContain('{ name = "jam", role = "time", port = 7001,');
});

test("a file of somebody else stays, and is named before the configuration is read", async () => {
  const file = join(folder, "mine.lua");
  writeFileSync(file, "-- mine\n");
  const readServices = async () => {
    throw new Error("not to be read");
  };
  const { exit, stderr } = await runCli(wireshark, ["wireshark", "-o", file, "--config", "x"], {
    readServices,
  });
  expect([exit, stderr]).toEqual([
    2,
    expect.stringContaining(`${file} exists already, and is not as distcli wrote`),
  ]);
  expect(readFileSync(file, "utf8")).toBe("-- mine\n");
});

test("what cannot be used leaves no file", async () => {
  const file = join(folder, "none.lua");
  const { exit } = await runCli(wireshark, ["wireshark", "-o", file, "--config", "x"]);
  expect([exit, existsSync(file)]).toEqual([2, false]);
});

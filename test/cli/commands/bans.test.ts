import { describe, expect, test } from "bun:test";
import { ban, bans, unban } from "../../../src/cli/commands/bans.ts";
import type { CliCommand } from "../../../src/cli/program/command.ts";
import { startLab } from "../../support/lab.ts";
import { RawClient } from "../../support/raw-client.ts";
import { runCli } from "../support/run-cli.ts";

const lab = await startLab(`
admin: { port: 0 }
bans: [198.51.100.0/24]
services:
  echo: { port: 0 }
`);
const port = String(lab.adminPort);
const run = (command: CliCommand, name: string, ...args: readonly string[]) =>
  runCli(command, [name, "-p", port, ...args]);

describe("distcli ban, unban and bans", () => {
  test("keep an address out of a running distsrv, list it, and let it in again", async () => {
    const client = await RawClient.connect(lab.port("echo"));
    const made = await run(ban, "ban", "127.0.0.1", "--for", "10m", "--reason", "a try");
    expect([made.exit, made.stdout, made.stderr]).toEqual([0, "Banned 127.0.0.1 for 10 min\n", ""]);
    await client.closed;
    await RawClient.turnedAway(lab.port("echo"));
    const listed = await run(bans, "bans");
    expect(listed.stdout).toMatch(/^ADDRESS +BY +SINCE +LEFT +REASON\n/);
    expect(listed.stdout).toMatch(/\n198\.51\.100\.0\/24 +file +.* for ever +by the configuration\n/);
    expect(listed.stdout).toMatch(/\n127\.0\.0\.1 +operator +.* +a try\n/);
    const lifted = await run(unban, "unban", "127.0.0.1");
    expect([lifted.exit, lifted.stdout]).toEqual([0, "127.0.0.1 may come in again\n"]);
    const again = await RawClient.connect(lab.port("echo"));
    again.write("halo");
    expect(await again.text(10)).toBe("Echo: halo");
    again.reset();
  });

  test("say so where an address stays out as a part of a network", async () => {
    for (const address of ["192.0.2.0/24", "192.0.2.9"]) await run(ban, "ban", address);
    expect((await run(unban, "unban", "192.0.2.9")).stdout).toBe(
      "Lifted the ban of 192.0.2.9, which stays out as a part of 192.0.2.0/24\n",
    );
    await run(unban, "unban", "192.0.2.0/24");
  });

  test("with --stay those who are connected stay, and only new ones are refused", async () => {
    const client = await RawClient.connect(lab.port("echo"));
    client.write("one");
    expect(await client.text(9)).toBe("Echo: one");
    const made = await run(ban, "ban", "127.0.0.0/8", "--stay", "--json");
    expect(JSON.parse(made.stdout)).toMatchObject({ address: "127.0.0.0/8", by: "operator", until: null });
    await RawClient.turnedAway(lab.port("echo"));
    client.write("two");
    expect(await client.text(9)).toBe("Echo: two");
    client.reset();
    expect((await run(unban, "unban", "127.0.0.0/8", "--quiet")).exit).toBe(0);
  });

  test("say what cannot be: no address, one that is not banned, one that the file bans", async () => {
    const slip = await run(ban, "ban", "10.0.0.1/8");
    expect(slip.exit).toBe(2);
    expect(slip.stderr).toContain("with no bits set behind its prefix");
    const unknown = await run(unban, "unban", "203.0.113.7");
    expect(unknown.exit).toBe(1);
    expect(unknown.stderr).toContain("it is not banned; distcli bans lists who is");
    const byFile = await run(unban, "unban", "198.51.100.0/24");
    expect(byFile.exit).toBe(1);
    expect(byFile.stderr).toContain("the configuration has it under bans:; take it out there, and reload");
  });
});

import { describe, expect, onTestFinished, test } from "bun:test";
import { watch } from "../../../src/cli/commands/watch.ts";
import { startLab } from "../../support/lab.ts";
import { RawClient } from "../../support/raw-client.ts";
import { until } from "../../support/until.ts";
import { echoing, fakeServer, type Peer } from "../support/fake-server.ts";
import { runCli, SlowReader, startCli } from "../support/run-cli.ts";

const yaml = `
admin: { port: 0 }
services:
  echo: { port: 0 }
  time: { port: 0, threads: 2 }
`;
const lab = await startLab(yaml);

function start(...args: readonly string[]) {
  const cli = startCli(watch, ["watch", "-p", String(lab.adminPort), "--history", "0", ...args]);
  onTestFinished(async () => {
    cli.interrupt();
    await cli.exit;
  });
  return cli;
}

/** Asks a service again and again until the watcher has shown enough. */
async function talk(service: string, text: string, isEnough: () => boolean): Promise<void> {
  await until(async () => {
    const client = await RawClient.connect(lab.port(service));
    client.write(text);
    await client.text(10);
    client.end();
    return isEnough();
  });
}

describe("distcli watch", () => {
  test("shows what a client and a service say to each other, also one in threads", async () => {
    const cli = start();
    await until(() => cli.stderr.includes("Watching"));
    await talk("echo", "halo dunia", () => cli.stdout.includes("halo dunia"));
    await talk("time", "TIME", () => / time +.*JAM/.test(cli.stdout));
    expect(cli.stdout).toMatch(/^\d\d:\d\d:\d\d\.\d{3} {2}127\.0\.0\.1:\d+ +-- echo +connected$/m);
    expect(cli.stdout).toMatch(/127\.0\.0\.1:\d+ +-> echo +.*halo dunia/);
    expect(cli.stdout).toMatch(/127\.0\.0\.1:\d+ +<- echo +.*Echo: halo dunia/);
    cli.interrupt();
    expect(await cli.exit).toBe(0);
    expect(cli.stderr).toBe(`Watching 127.0.0.1:${lab.adminPort}\n`);
  });

  test("filters by service and kind, and shows bytes", async () => {
    const cli = start("--service", "echo", "--kind", "bytes", "--bytes");
    await talk("time", "TIME", () => true);
    await talk("echo", "halo dunia", () => cli.stdout.includes("Echo: halo"));
    expect(cli.stdout).toMatch(/^ {4}0000 {2}68 61 6c 6f 20 64 75 6e 69 61 +halo dunia$/m);
    expect(cli.stdout).not.toContain("time");
    expect(cli.stdout).not.toContain("connected");
  });

  test("with --json prints an object per event", async () => {
    const cli = start("--json", "--service", "echo", "--kind", "message");
    await talk("echo", "halo dunia", () => cli.stdout.includes("Echo: halo"));
    const [first] = cli.stdout.split("\n");
    expect(JSON.parse(first!)).toMatchObject({ event: "traffic", kind: "message", service: "echo" });
  });

  test("waits for a pipe that is full, and then goes on where it was", async () => {
    const reader = new SlowReader();
    const args = ["watch", "-p", String(lab.adminPort), "--history", "0", "--service", "echo", "--json"];
    const cli = startCli(watch, [...args, "--kind", "message"], { reader });
    onTestFinished(async () => {
      cli.interrupt();
      await cli.exit;
    });
    const lines = () => cli.stdout.split("\n").filter((line) => line.includes("halo"));
    await talk("echo", "halo dunia", () => lines().length > 0);
    const other = start("--service", "echo", "--kind", "message");
    await until(() => other.stderr.includes("Watching"));
    await talk("echo", "halo kedua", () => other.stdout.includes("halo kedua"));
    expect(lines().length).toBe(1);
    await until(() => {
      reader.take();
      return lines().some((line) => line.includes("Echo: halo kedua"));
    });
    const texts = lines().map((line) => JSON.parse(line).text);
    expect(texts.indexOf("Received from client: halo kedua")).toBeGreaterThan(0);
  });

  test("a filter that cannot be is a mistake of usage", async () => {
    const topic = start("--topic", "a#");
    expect(await topic.exit).toBe(2);
    expect(topic.stderr).toContain('this one mixes a wildcard with other characters in its level "a#"');
    const kind = start("--kind", "message,bogus");
    expect(await kind.exit).toBe(2);
    expect(kind.stderr).toContain('The kinds are open, message, close, bytes, and "bogus" is none of them.');
  });

  test("for an unknown service the server's error is shown, with the known ones", async () => {
    const cli = start("--service", "nope");
    expect(await cli.exit).toBe(2);
    expect(cli.stderr).toContain('There is no service "nope"');
    expect(cli.stderr).toContain("echo");
  });

  test("a service's name in place of the host is answered with a line that would do", async () => {
    const cli = startCli(watch, ["watch", "mqtt.invalid"]);
    expect(await cli.exit).toBe(1);
    expect(cli.stderr).toContain("as in: distcli watch 127.0.0.1 --service mqtt.invalid");
  });

  test("waits for a server that has stopped, which does not wait for it", async () => {
    const own = await startLab(`grace: 1h\n${yaml}`, { cleanUp: onTestFinished });
    const cli = startCli(watch, ["watch", "-p", String(own.adminPort)]);
    await until(async () => {
      const client = await RawClient.connect(own.port("echo"));
      client.write("x");
      await client.text(7);
      return cli.stdout.includes("Echo: x");
    });
    expect(await own.stop()).toBe(0);
    await until(() => cli.stderr.includes("(it has ended the stream); trying again"));
    cli.interrupt();
    expect(await cli.exit).toBe(0);
  });

  test("says how many messages a flood had more than it shows", async () => {
    const cli = start("--service", "echo", "--kind", "message");
    // Many at once: on a busy machine one after another asks less often than is shown.
    const clients = await Promise.all(Array.from({ length: 50 }, () => RawClient.connect(lab.port("echo"))));
    const exchange = (client: RawClient) => {
      client.write("x");
      return client.text(7);
    };
    await until(async () => {
      for (let i = 0; i < 10; i++) await Promise.all(clients.map(exchange));
      return /^\.\.\. \d+ more messages of echo$/m.test(cli.stderr);
    });
    expect(cli.stdout.split("\n").length).toBeGreaterThan(100);
  });

  test.each([
    ["bytes that are no HTTP", echoing("Echo: "), "does not speak HTTP. Is the port right?"],
    [
      "HTTP that breaks its own rules",
      { data: (peer: Peer) => void peer.write("HTTP/1.1 200 OK\r\ncontent-length: abc\r\n\r\n") },
      "does not speak HTTP as it should: InvalidContentLength. Is the port right?",
    ],
    ["nothing, and the end", { data: (peer: Peer) => void peer.end() }, "broke the connection off"],
  ])("on a port that answers %s says so in its own words", async (_, behaviour, words) => {
    const { port } = fakeServer(behaviour);
    const { exit, stderr } = await runCli(watch, ["watch", "-p", String(port)]);
    expect(stderr).toStartWith(`distcli: 127.0.0.1:${port} ${words}`);
    expect(exit).toBe(1);
  });
});

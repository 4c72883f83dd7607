// What tshark makes of a recording: other people's eyes on headers that are made up.
import { expect } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { connectAsync } from "mqtt";
import { record } from "../../src/cli/commands/record.ts";
import { startCli } from "../cli/support/run-cli.ts";
import { startLab } from "../support/lab.ts";
import { needs, testWith } from "../support/needs.ts";
import { scratchFolder } from "../support/scratch.ts";
import { until } from "../support/until.ts";

const test = testWith(needs.tshark);
const folder = scratchFolder("record-tshark");
const lab = await startLab(`
admin: { port: 0 }
services:
  mqtt: { port: 0, publish: [], users: [{ name: ani, password: sangat-rahasia }] }
  rest: { port: 0 }
  echo: { port: 0 }
  udp: { port: 0 }
`);

function tshark(file: string, ...args: string[]): string[] {
  const { stdout, stderr, exitCode } = Bun.spawnSync(
    [
      ...["tshark", "-n", "-r", file, "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"],
      ...["-o", "udp.check_checksum:TRUE", "-d", `tcp.port==${lab.port("mqtt")},mqtt`],
      ...["-d", `tcp.port==${lab.port("rest")},http`, ...args],
    ],
    { stdin: "ignore" },
  );
  if (exitCode !== 0) throw new Error(stderr.toString());
  return stdout
    .toString()
    .split("\n")
    .filter((line) => line !== "");
}

/** Sends it to the echo, and waits for as much, and for the end. */
async function echo(bytes: Buffer): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const received: Buffer[] = [];
  await Bun.connect({
    hostname: "127.0.0.1",
    port: lab.port("echo"),
    socket: {
      open: (socket) => void socket.write(bytes),
      data: (socket, data) => {
        received.push(Buffer.from(data));
        if (Buffer.concat(received).includes("selesai")) socket.end();
      },
      close: () => resolve(Buffer.concat(received)),
      error: (_socket, error) => reject(error),
    },
  });
  return await promise;
}

async function datagram(text: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = await Bun.udpSocket({
    connect: { hostname: "127.0.0.1", port: lab.port("udp") },
    socket: { data: (_socket, data) => resolve(data.toString()) },
  });
  socket.send(text);
  const answer = await promise;
  socket.close();
  return answer;
}

test("a recording of several services has no flaw, and the bytes that were sent", async () => {
  const cli = startCli(record, ["record", "-p", String(lab.adminPort), "-w", "-"]);
  await until(() => cli.stdoutBytes.length > 0);
  const client = await connectAsync(`mqtt://127.0.0.1:${lab.port("mqtt")}`, {
    username: "ani",
    password: "sangat-rahasia",
    reconnectPeriod: 0,
  });
  const large = Buffer.alloc(300_000, "x");
  await client.subscribeAsync("suhu", { qos: 1 });
  const back = new Promise((resolve) => client.once("message", resolve));
  await client.publishAsync("suhu", large, { qos: 1 });
  await back;
  await client.endAsync();
  const url = `http://127.0.0.1:${lab.port("rest")}/add?a=5&b=9`;
  await (
    await fetch(url, { headers: { authorization: "Bearer rahasia-sekali", connection: "close" } })
  ).text();
  const text = Buffer.from(`${"halo dunia ".repeat(50)}selesai`);
  const echoed = await echo(text);
  const answer = await datagram("halo udp");
  await until(() => cli.stdoutBytes.includes(answer.slice(0, 8)) && cli.stdoutBytes.includes("selesai"));
  await until(() => {
    writeFileSync(join(folder, "part.pcapng"), cli.stdoutBytes);
    try {
      return tshark(join(folder, "part.pcapng"), "-Y", "tcp.flags.fin==1").length >= 6;
    } catch {
      // It ends within a packet, whose rest is still on its way.
      return false;
    }
  });
  cli.interrupt();
  expect(await cli.exit).toBe(0);
  expect(cli.stderr).toMatch(/\d+ packets\n$/);

  const file = join(folder, "lab.pcapng");
  writeFileSync(file, cli.stdoutBytes);
  const bad =
    "ip.checksum.status==0 || tcp.checksum.status==0 || udp.checksum.status==0 || tcp.analysis.flags";
  expect(tshark(file, "-Y", `${bad} || _ws.malformed`)).toEqual([]);
  const good = "ip.checksum.status==1 && (tcp.checksum.status==1 || udp.checksum.status==1)";
  expect(tshark(file, "-Y", good).length).toBe(tshark(file).length);

  const types = tshark(file, "-Y", "mqtt", "-T", "fields", "-e", "mqtt.msgtype").join(",").split(",");
  for (const type of ["1", "2", "3", "4", "8", "9", "14"]) expect(types).toContain(type);
  expect(tshark(file, "-Y", "http.request", "-T", "fields", "-e", "http.request.uri")).toEqual([
    "/add?a=5&b=9",
  ]);
  expect(tshark(file, "-Y", "http.response", "-T", "fields", "-e", "http.response.code")).toEqual(["200"]);
  expect(cli.stdoutBytes.includes("rahasia")).toBe(false);

  const payloads = (filter: string) =>
    Buffer.from(tshark(file, "-Y", filter, "-T", "fields", "-e", "tcp.payload").join(""), "hex");
  expect(payloads(`tcp.dstport==${lab.port("echo")}`).equals(text)).toBe(true);
  expect(payloads(`tcp.srcport==${lab.port("echo")}`).equals(echoed)).toBe(true);
  const udp = tshark(file, "-Y", "udp", "-T", "fields", "-e", "udp.payload");
  expect(udp.map((hex) => Buffer.from(hex, "hex").toString())).toEqual(["halo udp", answer]);
  expect(new Set(tshark(file, "-T", "fields", "-e", "frame.interface_name"))).toEqual(
    new Set(["mqtt", "rest", "echo", "udp"]),
  );
});

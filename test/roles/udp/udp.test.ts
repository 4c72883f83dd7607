import { describe, expect, onTestFinished, test } from "bun:test";
import dgram from "node:dgram";
import { udp } from "../../../src/roles/udp/index.ts";
import { rejects } from "../../support/rejects.ts";
import { startRole } from "../../support/start-role.ts";

async function exchange(
  port: number,
  datagram: Uint8Array,
  host = "127.0.0.1",
): Promise<{ reply: Buffer; from: number }> {
  const socket = dgram.createSocket(host.includes(":") ? "udp6" : "udp4");
  onTestFinished(() => void socket.close());
  await new Promise<void>((resolve) => socket.bind(0, host, resolve));
  const reply = new Promise<Buffer>((resolve) => socket.once("message", resolve));
  socket.send(datagram, port, host);
  return { reply: await reply, from: socket.address().port };
}

describe("udp", () => {
  test("greets the sender by address as Python prints it, and repeats the datagram", async () => {
    const { port } = await startRole(udp);
    const { reply, from } = await exchange(port, Buffer.from("halo"));
    expect(reply.toString()).toBe(`Hello, ('127.0.0.1', ${from}). You said: halo`);
  });

  test("answers over IPv6", async () => {
    const { port } = await startRole(udp, { host: "::1" });
    const { reply, from } = await exchange(port, Buffer.from("halo"), "::1");
    expect(reply.toString()).toBe(`Hello, ('::1', ${from}). You said: halo`);
  });

  test("an empty datagram is answered, too", async () => {
    const { port } = await startRole(udp);
    expect((await exchange(port, new Uint8Array(0))).reply.toString()).toEndWith("You said: ");
  });

  test("bytes that are no text come back unchanged", async () => {
    const { port } = await startRole(udp);
    const bytes = Buffer.from([0, 0xff, 0xfe, 0x80]);
    const { reply } = await exchange(port, bytes);
    expect(reply.subarray(-4)).toEqual(bytes);
  });

  test("a datagram of full size is answered with as much as a datagram carries", async () => {
    const { port } = await startRole(udp);
    const { reply } = await exchange(port, Buffer.alloc(65_507, "x"));
    expect(reply.length).toBe(65_507);
    expect(reply.toString("latin1")).toMatch(/^Hello, .* You said: x+$/);
  });

  test("without {address} the reply is the same for everyone", async () => {
    const { port } = await startRole(udp, { reply: "<{message}>" });
    expect((await exchange(port, Buffer.from("a"))).reply.toString()).toBe("<a>");
  });

  test("a port in use is reported with what to change", async () => {
    const { port } = await startRole(udp);
    await rejects(startRole(udp, { port }), "the port is in use");
  });
});

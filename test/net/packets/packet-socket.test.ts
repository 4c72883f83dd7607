import { describe, expect, onTestFinished, test as plainTest } from "bun:test";
import { CaptureStartError, openPacketSocket } from "../../../src/net/packets/packet-socket.ts";
import { portFilter } from "../../../src/protocol/bpf/port-filter.ts";
import { needs, testWith } from "../../support/needs.ts";
import { rejects } from "../../support/rejects.ts";
import { until } from "../../support/until.ts";

const test = testWith(needs.packetSocket);

interface Seen {
  readonly text: string;
  readonly originalLength: number;
  readonly isOutgoing: boolean;
  readonly hardwareType: number;
  readonly seconds: number;
}

function capture(port: number, wanted = Number.POSITIVE_INFINITY, mayReceive = () => true) {
  const seen: Seen[] = [];
  const socket = openPacketSocket({
    interface: "lo",
    filter: portFilter({ tcp: [], udp: [port], hasArp: false, snapLength: 262_144 }),
    onPacket: ({ bytes, ...packet }) => {
      seen.push({ ...packet, text: Buffer.from(bytes).subarray(42).toString("latin1") });
      return seen.length < wanted;
    },
    onBatch: () => {},
    mayReceive,
  });
  onTestFinished(() => socket.close());
  return { seen, socket };
}

async function receiver() {
  const socket = await Bun.udpSocket({ hostname: "127.0.0.1", socket: { data: () => {} } });
  onTestFinished(() => socket.close());
  return socket;
}

describe("the loopback", () => {
  test("each packet to the port comes once, whole, with its time", async () => {
    const target = await receiver();
    const { seen, socket } = capture(target.port);
    const other = await receiver();
    for (let count = 0; count < 100; count++) {
      target.send(`halo ${count}`, target.port, "127.0.0.1");
      other.send("not for us", other.port, "127.0.0.1");
    }
    await until(() => seen.length >= 100);
    expect(seen.map(({ text }) => text)).toEqual(Array.from({ length: 100 }, (_, count) => `halo ${count}`));
    expect(seen[0]).toMatchObject({ originalLength: 48, isOutgoing: false, hardwareType: 772 });
    expect(Math.abs(seen[0]!.seconds - Date.now() / 1000)).toBeLessThan(600);
    expect(socket.counts()).toEqual({ received: 100, dropped: 0 });
  });

  test("it ends when no more is wanted", async () => {
    const target = await receiver();
    const { seen, socket } = capture(target.port, 2);
    for (let count = 0; count < 5; count++) target.send("x", target.port, "127.0.0.1");
    await socket.done;
    expect(seen).toHaveLength(2);
  });

  test("nothing is taken while it cannot be used; then all of it comes, or at the end", async () => {
    for (const end of ["goes on", "finishes"]) {
      const target = await receiver();
      let [asked, mayReceive] = [0, false];
      const { seen, socket } = capture(target.port, Number.POSITIVE_INFINITY, () => {
        asked++;
        return mayReceive;
      });
      for (let count = 0; count < 200; count++) target.send(`${count}`, target.port, "127.0.0.1");
      await until(() => asked > 2);
      expect(seen).toHaveLength(0);
      if (end === "goes on") mayReceive = true;
      else socket.finish();
      await until(() => seen.length === 200);
      expect(socket.counts().dropped).toBe(0);
    }
  });

  test("what the kernel has received is still handed over when it is to finish", async () => {
    const target = await receiver();
    const { seen, socket } = capture(target.port);
    // All in one turn of the event loop, so that nothing has been handed over before.
    for (let count = 0; count < 200; count++) target.send(`${count}`, target.port, "127.0.0.1");
    expect(seen).toHaveLength(0);
    socket.finish();
    await socket.done;
    expect(seen).toHaveLength(200);
  });

  test("what a handler throws ends it", async () => {
    const target = await receiver();
    const socket = openPacketSocket({
      interface: "any",
      filter: portFilter({ tcp: [], udp: [target.port], hasArp: false, snapLength: 96 }),
      onPacket: () => {
        throw new Error("the disk is full");
      },
      onBatch: () => {},
    });
    target.send("x", target.port, "127.0.0.1");
    await rejects(socket.done, "the disk is full");
  });
});

plainTest("an interface that does not exist is named, with those that do", () => {
  const open = () =>
    openPacketSocket({ interface: "nope0", filter: [], onPacket: () => true, onBatch: () => {} });
  expect(open).toThrow(CaptureStartError);
  if (process.platform === "linux") expect(open).toThrow(/There is no interface nope0: there are .*lo/);
});

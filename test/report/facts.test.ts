import { expect, test } from "bun:test";
import { english } from "../../src/report/english.ts";
import { factsOf } from "../../src/report/facts.ts";
import { analyse } from "../support/analyse.ts";
import { connack, connect, packet, publish, subscribe } from "../support/mqtt-packets.ts";
import { type Packet, TcpTalk } from "../support/packets.ts";

test("a will that its client has left is told of, also where the capture ends before the connection", () => {
  const packets: Packet[] = [];
  const subscriber = new TcpTalk({ clientPort: 50_000 }, packets).handshake();
  subscriber.send("client", connect("budi")).send("server", connack).send("client", subscribe("status/#"));
  const client = new TcpTalk({ clientPort: 50_001 }, packets).handshake();
  client.send("client", packet(0x10, "MQTT", [5, 6, 0, 60, 0], "ani", [0], "status/ani", "gone"));
  client.send("server", Buffer.from([0x20, 3, 0, 0, 0])).send("client", Buffer.from([0xe0, 2, 4, 0]));
  const disconnect = packets.length - 1;
  subscriber.sendOnly("server", publish("status/ani", "gone"));
  const [, tracked] = analyse(packets).conversations;
  const told = factsOf(tracked!, english);
  expect(told).toContain("No FIN and no RST is in the capture");
  expect(told).toContain(`The client left with DISCONNECT, packet ${disconnect}, whose reason`);
  expect(told).toContain(`packet ${packets.length} is a PUBLISH`);
});

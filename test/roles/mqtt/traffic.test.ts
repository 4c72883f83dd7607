import { expect, test } from "bun:test";
import type { Traffic } from "../../../src/core/traffic.ts";
import { TestBroker } from "./wire.ts";

function observed(): { test: TestBroker; told: () => string[] } {
  const lines: string[] = [];
  const traffic: Traffic = {
    wants: (kind) => kind === "message",
    emit: (event) => {
      if (event.kind === "message") lines.push(`${event.direction} ${event.text}`);
    },
  };
  return { test: new TestBroker({}, { traffic }), told: () => lines.splice(0) };
}

test("an observer reads every packet in words, and no password", () => {
  const { test, told } = observed();
  const client = test.connect("a", 5, { username: "u", password: Buffer.from("secret"), keepAlive: 60 });
  client.subscribe("sister/#", 1);
  expect(told()).toEqual([
    "in CONNECT a MQTT 5.0, clean, keep alive 60 s",
    "out CONNACK success",
    "in SUBSCRIBE sister/# qos 1",
    "out SUBACK qos 1",
  ]);
  client.publish("sister/temp", "Suhu: 28°C", { qos: 1, packetId: 4 });
  expect(told()).toEqual([
    "in PUBLISH sister/temp qos 1, 11 B",
    "out PUBACK id 4",
    "out PUBLISH sister/temp qos 1, 11 B",
  ]);
  client.send({ type: "puback", version: 5, packetId: 1, reasonCode: 0, properties: {} });
  client.send({ type: "pingreq", version: 5 });
  client.send({ type: "disconnect", version: 5, reasonCode: 4, properties: {} });
  expect(told()).toEqual([
    "in PUBACK id 1",
    "in PINGREQ",
    "out PINGRESP",
    "in DISCONNECT disconnect with will",
  ]);
});

test("each message of a run is told, to each subscriber", () => {
  const { test, told } = observed();
  for (const name of ["a", "b"]) test.connect(name).subscribe("t");
  const publisher = test.connect("publisher");
  told();
  publisher.send(publisher.message("t", "one"), publisher.message("t", "two"), publisher.message("t", "six"));
  const lines = told();
  expect(lines.filter((line) => line === "in PUBLISH t qos 0, 3 B")).toHaveLength(3);
  expect(lines.filter((line) => line === "out PUBLISH t qos 0, 3 B")).toHaveLength(6);
});

test("what a client calls itself cannot write on the terminal", () => {
  const { test, told } = observed();
  const client = test.connect("evil\u001b[2J", 4);
  client.publish("bad\u001b]0;x\u0007", "x");
  expect(told().join("\n")).not.toMatch(/[\u001b\u0007]/);
});

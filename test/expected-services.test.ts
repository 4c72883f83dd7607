import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expectedServices } from "../src/expected-services.ts";
import { scratchFolder } from "./support/scratch.ts";

const folder = scratchFolder("expected-services");

function listenersOf(services: string): unknown {
  const file = join(folder, "lab.yaml");
  writeFileSync(file, `admin: false\nservices:\n${services}\n`);
  return Object.fromEntries(expectedServices(file, {}).map(({ service, listeners }) => [service, listeners]));
}

test("every port of a service is known, and how it is spoken to", () => {
  expect(
    listenersOf(`
  mqtt:
    port: 1884
    listeners:
      - { port: 8083, transport: ws }
      - { port: 8884, tls: { cert: a.crt, key: a.key } }
      - { port: 8443, transport: ws, tls: { cert: a.crt, key: a.key } }
      - { path: /run/lab/mqtt.sock }
  web: { role: mqtt, port: 9001, transport: ws }
  echo: { port: 2223, tls: { cert: a.crt, key: a.key } }
  udp: { port: 12346 }
  zmq-rep: { bind: [tcp://127.0.0.1:5556, tcp://127.0.0.1:5557, ipc:///tmp/rep] }
  zmq-pub: { connect: [tcp://127.0.0.1:5558] }`),
  ).toEqual({
    mqtt: [
      { port: 1884, transport: "tcp" },
      { port: 8083, transport: "ws" },
      { port: 8884, transport: "tls" },
      { port: 8443, transport: "wss" },
    ],
    web: [{ port: 9001, transport: "ws" }],
    echo: [{ port: 2223, transport: "tls" }],
    udp: [{ port: 12346, transport: "udp" }],
    "zmq-rep": [
      { port: 5556, transport: "tcp" },
      { port: 5557, transport: "tcp" },
    ],
  });
});

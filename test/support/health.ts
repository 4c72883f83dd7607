import { onTestFinished } from "bun:test";
import { createSocket } from "node:dgram";
import { late, withTimeout } from "../../src/core/deadline.ts";
import type { Lab } from "./lab.ts";
import { connack, connect, publish, subscribe } from "./mqtt-packets.ts";
import { RawClient } from "./raw-client.ts";
import { maxWait } from "./until.ts";
import { ZmtpClient } from "./zmtp.ts";

/**
 * Every role of the lab, configured for quick tests: publishers with short intervals, and small send buffers, so that
 * unbounded growth is noticed early.
 */
export const wholeLab = `
services:
  mqtt: { port: 0, sendBuffer: 1MiB }
  echo: { port: 0 }
  file-echo: { role: echo, port: 0, reply: "{message}" }
  rest: { port: 0 }
  soap: { port: 0 }
  jsonrpc: { port: 0 }
  zmq-rep: { port: 0 }
  zmq-push: { port: 0, every: 10ms }
  zmq-pub: { port: 0, every: 10ms, sendHighWater: 100 }
  upcall: { port: 0 }
  time: { port: 0, threads: 2 }
  udp: { port: 0 }
  oneway: { port: 0 }
`;

type Check = (port: number) => Promise<void>;

/** A healthy client of each service: connects, is served, disconnects. */
const checks: Readonly<Record<string, Check>> = {
  echo: (port) => stream(port, "sehat", /^Echo: sehat$/),
  "file-echo": (port) => stream(port, "sehat", /^sehat$/),
  upcall: (port) => stream(port, "sehat", /^Upcall event: Processing sehat$/),
  time: (port) => stream(port, "TIME\r\n", /^JAM \d\d:\d\d:\d\d\r\n$/),
  oneway: (port) => stream(port, "sehat", /^$/),
  rest: (port) => stream(port, http("GET", "/add?a=5&b=9", ""), /200 OK[\s\S]*\{"result":14\}$/),
  soap: (port) =>
    stream(port, http("POST", "/", envelope), /200 OK[\s\S]*<tns:addResult>15<\/tns:addResult>/),
  jsonrpc: (port) => stream(port, http("POST", "/", call), /200 OK[\s\S]*"result":12/),
  mqtt,
  udp,
  async "zmq-rep"(port) {
    const client = await ZmtpClient.connect(port, "REQ");
    client.send("", "Hello");
    expectLike((await client.receive()).map(String).join("|"), /^\|World$/);
    client.raw.end();
  },
  async "zmq-pub"(port) {
    const client = await ZmtpClient.connect(port, "SUB");
    client.subscribe("WAKTU");
    expectLike(String((await client.receive())[0]), /^WAKTU \w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}$/);
    client.raw.end();
  },
  async "zmq-push"(port) {
    const client = await ZmtpClient.connect(port, "PULL");
    expectLike((await client.receive())[0]?.toString("hex") ?? "", /^80044b[0-6][0-9a-f]2e$/);
    client.raw.end();
  },
};

/** Fails with the names of the services that do not serve a healthy client in time. */
export async function expectHealthy(lab: Lab, services: readonly string[] = lab.services): Promise<void> {
  const errors = await Promise.all(
    services.map(async (service) => {
      try {
        const outcome = await withTimeout(checks[service]?.(lab.port(service)) ?? Promise.resolve(), maxWait);
        if (outcome === late) throw new Error(`a healthy client waited ${maxWait} ms`);
        return [];
      } catch (error) {
        return [`${service}: ${error instanceof Error ? error.message : error}`];
      }
    }),
  );
  if (errors.flat().length > 0) throw new Error(`not served as they should be:\n${errors.flat().join("\n")}`);
}

/** Sends the text and FIN, and compares everything that the server sends until its own FIN. */
async function stream(port: number, request: string, expected: RegExp): Promise<void> {
  const client = await RawClient.connect(port);
  client.write(request);
  client.end();
  expectLike((await client.all()).toString(), expected);
}

async function mqtt(port: number): Promise<void> {
  const client = await RawClient.connect(port);
  client.write(connect(""));
  expectLike((await client.bytes(4)).toString("hex"), new RegExp(connack.toString("hex")));
  const topic = `health/${crypto.randomUUID()}`;
  client.write(subscribe(topic));
  expectLike((await client.bytes(5)).toString("hex"), /^9003000100$/);
  const sent = publish(topic, "sehat");
  client.write(sent);
  expectLike((await client.bytes(sent.length)).toString("hex"), new RegExp(`^${sent.toString("hex")}$`));
  client.write(Buffer.from([0xe0, 0]));
  await client.ended;
  client.end();
}

/** Sends the datagram repeatedly, because one may be lost during a flood. */
async function udp(port: number): Promise<void> {
  const socket = createSocket("udp4");
  const reply = new Promise<string>((resolve) => socket.once("message", (bytes) => resolve(String(bytes))));
  const send = () => socket.send("sehat", port, "127.0.0.1");
  const again = setInterval(send, 50);
  const stop = () => clearInterval(again);
  onTestFinished(stop);
  try {
    send();
    expectLike(await reply, /^Hello, \('127\.0\.0\.1', \d+\)\. You said: sehat$/);
  } finally {
    stop();
    socket.close();
  }
}

function http(method: string, path: string, body: string): string {
  const length =
    body === "" ? "" : `Content-Length: ${Buffer.byteLength(body)}\r\nContent-Type: text/xml\r\n`;
  return `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n${length}\r\n${body}`;
}

const call = '{"jsonrpc":"2.0","method":"add","params":[10,2],"id":1}';
const envelope =
  '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>' +
  '<c:add xmlns:c="spyne.examples.calculator"><c:a>10</c:a><c:b>5</c:b></c:add></e:Body></e:Envelope>';

function expectLike(received: string, expected: RegExp): void {
  if (!expected.test(received))
    throw new Error(`answered ${JSON.stringify(received.slice(0, 300))}, not ${expected}`);
}

import { expect, onTestFinished, test } from "bun:test";
import { Authority, openssl } from "../support/certificates.ts";
import { startLab } from "../support/lab.ts";
import { needs, testWith } from "../support/needs.ts";
import { output, Program } from "../support/program.ts";
import { pythonClient } from "../support/python.ts";

const authority = openssl.isThere() ? new Authority() : undefined;
const [ours, knownClient, stranger] = authority
  ? [authority.issue(), authority.issue("client"), new Authority().issue("client")]
  : [];

const lab = await startLab(`
log: { messages: 100000 }
services:
  mqtt:
    port: 0
    transport: ws
  ${
    ours
      ? `secure:
    role: mqtt
    port: 0
    tls: { cert: ${ours.cert}, key: ${ours.key} }
  secure-ws:
    role: mqtt
    port: 0
    transport: ws
    tls: { cert: ${ours.cert}, key: ${ours.key} }
  members:
    role: mqtt
    port: 0
    tls: { cert: ${ours.cert}, key: ${ours.key}, ca: ${authority?.cert}, requestClientCertificate: true }
  named:
    role: mqtt
    port: 0
    tls: { cert: ${ours.cert}, key: ${ours.key}, ca: ${authority?.cert}, requireClientCert: true, usernameFrom: cn }`
      : ""
  }
`);
const testMosquitto = testWith(needs.mosquitto, openssl);
const testPaho = testWith(needs.paho, openssl);

const at = (name: string, service: string, version: string, ...rest: string[]) => [
  ...[name, "-h", "127.0.0.1", "-p", String(lab.port(service)), "-V", version],
  ...["--cafile", authority?.cert ?? "", ...rest],
];
let subscribed = 0;

for (const version of ["mqttv311", "mqttv5"]) {
  testMosquitto(
    `${version}: mosquitto_pub and mosquitto_sub connect over TLS and transfer a file of 3 MB`,
    async () => {
      const file = "0123456789abcdef".repeat(200_000);
      const sub = new Program(
        at("mosquitto_sub", "secure", version, "-t", "tls", "-q", "1", "-C", "1", "-N"),
      );
      onTestFinished(() => sub.kill());
      await lab.untilLogged("secure", "SUBSCRIBE", ++subscribed);
      const pub = new Program(at("mosquitto_pub", "secure", version, "-t", "tls", "-q", "1", "-s"), {
        input: file,
      });
      expect((await pub.outcome()).status).toBe(0);
      expect((await sub.outcome()).stdout === file).toBe(true);
    },
  );
}

testMosquitto(
  "mosquitto_pub can connect with a certificate of the authority, not with another or none",
  async () => {
    const status = async (...rest: string[]) =>
      (
        await new Program(
          at("mosquitto_pub", "members", "mqttv5", "-t", "t", "-m", "x", "-q", "1", ...rest),
        ).outcome()
      ).status;
    expect(await status("--cert", knownClient?.cert ?? "", "--key", knownClient?.key ?? "")).toBe(0);
    expect(await status("--cert", stranger?.cert ?? "", "--key", stranger?.key ?? "")).not.toBe(0);
    expect(await status()).not.toBe(0);
  },
);

testMosquitto("mosquitto_pub is the user that its certificate names, and no other", async () => {
  const outcome = (...rest: string[]) => {
    const shown = ["--cert", knownClient?.cert ?? "", "--key", knownClient?.key ?? ""];
    return new Program(
      at("mosquitto_pub", "named", "mqttv5", ...shown, "-t", "t", "-m", "x", "-q", "1", ...rest),
    ).outcome();
  };
  expect(await outcome()).toMatchObject({ status: 0, stderr: "" });
  expect(await outcome("-u", "client")).toMatchObject({ status: 0, stderr: "" });
  const refused = await outcome("-u", "ani", "-P", "rahasia");
  expect(refused.status).not.toBe(0);
  expect(refused.stderr).toContain("Not authorized");
});

for (const version of ["3.1.1", "5"]) {
  for (const [service, way] of [
    ["mqtt", "websockets:plain"],
    ["secure", "tcp:tls"],
    ["secure-ws", "websockets:tls"],
  ] as const) {
    testPaho(
      `MQTT ${version}: paho connects over ${way.replace(":", " ")}, also for messages of 300 KB`,
      async () => {
        const name = way.replace(":", "-");
        const where = `${way}:${lab.port(service)}`;
        const printed = await output(
          pythonClient("paho_transports", "127.0.0.1", version, authority?.cert ?? "", where),
        );
        expect(JSON.parse(printed)).toEqual({ [name]: [`from ${name}`], big: 1 });
      },
    );
  }
}

test("the server logged no warning or error", () => {
  expect(lab.complaints()).toEqual([]);
});

import { afterAll, expect } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Authority, openssl } from "../support/certificates.ts";
import { freePort } from "../support/free-port.ts";
import { startLab } from "../support/lab.ts";
import { haproxy, needs, testWith } from "../support/needs.ts";
import { output, Program } from "../support/program.ts";
import { scratchFolder } from "../support/scratch.ts";
import { until } from "../support/until.ts";

const authority = openssl.isThere() ? new Authority() : undefined;
const pair = authority?.issue();

const lab = await startLab(`
log: { messages: 10000 }
services:
  mqtt:
    port: 0
    proxyProtocol: [127.0.0.1]
  ${
    pair
      ? `secure:
    role: mqtt
    port: 0
    proxyProtocol: true
    tls: { cert: ${pair.cert}, key: ${pair.key} }`
      : ""
  }
  web: { role: mqtt, port: 0, transport: ws, proxyProtocol: true }
  rest: { port: 0, proxyProtocol: true }
`);

const services = lab.services.flatMap((service) =>
  (["send-proxy", "send-proxy-v2"] as const).map((version) => ({ service, version })),
);
const ports = new Map<string, number>();

/** HAProxy before each service, once for each version. Its health checks speak for themselves (LOCAL). */
async function startProxy(program: string): Promise<void> {
  for (const { service, version } of services) ports.set(`${service} ${version}`, await freePort());
  const listeners = services.map(
    ({ service, version }) => `
listen ${service}-${version}
  bind 127.0.0.1:${ports.get(`${service} ${version}`)}${service === "rest" ? "\n  option httpchk GET /" : ""}
  server distsrv 127.0.0.1:${lab.port(service)} ${version} check inter 200ms`,
  );
  const file = join(scratchFolder("haproxy"), "haproxy.cfg");
  const defaults =
    "defaults\n  mode tcp\n  timeout connect 5s\n  timeout client 30s\n  timeout server 30s\n  timeout check 30s\n";
  writeFileSync(file, `${defaults}${listeners.join("")}\n`);
  const proxy = new Program([program, "-db", "-f", file], { input: "" });
  afterAll(() => proxy.kill());
  const answers = async (port: number) =>
    await fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    );
  await until(() => answers(ports.get("rest send-proxy") ?? 0));
}

if (haproxy !== undefined) await startProxy(haproxy);

const port = (service: string, version: string) => String(ports.get(`${service} ${version}`));

for (const version of ["send-proxy", "send-proxy-v2"]) {
  testWith(needs.haproxy, needs.mosquitto)(
    `${version}: behind HAProxy an MQTT client has its own address, and not the proxy's`,
    async () => {
      const client = `behind-${version}`;
      const publish = ["mosquitto_pub", "-h", "127.0.0.1", "-p", port("mqtt", version), "-t", "t", "-m", "x"];
      await output([...publish, "-A", "127.0.0.5", "-i", client]);
      await until(() => lab.log.some((line) => isFrom(line, "mqtt", "127.0.0.5")));
    },
  );

  testWith(
    needs.haproxy,
    needs.mosquitto,
    openssl,
  )(`${version}: the header comes before TLS, which the proxy only passes on`, async () => {
    const publish = ["mosquitto_pub", "-h", "127.0.0.1", "-p", port("secure", version)];
    const message = ["--cafile", authority?.cert ?? "", "-q", "1", "-t", "t", "-m", "x".repeat(50_000)];
    await output([...publish, ...message, "-A", "127.0.0.6", "-i", `tls-${version}`]);
    await until(() => lab.log.some((line) => isFrom(line, "secure", "127.0.0.6")));
  });

  testWith(needs.haproxy, needs.curl)(`${version}: curl gets its answer over HTTP`, async () => {
    const url = `http://127.0.0.1:${port("rest", version)}/add?a=2&b=3`;
    const answer = await output(["curl", "-sS", "--interface", "127.0.0.7", url]);
    expect(answer).toContain("5");
    await until(() => lab.log.some((line) => isFrom(line, "rest", "127.0.0.7")));
  });
}

testWith(needs.haproxy)(
  "health checks of the proxy, which say that they are its own, are no complaint",
  async () => {
    // Those of the other services are reset at once, often before anybody has seen them: these are requests.
    const checks = () => lab.log.filter((line) => isFrom(line, "rest", "127.0.0.1")).length;
    const before = checks();
    await until(() => checks() > before + 4);
    expect(lab.complaints()).toEqual([]);
  },
);

const isFrom = (line: object, service: string, host: string): boolean =>
  "service" in line && line.service === service && JSON.stringify(line).includes(`${host}:`);

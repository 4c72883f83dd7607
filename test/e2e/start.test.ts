import { expect, onTestFinished } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { copyBinaries, haveBinaries, testBinaries } from "../support/binaries.ts";
import { freePort } from "../support/free-port.ts";
import { startLab } from "../support/lab.ts";
import { type Outcome, run } from "../support/program.ts";

const files = haveBinaries ? copyBinaries() : { folder: "", scratch: "", distsrv: "", distcli: "" };

function runConfig(yaml: string): Promise<Outcome> {
  const config = join(files.scratch, `${crypto.randomUUID()}.yaml`);
  writeFileSync(config, yaml);
  return run([files.distsrv, "--config", config], { cwd: files.folder, cleanEnvironment: true });
}

/** A port that is in use until the test ends. */
function takenPort(): number {
  const occupant = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  onTestFinished(() => occupant.stop(true));
  return occupant.port;
}

for (const [service, settings] of [
  ["upcall", ""],
  ["time", ", threads: 2"],
  ["rest", ""],
  ["soap", ""],
  ["jsonrpc", ""],
  ["mqtt", ""],
  ["zmq-rep", ""],
] as const) {
  testBinaries(`a port in use stops the start: ${service} is named with its port, status 1`, async () => {
    const [port, before] = [takenPort(), freePort()];
    const outcome = await runConfig(`
services:
  echo: { port: ${before} }
  ${service}: { port: ${port}${settings} }
  oneway: { port: 0 }
`);
    expect(outcome.status).toBe(1);
    expect(outcome.stderr).toContain(`"${service}"`);
    expect(outcome.stderr).toContain(String(port));
    expect(outcome.stderr).toContain("in use");
    expect(outcome.stderr).toContain(`services.${service}.port`);
    expect(outcome.stdout).not.toContain("Listening");
    // The services that had started are stopped again, so their port is free.
    Bun.listen({ hostname: "127.0.0.1", port: before, socket: { data() {} } }).stop(true);
  });
}

testBinaries("a UDP port in use is reported as well", async () => {
  const occupant = await Bun.udpSocket({ hostname: "127.0.0.1", port: 0 });
  onTestFinished(() => occupant.close());
  const { status, stderr } = await runConfig(`services: { udp: { port: ${occupant.port} } }`);
  expect(status).toBe(1);
  expect(stderr).toContain(`"udp"`);
  expect(stderr).toContain(`UDP 127.0.0.1:${occupant.port}`);
});

testBinaries("a second process cannot take the port that the first one's threads share", async () => {
  const yaml = `services: { time: { port: ${freePort()}, threads: 2 } }`;
  const first = await startLab(yaml, {
    program: [files.distsrv],
    cleanEnvironment: true,
    cleanUp: onTestFinished,
  });
  const second = await runConfig(yaml);
  expect(second.status).toBe(1);
  expect(second.stderr).toContain("in use");
  expect(first.program.isRunning).toBe(true);
});

testBinaries("an address of another machine is named in the error, status 1", async () => {
  const { status, stderr } = await runConfig("services: { echo: { host: 203.0.113.7, port: 0 } }");
  expect(status).toBe(1);
  expect(stderr).toContain(`"echo"`);
  expect(stderr).toContain("203.0.113.7");
});

testBinaries("a stopped lab's ports can be reused at once, with open connections or without", async () => {
  const yaml = `services: { echo: { port: ${freePort()} }, time: { port: ${freePort()}, threads: 2 } }`;
  for (let round = 0; round < 2; round++) {
    const lab = await startLab(yaml, {
      program: [files.distsrv],
      cleanEnvironment: true,
      cleanUp: onTestFinished,
    });
    for (const service of ["echo", "time"]) {
      const socket = await Bun.connect({
        hostname: "127.0.0.1",
        port: lab.port(service),
        socket: { data() {} },
      });
      socket.write("TIME");
      onTestFinished(() => socket.terminate());
    }
    expect(await lab.stop()).toBe(0);
  }
});

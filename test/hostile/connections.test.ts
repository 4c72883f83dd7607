import { describe, expect, test } from "bun:test";
import { AttackMonitor, testDescriptorsAreBack } from "../support/attack-monitor.ts";
import { attack, attackMany } from "../support/attacker.ts";
import { expectHealthy, wholeLab } from "../support/health.ts";
import { startLab } from "../support/lab.ts";
import { until } from "../support/until.ts";

const lab = await startLab(wholeLab);
test("every service is healthy before the attacks", () => expectHealthy(lab));
const streams = lab.services.filter((service) => service !== "udp");

/** Both sides of 2,000 connections need a descriptor each, in two processes. */
const most = Math.min(2000, descriptors() - 200);
if (most < 2000) console.warn(`Only ${most} silent connections at once: ulimit -n is ${descriptors()}`);

function descriptors(): number {
  return Number(Bun.spawnSync(["sh", "-c", "ulimit -n"]).stdout.toString()) || 1024;
}

describe.each(streams)("%s", (service) => {
  test("serves others beside two thousand silent connections", async () => {
    const monitor = new AttackMonitor(lab, service);
    const silent = await attackMany(lab.port(service), most);
    await monitor.expectSurvived();
    expect(silent.filter(({ closed }) => closed).length).toBe(0);
  });

  test("survives a storm of connections that are reset at once", async () => {
    const monitor = new AttackMonitor(lab, service);
    for (let wave = 0; wave < 10; wave++) {
      for (const attacker of await attackMany(lab.port(service), 100)) attacker.socket.terminate();
    }
    await monitor.expectSurvived();
  });

  test("survives a storm of connections that send a request and are reset before the answer", async () => {
    const monitor = new AttackMonitor(lab, service);
    for (let wave = 0; wave < 5; wave++) {
      for (const attacker of await attackMany(lab.port(service), 100)) {
        attacker.socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\nTIME\r\n");
        attacker.socket.terminate();
      }
    }
    await monitor.expectSurvived();
  });
});

test("survives two hundred silent, non-reading and malformed clients on every port at once", async () => {
  const monitor = new AttackMonitor(lab, ...lab.services);
  for (const service of streams) {
    await attackMany(lab.port(service), 100);
    for (const { socket } of await attackMany(lab.port(service), 50, { neverReads: true }))
      socket.write("TIME\r\n");
    for (const { socket } of await attackMany(lab.port(service), 50)) socket.write(Buffer.alloc(2000, 0xff));
  }
  await monitor.expectSurvived();
  const late = await attack(lab.port("echo"));
  late.socket.write("halo");
  await until(() => late.head.toString() === "Echo: halo");
});

testDescriptorsAreBack(lab);

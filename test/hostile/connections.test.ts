import { describe, expect, test } from "bun:test";
import { attack, crowd } from "../support/attacker.ts";
import { expectHealthy, wholeLab } from "../support/health.ts";
import { startLab } from "../support/lab.ts";
import { Siege } from "../support/siege.ts";

const lab = await startLab(wholeLab);
test("before the attacks every service is served", () => expectHealthy(lab));
const streams = lab.services.filter((service) => service !== "udp");

/** Both sides of 2,000 connections need a descriptor each, in two processes. */
const most = Math.min(2000, descriptors() - 200);
if (most < 2000) console.warn(`Only ${most} silent connections at once: ulimit -n is ${descriptors()}`);

function descriptors(): number {
  return Number(Bun.spawnSync(["sh", "-c", "ulimit -n"]).stdout.toString()) || 1024;
}

describe.each(streams)("%s", (service) => {
  test("serves others beside two thousand connections that say nothing", async () => {
    const siege = new Siege(lab);
    const silent = await crowd(lab.port(service), most);
    await siege.survived();
    expect(silent.filter(({ closed }) => closed).length).toBe(0);
  });

  test("survives a storm of connections that are reset at once", async () => {
    const siege = new Siege(lab);
    for (let wave = 0; wave < 10; wave++) {
      for (const attacker of await crowd(lab.port(service), 100)) attacker.socket.terminate();
    }
    await siege.survived();
  });

  test("survives a storm of connections that say something and are reset before the answer", async () => {
    const siege = new Siege(lab);
    for (let wave = 0; wave < 5; wave++) {
      for (const attacker of await crowd(lab.port(service), 100)) {
        attacker.socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\nTIME\r\n");
        attacker.socket.terminate();
      }
    }
    await siege.survived();
  });
});

test("all of them at once: two hundred silent, deaf and garbled clients on every port", async () => {
  const siege = new Siege(lab);
  for (const service of streams) {
    await crowd(lab.port(service), 100);
    for (const { socket } of await crowd(lab.port(service), 50, { deaf: true })) socket.write("TIME\r\n");
    for (const { socket } of await crowd(lab.port(service), 50)) socket.write(Buffer.alloc(2000, 0xff));
  }
  await siege.survived();
  const late = await attack(lab.port("echo"));
  late.socket.write("halo");
  await siege.survived();
  expect(late.head.toString()).toBe("Echo: halo");
});

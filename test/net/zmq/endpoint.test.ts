import { describe, expect, test } from "bun:test";
import {
  checkEndpoint,
  connectsOverIpv6,
  formatTcpEndpoint,
  needsIpv6,
  parseTcpEndpoint,
  resolveBindEndpoint,
} from "../../../src/net/zmq/endpoint.ts";
import { rejects } from "../../support/rejects.ts";

describe("an endpoint", () => {
  test.each([
    ["tcp://127.0.0.1:5555", { host: "127.0.0.1", port: 5555 }],
    ["tcp://lab.example:0", { host: "lab.example", port: 0 }],
    ["tcp://*:*", { host: "*", port: 0 }],
    ["tcp://[::1]:5555", { host: "::1", port: 5555 }],
    ["tcp://[fe80::1%eth0]:5555", { host: "fe80::1%eth0", port: 5555 }],
  ])("%s has a host and a port", (endpoint, expected) => {
    expect(parseTcpEndpoint(endpoint)).toEqual(expected);
  });

  test.each([
    "tcp://127.0.0.1",
    "tcp://:5555",
    "tcp://a:65536",
    "tcp://::1:5555",
    "udp://a:1",
    "ipc://",
    "",
    "a:1",
  ])("%p is none", (endpoint) => {
    expect(() => checkEndpoint(endpoint)).toThrow(`and is ${JSON.stringify(endpoint)}`);
  });

  test.each([
    ["tcp://[::1]:5", [], true],
    ["tcp://127.0.0.1:5", [6], false],
    ["ipc:///tmp/lab.sock", [6], false],
    ["tcp://lab:5", [6], true],
    ["tcp://lab:5", [6, 4], false],
    ["tcp://lab:5", [], false],
  ])("%s with addresses of the families %p needs IPv6 to connect: %p", async (endpoint, families, needs) => {
    const resolve = async () => families.map((family) => ({ family }));
    expect(await connectsOverIpv6(endpoint, resolve)).toBe(needs);
  });

  test("of a name that nobody knows is left to libzmq, which asks again", async () => {
    expect(await connectsOverIpv6("tcp://no-such-host.invalid:5")).toBe(false);
  });

  test("is written with brackets around IPv6, and needs it switched on", () => {
    expect(formatTcpEndpoint({ host: "::1", port: 1 })).toBe("tcp://[::1]:1");
    expect(needsIpv6("tcp://[::1]:1")).toBe(true);
    expect(needsIpv6("tcp://127.0.0.1:1")).toBe(false);
    expect(needsIpv6("ipc:///tmp/a:b")).toBe(false);
  });

  test("is bound by address: names are resolved, the rest is left to libzmq", async () => {
    expect(await resolveBindEndpoint("tcp://localhost:5")).toMatch(/^tcp:\/\/(127\.0\.0\.1|\[::1\]):5$/);
    for (const endpoint of ["tcp://*:5", "tcp://0.0.0.0:5", "tcp://lo:5", "ipc:///tmp/x"]) {
      expect(await resolveBindEndpoint(endpoint)).toBe(endpoint);
    }
    await rejects(resolveBindEndpoint("tcp://no-such-host.invalid:5"));
  });
});

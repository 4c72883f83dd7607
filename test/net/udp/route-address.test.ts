import { expect, test } from "bun:test";
import { networkInterfaces } from "node:os";
import { RouteAddresses } from "../../../src/net/udp/route-address.ts";

const loopbacks = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
const hasIpv6 = loopbacks.some(({ address }) => address === "::1");
const canAsk = process.platform !== "win32";

test.if(canAsk)("the loopback's peers meet the loopback, those of an own address that address", () => {
  const routes = new RouteAddresses();
  expect(routes.to("127.0.0.1")).toBe("127.0.0.1");
  for (const { address, family, internal } of loopbacks)
    if (family === "IPv4" && !internal) expect(routes.to(address)).toBe(address);
});

test.if(canAsk && hasIpv6)("IPv6 has its own", () => {
  expect(new RouteAddresses().to("::1")).toBe("::1");
});

test("what is no address, and what only its zone makes one, has none", () => {
  const routes = new RouteAddresses();
  expect(routes.to("localhost")).toBeUndefined();
  expect(routes.to("fe80::1%nowhere")).toBeUndefined();
});

test("so many peers are known and no more, and routes are asked again after a while", () => {
  let now = 0;
  const routes = new RouteAddresses(() => now);
  for (let peer = 0; peer < 3000; peer++) routes.to(`127.0.${peer >> 8}.${peer & 255}`);
  expect(routes.size).toBeLessThanOrEqual(1024);
  now = 60_000;
  routes.to("127.0.0.1");
  expect(routes.size).toBe(1);
});

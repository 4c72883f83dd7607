import { expect, test } from "bun:test";
import { knownServices, recordedServices } from "../../../src/cli/capture/services.ts";
import type { Cli, ExpectedService } from "../../../src/cli/program/command.ts";
import { labServices } from "../../../src/protocol/analysis/service-ports.ts";

const cliWith = (services: readonly ExpectedService[]) =>
  ({ readServices: async () => services }) as unknown as Cli;

test("those of a configuration take the place of the lab's of the same name, each with all its ports", async () => {
  const known = await knownServices(
    cliWith([
      {
        ...{ service: "mqtt", role: "mqtt", host: "::", port: 1884 },
        listeners: [
          { port: 1884, transport: "tcp" },
          { port: 8083, transport: "ws" },
        ],
      },
      { service: "gema", role: "echo", host: "::", port: 7000, isSecure: true },
      { service: "nanti", role: "echo", host: "::", port: 0 },
    ]),
    "lab.yaml",
  );
  expect(known).toEqual([
    ...labServices.filter(({ name }) => name !== "mqtt"),
    { name: "mqtt", role: "mqtt", port: 1884, transport: "tcp" },
    { name: "mqtt", role: "mqtt", port: 8083, transport: "ws" },
    { name: "gema", role: "echo", port: 7000, transport: "tls" },
  ]);
});

test("of a service that distsrv lists every port counts, and no path of a Unix socket", () => {
  const listed = {
    ...{ state: "running", transport: "tcp", uptime: 1, restarts: 0, error: null, clients: 0, problems: [] },
  };
  expect(
    recordedServices([
      {
        ...listed,
        name: "mqtt",
        role: "mqtt",
        addresses: ["0.0.0.0:1883", "[::1]:8083", "/run/a:1/mqtt:99"],
      },
      { ...listed, name: "mati", role: "echo", state: "stopped", addresses: [] },
      { ...listed, name: "udp", role: "udp", addresses: ["127.0.0.1:12345"] },
    ]),
  ).toEqual([
    { name: "mqtt", role: "mqtt", port: 1883 },
    { name: "mqtt", role: "mqtt", port: 8083 },
    { name: "udp", role: "udp", port: 12345 },
  ]);
});

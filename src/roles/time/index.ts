import { exampleCommand, labPorts } from "../../core/ports.ts";
import type { Role } from "../../core/role.ts";
import { tlsRole } from "../../net/tcp/tls-role.ts";
import { type TimeConfig, timeConfig } from "./config.ts";
import { startTime } from "./service.ts";

export const time: Role<TimeConfig> = {
  name: "time",
  summary: "TCP: answers TIME with the time of day, from real threads on one port",
  config: timeConfig,
  example: (_, [address]) => exampleCommand("time", address, labPorts.time),
  threads: (config) => config.threads,
  ...tlsRole,
  start: startTime,
};

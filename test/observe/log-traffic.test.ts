import { expect, test } from "bun:test";
import type { Logger } from "../../src/core/log.ts";
import type { TrafficEvent } from "../../src/core/traffic.ts";
import { logTraffic } from "../../src/observe/log-traffic.ts";

const conversation = {
  id: "zmq-pub#1",
  service: "zmq-pub",
  transport: "zmq",
  local: "127.0.0.1:12345",
  remote: "",
} as const;

function logged(event: TrafficEvent): string[] {
  const lines: string[] = [];
  const at = (level: string) => (text: string) => void lines.push(`${level} ${text}`);
  const logger: Logger = { debug: at("debug"), info: at("info"), warning: at("warning"), error: at("error") };
  logTraffic(() => logger, 10).observe(event);
  return lines;
}

test("what a service sends by its own clock is logged at debug, everything else at info", () => {
  const message = { kind: "message", conversation, direction: "out", text: "Published: WAKTU" } as const;
  expect(logged({ ...message, isScheduled: true })).toEqual(["debug Published: WAKTU"]);
  expect(logged(message)).toEqual(["info Published: WAKTU"]);
  expect(logged({ kind: "open", conversation })).toEqual(["info Client connected"]);
});

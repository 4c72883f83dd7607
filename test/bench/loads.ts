import type { Load } from "./case.ts";
import { type ProgramOptions, program } from "./load.ts";
import { zmqHeaders } from "./machine.ts";

const native = (
  name: string,
  make: (port: number, seconds: number) => readonly unknown[],
  options?: ProgramOptions,
): Load => program(name, async (port, seconds) => make(port, seconds), options);

/** One request outstanding on each connection; in `reply`, # stands for any digit. */
export const roundTrips = (connections: number, request: string, reply: string): Load =>
  native("tcp-roundtrip", (port, seconds) => [port, connections, seconds, request, reply]);

/** The same load while a UDP service beside the server, if it has one, gets so many datagrams a second. */
export const underDatagrams = (load: Load, rate: number): Load => ({
  needs: load.needs,
  async measure(server, seconds, workshop) {
    const port = server.ports?.get("udp");
    if (port === undefined) return load.measure(server, seconds, workshop);
    const path = await workshop.program("load/udp-flood.c");
    const flood = Bun.spawn([path, String(port), String(rate), "64"], { stdin: "pipe", stderr: "inherit" });
    try {
      return await load.measure(server, seconds, workshop);
    } finally {
      flood.stdin.end();
      await flood.exited;
    }
  },
});

export const oneWay = (connections: number, bytes: number): Load =>
  native("tcp-oneway", (port, seconds) => [port, connections, seconds, bytes]);

export interface Exchange {
  readonly request: string;
  /** Must stand in the body of the reply. */
  readonly expected: string;
}

/** The exchanges are used in turn, so that no server can answer from a cache alone. */
export const http = (connections: number, exchanges: readonly Exchange[]): Load =>
  program("http", async (port, seconds, file) => {
    const records = exchanges.map(
      ({ request, expected }) =>
        `${Buffer.byteLength(request)} ${Buffer.byteLength(expected)}\n${request}${expected}`,
    );
    return [port, connections, seconds, await file(records.join(""))];
  });

/** @param window requests under way on each socket; 1: as a REQ socket does it */
export const zmqRequests = (sockets: number, window: number): Load =>
  native("zmq-req", (port, seconds) => [`tcp://127.0.0.1:${port}`, sockets, window, seconds, "World"], {
    needs: [zmqHeaders],
  });

export const zmqPull: Load = native("zmq-pull", (port, seconds) => [`tcp://127.0.0.1:${port}`, seconds], {
  needs: [zmqHeaders],
});

export interface MqttWork {
  readonly publishers: number;
  readonly subscribers: number;
  readonly mode: "fan" | "pair";
  readonly qos: 0 | 1 | 2;
  /** Bytes of a payload. */
  readonly payload?: number;
  /** The most unacknowledged messages of a QoS 1 or 2 publisher. */
  readonly window?: number;
  /** Messages a second of all publishers together; absent: as fast as it goes. */
  readonly rate?: number;
  /** The subscribers' sessions outlive their connections. */
  readonly isLasting?: boolean;
}

export function mqtt(work: MqttWork): Load {
  const { publishers, subscribers, mode, qos, payload = 64, window = 100, rate = 0, isLasting } = work;
  const pace = [...(rate > 0 || isLasting ? [rate] : []), ...(isLasting ? ["lasting"] : [])];
  return native("mqtt", (port, seconds) => {
    return [port, publishers, subscribers, mode, qos, payload, window, seconds, ...pace];
  });
}

/** The cost of other subscriptions. */
export const mqttMatch = (subscriptions: number): Load =>
  native("mqtt-match", (port, seconds) => [port, subscriptions, 100, seconds], { timeout: 600 });

/** The cost of many topics in turn. */
export const mqttTopics = (topics: number): Load =>
  native("mqtt-topics", (port, seconds) => [port, topics, seconds]);

export const mqttRetained = (messages: number): Load =>
  native("mqtt-retained", (port) => [port, messages], { timeout: 600 });

export interface Login {
  readonly user: string;
  readonly password: string;
}

/** All connect at once. With a login they come twice, and the second time counts. */
export const mqttStorm = (clients: number, login?: Login): Load =>
  native("mqtt-storm", (port) => [
    port,
    clients,
    ...(login === undefined ? [] : [login.user, login.password]),
  ]);

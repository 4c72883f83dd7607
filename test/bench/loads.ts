import type { Load } from "./case.ts";
import { gcc, zmqHeaders } from "./machine.ts";

const native = (program: string, make: (port: number, seconds: number) => readonly unknown[]): Load => ({
  program,
  needs: [gcc],
  arguments: async (port, seconds) => make(port, seconds).map(String),
});

/** One request outstanding on each connection; in `reply`, # stands for any digit. */
export const roundTrips = (connections: number, request: string, reply: string): Load =>
  native("tcp-roundtrip", (port, seconds) => [port, connections, seconds, request, reply]);

export const oneWay = (connections: number, bytes: number): Load =>
  native("tcp-oneway", (port, seconds) => [port, connections, seconds, bytes]);

export interface Exchange {
  readonly request: string;
  /** Must stand in the body of the reply. */
  readonly expected: string;
}

/** The exchanges are taken in turn, so that no server can answer from memory alone. */
export const http = (connections: number, exchanges: readonly Exchange[]): Load => ({
  program: "http",
  needs: [gcc],
  async arguments(port, seconds, workshop) {
    const records = exchanges.map(
      ({ request, expected }) =>
        `${Buffer.byteLength(request)} ${Buffer.byteLength(expected)}\n${request}${expected}`,
    );
    return [port, connections, seconds, await workshop.file(records.join(""))].map(String);
  },
});

export interface MqttWork {
  readonly publishers: number;
  readonly subscribers: number;
  readonly mode: "fan" | "pair";
  readonly qos: 0 | 1;
}

export const mqtt = ({ publishers, subscribers, mode, qos }: MqttWork): Load =>
  native("mqtt", (port, seconds) => [port, publishers, subscribers, mode, qos, 64, 100, seconds]);

/** @param window requests under way on each socket; 1: as a REQ socket does it */
export const zmqRequests = (sockets: number, window: number): Load => ({
  ...native("zmq-req", (port, seconds) => [`tcp://127.0.0.1:${port}`, sockets, window, seconds, "World"]),
  needs: [gcc, zmqHeaders],
});

export const zmqPull: Load = {
  ...native("zmq-pull", (port, seconds) => [`tcp://127.0.0.1:${port}`, seconds]),
  needs: [gcc, zmqHeaders],
};

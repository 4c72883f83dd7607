import { z } from "zod";
import { byteSize, duration } from "../../core/schema.ts";
import { admissionFields } from "../tcp/admission-config.ts";
import { checkEndpoint } from "./endpoint.ts";

const endpoint = z.string().superRefine((value, context) => {
  try {
    checkEndpoint(value);
  } catch (error) {
    context.addIssue({ code: "custom", message: error instanceof Error ? error.message : String(error) });
  }
});

/** What the configuration of every ZeroMQ role has in common. */
export const zmqFields = {
  bind: z
    .array(endpoint)
    .default([])
    .describe("Endpoints to listen on instead of host and port, such as tcp://0.0.0.0:5555 or ipc:///tmp/x."),
  connect: z
    .array(endpoint)
    .default([])
    .describe("Endpoints of peers to connect to, again and again; with these alone, nothing listens."),
  sendHighWater: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(1000)
    .describe("Messages that may wait for one peer to read them, as with ZMQ_SNDHWM."),
  receiveHighWater: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(1000)
    .describe("Messages of one peer that may wait for this service, as with ZMQ_RCVHWM."),
  maxMessageSize: byteSize("16MiB").describe("A peer that sends a larger message is disconnected."),
  maxBuffered: byteSize("24MiB").describe(
    "Memory for all peers together: unfinished messages, requests that wait, messages that are not read. Past it the " +
      "peer that has been holding longest is disconnected.",
  ),
  messageTimeout: duration("1m", { min: "100ms", max: "24h" }).describe(
    "A peer that has begun a message and not ended it so long after is disconnected.",
  ),
  maxConnections: z.int().min(1).default(10_000).describe("Peers at once; more are closed as they come."),
  ...admissionFields,
  linger: duration("1s", { max: "1h" }).describe(
    "At a stop, how long messages already sent may take to leave; the stop's own deadline holds as well.",
  ),
  handshakeTimeout: duration("30s", { min: "100ms", max: "1h" }).describe(
    "A connection that has not completed its ZMTP handshake by then is closed.",
  ),
  heartbeat: duration("0s", { max: "60s" }).describe(
    "How often silent peers are pinged (ZMTP heartbeat); a peer that does not answer is dropped. 0 for never.",
  ),
};

export interface ZmqConfig {
  readonly host: string;
  readonly port: number;
  readonly bind: readonly string[];
  readonly connect: readonly string[];
  readonly sendHighWater: number;
  readonly receiveHighWater: number;
  readonly maxMessageSize: number;
  readonly maxBuffered: number;
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  readonly maxConnectRate: number;
  /** Milliseconds, as the following. */
  readonly linger: number;
  readonly messageTimeout: number;
  readonly handshakeTimeout: number;
  readonly heartbeat: number;
}

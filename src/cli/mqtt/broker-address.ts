import { readFileSync } from "node:fs";
import { InvalidArgumentError } from "@commander-js/extra-typings";
import { describeError } from "../../core/errors.ts";
import { labPorts } from "../../core/ports.ts";
import { UsageError } from "../program/errors.ts";
import { hostName } from "../program/options.ts";
import type { Peer } from "../program/peer.ts";

/** Where a broker is, and over which protocol; absent: MQTT over TCP. */
export interface Broker extends Peer {
  readonly protocol?: Protocol;
  /** The path of a WebSocket. */
  readonly path?: string;
  /** Authorities to trust, in PEM, instead of the system's. */
  readonly ca?: string;
  /** Accept any certificate. */
  readonly insecure?: boolean;
}

type Protocol = "mqtt" | "mqtts" | "ws" | "wss";

const defaultPorts: Readonly<Record<Protocol, number>> = {
  mqtt: labPorts.mqtt,
  mqtts: 8883,
  ws: 80,
  wss: 443,
};

/** Parses an option: a name, an address, or a URL such as ws://172.16.16.101:8083/mqtt. */
export function brokerName(value: string): string {
  if (!value.includes("://")) return hostName(value);
  if (readUrl(value) !== undefined) return value;
  throw new InvalidArgumentError(
    "A broker's URL is mqtt://HOST[:PORT], mqtts://HOST[:PORT], ws://HOST[:PORT][/PATH] or wss://HOST[:PORT][/PATH].",
  );
}

interface BrokerOptions {
  readonly port?: number | undefined;
  readonly cafile?: string | undefined;
  readonly insecure?: true | undefined;
}

/**
 * The broker for a name and the options. As with Mosquitto's clients, --cafile means TLS.
 * @throws {UsageError} when the CA file cannot be read
 */
export function brokerAt(name: string, { port, cafile, insecure }: BrokerOptions): Broker {
  const plain = { protocol: cafile === undefined ? "mqtt" : "mqtts", host: name, port: undefined } as const;
  const url = readUrl(name) ?? plain;
  return {
    ...url,
    port: port ?? url.port ?? defaultPorts[url.protocol],
    ...(cafile !== undefined && { ca: readAuthorities(cafile) }),
    ...(insecure && { insecure }),
  };
}

function readUrl(text: string) {
  const [, protocol, host = "", port, path] =
    /^(mqtts?|wss?):\/\/(\[[0-9a-fA-F:.]+\]|[^\s/:@[\]]+)(?::(\d{1,5}))?(\/\S*)?$/.exec(text) ?? [];
  if (protocol === undefined || Number(port ?? 1) > 65_535 || Number(port ?? 1) < 1) return undefined;
  const isSocket = protocol.startsWith("ws");
  if (!isSocket && path !== undefined && path !== "/") return undefined;
  return {
    protocol: protocol as Protocol,
    host: host.replace(/^\[(.*)\]$/, "$1"),
    port: port === undefined ? undefined : Number(port),
    ...(isSocket && { path: path ?? "/mqtt" }),
  };
}

function readAuthorities(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new UsageError(`Cannot read --cafile ${file}: ${describeError(cause)}`, { cause });
  }
}

import { InvalidArgumentError } from "@commander-js/extra-typings";
import { labPorts } from "../../core/ports.ts";
import { hostName } from "../program/options.ts";
import type { Peer } from "../program/peer.ts";
import { readTlsFiles, type TlsFileOptions } from "../program/peer-tls.ts";

/** Where a broker is, and over which protocol; absent: MQTT over TCP. */
export interface Broker extends Peer {
  readonly protocol?: Protocol | "unix";
  /** The path of a WebSocket, or of a Unix socket, which then is the host, too. */
  readonly path?: string;
}

type Protocol = "mqtt" | "mqtts" | "ws" | "wss";

const secure: ReadonlySet<Protocol> = new Set(["mqtts", "wss"]);

const defaultPorts: Readonly<Record<Protocol, number>> = {
  mqtt: labPorts.mqtt,
  mqtts: 8883,
  ws: 80,
  wss: 443,
};

/** Parses an option: a name, an address, or a URL such as ws://172.16.16.101:8083/mqtt. */
export function brokerName(value: string): string {
  if (!value.includes("://")) return hostName(value);
  if (readUrl(value) !== undefined || socketPath(value) !== undefined) return value;
  throw new InvalidArgumentError(
    "A broker's URL is mqtt://HOST[:PORT], mqtts://HOST[:PORT], ws://HOST[:PORT][/PATH], wss://HOST[:PORT][/PATH] or unix:///PATH.",
  );
}

interface BrokerOptions extends TlsFileOptions {
  readonly port?: number | undefined;
}

/**
 * The broker for a name and the options. As with Mosquitto's clients, --cafile and --cert mean TLS.
 * @throws {UsageError} when one of the files cannot be read
 */
export function brokerAt(name: string, { port, ...files }: BrokerOptions): Broker {
  const path = socketPath(name);
  if (path !== undefined) return { protocol: "unix", host: path, port: 0, path };
  const isSecure = files.cafile !== undefined || files.cert !== undefined;
  const plain = { protocol: isSecure ? "mqtts" : "mqtt", host: name, port: undefined } as const;
  const url = readUrl(name) ?? plain;
  return {
    ...url,
    port: port ?? url.port ?? defaultPorts[url.protocol],
    ...(secure.has(url.protocol) && { tls: readTlsFiles(files) }),
  };
}

/** The path of the Unix socket that unix:///run/distsrv/mqtt.sock names. */
const socketPath = (text: string): string | undefined => /^unix:\/\/(\/[^\0]+)$/.exec(text)?.[1];

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

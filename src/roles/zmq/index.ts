import { type Address, formatAddress } from "../../core/address.ts";
import type { Role } from "../../core/role.ts";
import { portClaims } from "../../net/zmq/bind.ts";
import { formatTcpEndpoint, parseTcpEndpoint } from "../../net/zmq/endpoint.ts";
import {
  type ZmqPubConfig,
  type ZmqPushConfig,
  type ZmqRepConfig,
  zmqPubConfig,
  zmqPushConfig,
  zmqRepConfig,
} from "./config.ts";
import { startPub } from "./pub-service.ts";
import { startPush } from "./push-service.ts";
import { startRep } from "./rep-service.ts";

export const zmqRep: Role<ZmqRepConfig> = {
  name: "zmq-rep",
  summary: "ZeroMQ REP: answers each request",
  config: zmqRepConfig,
  example: (_, addresses) => `distcli zmq req ${exampleEndpoint(addresses)} Hello`,
  ports: portClaims,
  movedEndpoints,
  start: startRep,
};

export const zmqPush: Role<ZmqPushConfig> = {
  name: "zmq-push",
  summary: "ZeroMQ PUSH: deals out workloads to workers",
  config: zmqPushConfig,
  example: (_, addresses) => `distcli zmq pull ${exampleEndpoint(addresses)} --worker 1`,
  ports: portClaims,
  movedEndpoints,
  start: startPush,
};

export const zmqPub: Role<ZmqPubConfig> = {
  name: "zmq-pub",
  summary: "ZeroMQ PUB: publishes to whoever subscribes",
  config: zmqPubConfig,
  example: (_, addresses) => `distcli zmq sub ${exampleEndpoint(addresses)}`,
  ports: portClaims,
  movedEndpoints,
  start: startPub,
};

/** What a service connects to is another program's, and stays. */
function movedEndpoints<C extends { readonly bind: readonly string[] }>(config: C, offset: number): C {
  return { ...config, bind: config.bind.map((endpoint) => movedEndpoint(endpoint, offset)) };
}

function movedEndpoint(endpoint: string, offset: number): string {
  const tcp = parseTcpEndpoint(endpoint);
  if (tcp === undefined || tcp.port === 0) return endpoint;
  const port = tcp.port + offset;
  if (port <= 65_535) return formatTcpEndpoint({ ...tcp, port });
  throw new Error(
    `with --port-offset ${offset} the port of ${endpoint} is ${port}, and the highest port is 65535`,
  );
}

/** The endpoint in the example command; a placeholder for a service that only connects. */
function exampleEndpoint([address]: readonly Address[]): string {
  return address === undefined ? "ENDPOINT" : `${address.transport}://${formatAddress(address)}`;
}

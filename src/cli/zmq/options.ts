import { InvalidArgumentError } from "@commander-js/extra-typings";
import { checkEndpoint, formatTcpEndpoint } from "../../net/zmq/endpoint.ts";

/**
 * A parser for an endpoint: `tcp://HOST:PORT`, `ipc://PATH`, or as with the other commands just `HOST` or
 * `HOST:PORT`.
 */
export function endpointOf(defaultPort: number): (value: string) => string {
  return (value) => {
    const endpoint = value.includes("://") ? value : fromHost(value, defaultPort);
    try {
      checkEndpoint(endpoint);
    } catch {
      throw new InvalidArgumentError(
        "An endpoint is written tcp://172.16.16.101:5555 or ipc:///tmp/lab.sock, or just as a host.",
      );
    }
    return endpoint;
  };
}

function fromHost(value: string, defaultPort: number): string {
  const host = value.replace(/^\[|\]$/g, "");
  const isHost = host.split(":").length !== 2; // one colon stands before a port, more make an IPv6 address
  return isHost ? formatTcpEndpoint({ host, port: defaultPort }) : `tcp://${value}`;
}

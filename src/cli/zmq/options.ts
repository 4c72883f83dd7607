import { InvalidArgumentError } from "@commander-js/extra-typings";
import { checkEndpoint, formatTcpEndpoint } from "../../net/zmq/endpoint.ts";
import { baseCommand, type CommandHelp } from "../program/command.ts";

/** The options of every `distcli zmq` command. */
export interface ZmqOptions {
  readonly bind?: true | undefined;
  readonly connect?: true | undefined;
  /** Wait for a peer that is not there yet. */
  readonly patient?: true | undefined;
}

/** A command whose first argument is an endpoint. */
export function zmqCommand(help: CommandHelp & { readonly port: number }) {
  const parse = endpointParser(help.port);
  return baseCommand(help)
    .argument("[endpoint]", "tcp://HOST:PORT, ipc://PATH, or a host", parse, parse("127.0.0.1"))
    .option("--bind", "listen at the endpoint")
    .option("--connect", "connect to the endpoint")
    .option("--patient", "wait for a peer that is not there yet");
}

/** A parser for `tcp://HOST:PORT` and `ipc://PATH`, and for `HOST` and `HOST:PORT` as in the other commands. */
function endpointParser(defaultPort: number): (value: string) => string {
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
  const isHost = host.split(":").length !== 2; // one colon separates a port, more make an IPv6 address
  return isHost ? formatTcpEndpoint({ host, port: defaultPort }) : `tcp://${value}`;
}

import type { Address } from "./address.ts";

/**
 * The lab's services and the ports its exercises print. Roles take their default from here, and the client
 * names the service that usually listens on a port that refused it.
 */
export const labPorts = {
  mqtt: 1883,
  echo: 2222,
  oneway: 3131,
  jsonrpc: 4000,
  upcall: 4141,
  rest: 5151,
  "zmq-rep": 5555,
  soap: 8000,
  "zmq-push": 9999,
  "raw-echo": 10000,
  udp: 12345,
  "zmq-pub": 12345,
  "file-echo": 32444,
  time: 45000,
} as const satisfies Record<string, number>;

export type LabService = keyof typeof labPorts;

/** The services of the lab that listen on `port`: 12345 has a TCP and a UDP one. */
export function labServicesOn(port: number): LabService[] {
  return (Object.keys(labPorts) as LabService[]).filter((name) => labPorts[name] === port);
}

/** Whether several threads can listen on one port (SO_REUSEPORT). On Windows each service has one thread at most. */
export const canSharePort = process.platform !== "win32";

/** The example command for a service: `distcli time 127.0.0.1`, with `-p` where the port is not the lab's own. */
export function exampleCommand(
  command: string,
  address: Address | undefined,
  usualPort: number,
  rest = "",
): string {
  const port = address === undefined || address.port === usualPort ? "" : ` -p ${address.port}`;
  return `distcli ${command} ${address?.host ?? "HOST"}${port}${rest === "" ? "" : ` ${rest}`}`;
}

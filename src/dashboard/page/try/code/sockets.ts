import type { TryAddress } from "../../api/types.ts";
import { pythonBytes, scriptBytes, stringLiteral } from "./quote.ts";

/** Bytes to send, and what one does then. */
export interface Exchange {
  readonly bytes: Uint8Array;
  /** The sending side is closed: no answer is expected before the other side closes. */
  readonly finish: boolean;
}

export function pythonSocketOf({ bytes, finish }: Exchange, { transport, host, port }: TryAddress): string {
  const peer = `(${stringLiteral(host)}, ${port})`;
  if (transport === "udp")
    return [
      "import socket",
      "",
      `family = socket.AF_INET6 if ":" in ${stringLiteral(host)} else socket.AF_INET`,
      "with socket.socket(family, socket.SOCK_DGRAM) as client:",
      "    client.settimeout(5)",
      `    client.sendto(${pythonBytes(bytes)}, ${peer})`,
      "    print(client.recv(65535).decode())",
      "",
    ].join("\n");
  return [
    "import socket",
    "",
    `with socket.create_connection(${peer}, timeout=5) as client:`,
    `    client.sendall(${pythonBytes(bytes)})`,
    ...(finish ? ["    client.shutdown(socket.SHUT_WR)"] : []),
    `    print(client.recv(65536).decode(errors="replace"))`,
    "",
  ].join("\n");
}

export function scriptSocketOf({ bytes, finish }: Exchange, { transport, host, port }: TryAddress): string {
  if (transport === "udp")
    return [
      'import dgram from "node:dgram";',
      "",
      `const client = dgram.createSocket(${stringLiteral(host.includes(":") ? "udp6" : "udp4")});`,
      'client.on("message", (reply) => {',
      "  console.log(reply.toString());",
      "  client.close();",
      "});",
      `client.send(${scriptBytes(bytes)}, ${port}, ${stringLiteral(host)});`,
      "",
    ].join("\n");
  return [
    'import net from "node:net";',
    "",
    `const client = net.connect(${port}, ${stringLiteral(host)});`,
    'client.on("data", (reply) => {',
    "  console.log(reply.toString());",
    "  client.end();",
    "});",
    `client.${finish ? "end" : "write"}(${scriptBytes(bytes)});`,
    "",
  ].join("\n");
}

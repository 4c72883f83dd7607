import { isLoopback } from "../../core/address.ts";
import type { AdminPeer } from "../admin/options.ts";
import { type ListedService, listServices } from "../admin/services.ts";
import type { ExpectedService } from "../program/command.ts";
import type { CommandContext } from "../program/command-context.ts";

/** The services that a running distsrv has, on the ports that they really have. @throws {PeerError} without an answer */
export async function runningServices(context: CommandContext, peer: AdminPeer): Promise<ExpectedService[]> {
  const all = await listServices(context, peer);
  return all.map((service) => asExpected(service, peer.host));
}

/** @param host where the admin service was found, and so the others, too */
function asExpected(
  { name, role, state, transport, addresses, error }: ListedService,
  host: string,
): ExpectedService {
  const [, address = "", port] = /^\[?([^[\]]*)\]?:(\d+)$/.exec(addresses[0] ?? "") ?? [];
  const isAny = address === "0.0.0.0" || address === "::";
  // From another machine its loopback cannot be reached anyway: the host that was given is the better guess.
  const isOwn = isLoopback(host) && !isAny && address !== "";
  const where = { service: name, role, host: isOwn ? address : host, port: Number(port ?? 0) };
  if (state === "stopped") return { ...where, known: { state: "skipped", why: "stopped by hand" } };
  if (state !== "running") {
    const why = `distsrv says: ${state}${error === null ? "" : ` (${error})`}`;
    return { ...where, known: { state: "failed", why } };
  }
  if (port === undefined || !["tcp", "tls", "udp"].includes(transport)) {
    return { ...where, known: { state: "skipped", why: `no check over ${transport}` } };
  }
  return { ...where, ...(transport === "tls" && { isSecure: true }) };
}

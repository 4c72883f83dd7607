import { nearest } from "../../core/nearest.ts";
import { type ListeningService, labServices } from "../../protocol/analysis/service-ports.ts";
import { maxPorts, type PortFilter } from "../../protocol/bpf/port-filter.ts";
import type { ListedService } from "../admin/services.ts";
import type { Cli, ExpectedService } from "../program/command.ts";
import { UsageError } from "../program/errors.ts";

/**
 * The lab's services, and those of a configuration, whose names and ports go before.
 * @throws {UsageError} when the file cannot be used
 */
export async function knownServices(cli: Cli, config?: string): Promise<ListeningService[]> {
  if (config === undefined) return [...labServices];
  const expected = await expectedServices(cli, config);
  const names = new Set(expected.map(({ service }) => service));
  const named = expected.flatMap(listenersOf);
  return [...labServices.filter(({ name }) => !names.has(name)), ...named.filter(({ port }) => port > 0)];
}

/** A service for each of its ports. */
function listenersOf({ service, role, port, isSecure, listeners }: ExpectedService): ListeningService[] {
  const ports = listeners ?? [{ port, transport: isSecure ? ("tls" as const) : undefined }];
  return ports.map((each) => ({ name: service, role, ...each }));
}

/**
 * Those of a configuration, and no others, with the first port of each; it is 0 where it is not known.
 * @throws {UsageError} when the file cannot be used
 */
export async function configuredServices(cli: Cli, config: string): Promise<ListeningService[]> {
  return (await expectedServices(cli, config)).map(({ service, role, port }) => ({
    name: service,
    role,
    port,
  }));
}

async function expectedServices({ readServices }: Cli, config: string): Promise<readonly ExpectedService[]> {
  if (readServices === undefined) throw new UsageError("--config is not available here");
  return await readServices(config);
}

/**
 * Those that a running distsrv lists, as a recording has them: without TLS and without a WebSocket's frames. A service on
 * a Unix socket has no port.
 */
export const recordedServices = (listed: readonly ListedService[]): ListeningService[] =>
  listed.flatMap(({ name, role, addresses }) =>
    addresses.flatMap((address) => {
      const [, port] = /^[^/].*:(\d{1,5})$/.exec(address) ?? [];
      return port === undefined ? [] : [{ name, role, port: Number(port) }];
    }),
  );

/**
 * Those with these names; without names all of them.
 * @throws {UsageError} for a name that none has
 */
export function chosenServices(
  services: readonly ListeningService[],
  names: readonly string[],
): readonly ListeningService[] {
  const known = [...new Set(services.map(({ name }) => name))];
  for (const name of names) {
    if (known.includes(name)) continue;
    const close = nearest(name, known);
    const hint = close === undefined ? `there are ${known.join(", ")}` : `did you mean ${close}?`;
    throw new UsageError(`There is no service ${name}: ${hint}`);
  }
  return names.length === 0 ? services : services.filter(({ name }) => names.includes(name));
}

/** @param ports others, of either transport. @throws {UsageError} when there are too many */
export function filterFor(
  services: readonly ListeningService[],
  ports: readonly number[],
  hasArp: boolean,
): PortFilter {
  const of = (isUdp: boolean) => [
    ...new Set([
      ...services.filter(({ role }) => (role === "udp") === isUdp).map(({ port }) => port),
      ...ports,
    ]),
  ];
  const filter = { tcp: of(false), udp: of(true), hasArp, snapLength: 262_144 };
  const most = Math.max(filter.tcp.length, filter.udp.length);
  if (most > maxPorts)
    throw new UsageError(
      `A capture looks for ${maxPorts} ports at most, and these are ${most}: choose by --service`,
    );
  return filter;
}

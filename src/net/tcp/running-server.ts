import type { RunningService } from "../../core/role.ts";
import type { TlsSetting } from "../../core/tls-setting.ts";
import type { TcpServer } from "./api.ts";

/** Settings of a service that has one listener. */
interface ListenerConfig {
  readonly port: number;
  readonly tls?: TlsSetting | undefined;
}

type Server = Pick<TcpServer, "address" | "stats" | "clients" | "problems" | "renewTls" | "stop">;

/** What a service with one listener has from that; what it counts itself goes beside it. */
export function runningServer<C extends ListenerConfig>(server: Server, config: C) {
  let current = config;
  return {
    addresses: [server.address],
    stats: () => server.stats(),
    clients: () => server.clients(),
    problems: () => server.problems(),
    renewTls: async ({ tls }: C) => tls !== undefined && (await server.renewTls(tls)),
    reload: async (next: C) => {
      if (next.tls === undefined || !differsInTlsOnly(current, next)) return false;
      await server.renewTls(next.tls);
      current = { ...next, port: current.port };
      return true;
    },
    stop: (deadline: AbortSignal) => server.stop(deadline),
  } satisfies RunningService<C>;
}

/** Whether two configurations differ in the TLS of a listener that speaks it before and after. */
function differsInTlsOnly(one: ListenerConfig, other: ListenerConfig): boolean {
  if (one.tls === undefined) return false;
  // For port 0 it has got one.
  const port = other.port === 0 ? one.port : other.port;
  return Bun.deepEquals({ ...one, tls: undefined }, { ...other, port, tls: undefined });
}

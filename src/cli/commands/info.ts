import { formatHostPort } from "../../core/address.ts";
import { labServicesOn } from "../../core/ports.ts";
import { DialError, type DialErrorCode } from "../../net/dial-error.ts";
import { type NameAddress, resolveName } from "../../net/resolve.ts";
import { socketTimeout } from "../../net/socket-timeout.ts";
import { dialTcp } from "../../net/tcp/client.ts";
import { formatDuration, roundMs } from "../../protocol/text/units.ts";
import { baseCommand, type CliCommand } from "../program/command.ts";
import { type CommandContext, defaultTimeout } from "../program/command-context.ts";
import { CliError, PeerError, TimedOutError } from "../program/errors.ts";
import { hostName, portNumber } from "../program/options.ts";
import { table } from "../terminal/table.ts";

/** `distcli info`: shows the addresses of a host, and whether a port of it answers. */
export const info: CliCommand = (cli) =>
  baseCommand({
    name: "info",
    summary: "Show the addresses of a host, the socket's timeout, and whether a port answers",
    description:
      "Shows the timeout of a new socket before and after it is set, every address of the name (A and AAAA) with the " +
      "family, type and protocol of a socket for it, and, with a port, whether it answers on each of them. Exit status 1 when the name has no address or the port answers on none.",
    examples: [
      "distcli info www.its.ac.id",
      "distcli info 172.16.16.101 45000",
      "distcli info localhost 2222 --timeout 2s --json",
    ],
  })
    .argument("[host]", "name or address", hostName, "127.0.0.1")
    .argument("[port]", "a TCP port to try", portNumber)
    .action((host, port, options) => cli.run(options, (context) => showInfo(context, host, port)));

/** The outcome of one attempt to connect. */
interface Attempt extends NameAddress {
  /** `open`, or why not. */
  readonly state: "open" | "silent" | DialErrorCode;
  readonly ms: number;
}

async function showInfo(context: CommandContext, host: string, port: number | undefined): Promise<void> {
  const timeout = socketTimeout(context.timeout ?? defaultTimeout);
  const addresses = await context.within(`No answer from the name service about "${host}"`, () =>
    resolveName(host),
  );
  const attempts =
    port === undefined ? [] : await Promise.all(addresses.map((each) => attempt(context, each, port)));
  const rows = [
    ["Host", host],
    ...block("Socket timeout", [
      `${timeoutText(timeout.before)} before it is set`,
      `${timeoutText(timeout.after)} after (--timeout)`,
    ]),
    ...block("Addresses", addresses.length === 0 ? ["none"] : listed(addresses, port)),
    ...(port === undefined
      ? []
      : block(`Port ${port}`, [...usually(port), ...attempts.map(outcome(context))])),
  ];
  const width = Math.max(...rows.map(([title = ""]) => title.length));
  context.result(rows.map(([title = "", text = ""]) => `${title.padEnd(width)}  ${text}`).join("\n"), {
    host,
    timeout: { default: seconds(timeout.before), seconds: seconds(timeout.after) },
    addresses: addresses.map((each) => ({ ...each, family: families[each.record], sockets })),
    port: port === undefined ? undefined : { number: port, attempts },
  });
  if (addresses.length === 0) throw new PeerError("unresolved", `The name "${host}" has no address`);
  if (port !== undefined && !attempts.some(({ state }) => state === "open")) {
    throw new PeerError("port-closed", `Port ${port} of ${host} does not answer`);
  }
}

/** Rows of which only the first has the title. */
const block = (title: string, texts: readonly string[]): string[][] =>
  texts.map((text, index) => [index === 0 ? title : "", text]);

const timeoutText = (milliseconds: number | undefined): string =>
  milliseconds === undefined ? "none (it waits for ever)" : formatDuration(milliseconds);

const seconds = (milliseconds: number | undefined): number | null =>
  milliseconds === undefined ? null : milliseconds / 1000;

const families = { A: "AF_INET", AAAA: "AF_INET6" } as const;

/** The two kinds of sockets that the lab's services have, by the names of getaddrinfo(3). */
const sockets = [
  { type: "SOCK_STREAM", protocol: "IPPROTO_TCP" },
  { type: "SOCK_DGRAM", protocol: "IPPROTO_UDP" },
] as const;

const socketColumns = ["record", "family", "type", "protocol", "address"].map((title) => ({ title }));

function listed(addresses: readonly NameAddress[], port: number | undefined): string[] {
  const rows = addresses.flatMap(({ address, record }) => {
    const where = port === undefined ? address : formatHostPort(address, port);
    return sockets.map(({ type, protocol }) => [record, families[record], type, protocol, where]);
  });
  return table(socketColumns, rows).split("\n");
}

const usually = (port: number): string[] => {
  const services = labServicesOn(port);
  return services.length === 0 ? [] : [`the lab's ${services.join(" and ")}`];
};

const outcome =
  ({ style }: CommandContext) =>
  ({ address, state, ms }: Attempt): string =>
    state === "open"
      ? `${address}  ${style.good("answers")} in ${formatDuration(ms)}`
      : `${address}  ${style.bad(state)}`;

async function attempt(context: CommandContext, where: NameAddress, port: number): Promise<Attempt> {
  const start = performance.now();
  const state = await context
    .within("", async (signal) => (await dialTcp({ host: where.address, port, signal })).close())
    .then(() => "open" as const, stateOf);
  return { ...where, state, ms: roundMs(performance.now() - start) };
}

function stateOf(error: unknown): Attempt["state"] {
  if (error instanceof TimedOutError) return "silent";
  if (error instanceof CliError) throw error; // Ctrl-C
  return error instanceof DialError ? error.code : "failed";
}

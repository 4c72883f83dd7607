import { type LabService, labPorts } from "../../core/ports.ts";
import { adminPeer, adminPort, tokenHelp } from "../admin/options.ts";
import { checkServices } from "../doctor/check-services.ts";
import { runningServices } from "../doctor/running-services.ts";
import { baseCommand, type Cli, type CliCommand, type ExpectedService } from "../program/command.ts";
import type { CommandContext } from "../program/command-context.ts";
import { CliError, ConnectionError, UsageError } from "../program/errors.ts";
import { hostName, portNumber } from "../program/options.ts";
import { peerName } from "../program/peer.ts";
import { type PeerTls, readTlsFiles } from "../program/peer-tls.ts";

/** Milliseconds for one answer: less than usual, because there are many services. */
const defaultTimeout = 3000;

/** `distcli doctor`: checks whether every service of the lab works. */
export const doctor: CliCommand = (cli) =>
  baseCommand({
    name: "doctor",
    summary: "Make one round trip with every service of the lab",
    description:
      "Makes one real round trip with every service of the lab and shows its latency. Exit status 1 when any of " +
      "them fails. The services are those that distsrv's admin service lists; where there is none, the whole lab on " +
      "its usual ports, unless --admin-port or --tls is given; with --config those of a distsrv configuration file, on the addresses it says unless a host " +
      "is given.",
    examples: [
      "distcli doctor",
      "distcli doctor 172.16.16.101",
      "distcli doctor 172.16.16.101 --config lab.yaml --json",
      "distcli doctor lab.example --tls --cafile ca.pem -u ani -P rahasia",
    ],
  })
    .argument("[host]", "name or address of the lab (default: 127.0.0.1)", hostName)
    .option("-c, --config <file>", "a distsrv configuration that says which services to expect")
    .option("-p, --admin-port <port>", "port of distsrv's admin service", portNumber, adminPort)
    .option("--token <token>", tokenHelp)
    .option("-u, --username <name>", "user name for MQTT brokers")
    .option("-P, --password <password>", "its password")
    .option("--tls", "the admin service speaks TLS; which of the others do is known")
    .option("--cafile <file>", "authorities to trust instead of the system's, in PEM")
    .option("--cert <file>", "our own certificate in PEM, for servers that ask for one")
    .option("--key <file>", "its private key in PEM")
    .option("--insecure", "take any certificate, of anybody")
    .action((host, options, command) =>
      cli.run({ ...options, timeout: options.timeout ?? defaultTimeout }, async (context) => {
        const { username, password } = options;
        if (password !== undefined && username === undefined)
          throw new UsageError("--password needs --username NAME beside it");
        const tls = readTlsFiles(options);
        const isPortChosen = command.getOptionValueSource("adminPort") === "cli";
        const services =
          options.config === undefined
            ? await running(cli, context, host ?? "127.0.0.1", {
                ...options,
                tls: options.tls && tls,
                isPortChosen,
              })
            : await configured(cli, options.config, host);
        await checkServices(context, services, { username, password, tls });
      }),
    );

interface AdminOptions {
  readonly adminPort: number;
  readonly token?: string | undefined;
  readonly tls?: PeerTls | undefined;
  /** It is where somebody says that there is one. */
  readonly isPortChosen: boolean;
}

/** What runs, as the admin service says; the whole lab where there is none. */
async function running(
  cli: Cli,
  context: CommandContext,
  host: string,
  { adminPort: port, token, tls, isPortChosen }: AdminOptions,
): Promise<ExpectedService[]> {
  try {
    const peer = adminPeer(cli, host, { port, token }, "distcli doctor 127.0.0.1");
    return await runningServices(context, { ...peer, ...(tls !== undefined && { tls }) });
  } catch (error) {
    context.signal.throwIfAborted();
    // It runs and lists its services, to those who may see them.
    if (!(error instanceof CliError) || error.code === "no-token") throw error;
    // Who asks for TLS, or names its port, knows that there is one: other services are not meant.
    if (tls !== undefined || isPortChosen) throw error;
    const why = error instanceof ConnectionError ? error.reason : error.message;
    context.note(
      `No list from an admin service (${peerName({ host, port })}: ${why}); checking the whole lab`,
    );
    return labServices(host);
  }
}

/** The roles of the services whose name is not that of their role. */
const roles: Partial<Record<LabService, string>> = { "raw-echo": "echo", "file-echo": "echo" };

function labServices(host: string): ExpectedService[] {
  return Object.keys(labPorts).map((name) => {
    const service = name as LabService;
    return { service, role: roles[service] ?? service, host, port: labPorts[service] };
  });
}

async function configured(cli: Cli, path: string, host: string | undefined): Promise<ExpectedService[]> {
  if (cli.readServices === undefined) throw new UsageError("This distcli cannot read configuration files");
  const services = await cli.readServices(path);
  if (services.length === 0) throw new UsageError(`${path} has no services that a client could reach`);
  return services.map((service) => ({ ...service, host: host ?? reachable(service.host) }));
}

/** The address to connect to, for a server that listens on all addresses. */
function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}

import { formatDuration } from "../../protocol/text/units.ts";
import { type Me, whoAmI } from "../admin/me.ts";
import { type AdminPeer, adminCommand, adminPeer } from "../admin/options.ts";
import { listServices, type ListedService as Service } from "../admin/services.ts";
import type { CliCommand } from "../program/command.ts";
import type { CommandContext } from "../program/command-context.ts";
import { PeerError } from "../program/errors.ts";
import type { Style } from "../terminal/style.ts";
import { table, tableWidth } from "../terminal/table.ts";

/** `distcli status`: the services of a running distsrv, as its admin service lists them. */
export const status: CliCommand = (cli) =>
  adminCommand({
    name: "status",
    summary: "Show the services of a running distsrv, as it sees them itself",
    description:
      "Asks the admin service of a running distsrv for its services: state, addresses, clients, uptime, what goes " +
      "wrong; and who one is to it. Exit status 1 when any of them does not run. (distcli doctor asks the services themselves.)",
    examples: [
      "distcli status",
      "distcli status 172.16.16.101 --token 0123456789abcdef",
      "distcli status --json",
    ],
  }).action((host, options) =>
    cli.run(options, (context) =>
      showStatus(context, adminPeer(cli, host, options, "distcli status 127.0.0.1")),
    ),
  );

async function showStatus(context: CommandContext, peer: AdminPeer): Promise<void> {
  const [all, me] = await Promise.all([listServices(context, peer), whoAmI(context, peer)]);
  if (context.json) for (const service of all) context.result("", service);
  else context.result(overview(all, context), {});
  const down = all.filter(({ state }) => state !== "running");
  if (down.length === 0)
    return context.note(
      `${all.length === 1 ? "The one service runs" : `All ${all.length} services run`}${describeMe(me)}`,
    );
  const names = down.map(({ name, state }) => `${name} (${state})`).join(", ");
  throw new PeerError("services-down", `${down.length} of ${all.length} services do not run: ${names}`);
}

const describeMe = (me: Me | undefined): string =>
  me === undefined ? "" : `. You are ${me.name} here, with the role ${me.role}`;

function overview(all: readonly Service[], { style, io }: CommandContext): string {
  const columns = [
    { title: "SERVICE" },
    { title: "ROLE" },
    { title: "STATE" },
    { title: "ADDRESS" },
    { title: "CLIENTS", align: "right" as const },
    { title: "UPTIME", align: "right" as const },
    { title: "RESTARTS", align: "right" as const },
  ];
  const warnings = all.flatMap(({ name, error, problems }) =>
    [...(error === null ? [] : [error]), ...problems].map((text) => style.warn(`${name}: ${text}`)),
  );
  return [
    table(
      columns,
      all.map((service) => cells(service, style)),
      tableWidth(io.stdout, io.env),
    ),
    ...warnings,
  ].join("\n");
}

function cells(
  { name, role, state, transport, transports, addresses, clients, uptime, restarts }: Service,
  style: Style,
) {
  const paint = state === "running" ? style.good : style.bad;
  return [
    name,
    role,
    paint(state),
    addresses.map((address, index) => `${address}/${transports?.[index] ?? transport}`).join(" ") || "-",
    clients === null ? "-" : String(clients),
    uptime === null ? "-" : formatDuration(uptime * 1000),
    String(restarts),
  ];
}

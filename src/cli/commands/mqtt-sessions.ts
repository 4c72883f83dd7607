import { z } from "zod";
import { formatDuration } from "../../protocol/text/units.ts";
import { findBroker } from "../admin/broker.ts";
import { adminCommand, adminPeer } from "../admin/options.ts";
import type { CliCommand } from "../program/command.ts";
import type { CommandContext } from "../program/command-context.ts";
import { table, tableWidth } from "../terminal/table.ts";

/** As many as an answer of the admin service has. */
const limit = 2000;

const session = z.looseObject({
  clientId: z.string(),
  connected: z.boolean(),
  username: z.string().nullable(),
  remote: z.string().nullable(),
  version: z.string().nullable(),
  connectedAt: z.number().nullable(),
  awayAt: z.number().nullable(),
  queued: z.number(),
  subscriptions: z.number(),
  dropped: z.number(),
});

type Session = z.infer<typeof session>;

/** `distcli mqtt sessions`: who is connected to a broker, and whose sessions wait for their clients. */
export const mqttSessions: CliCommand = (cli) =>
  adminCommand({
    name: "sessions",
    summary: "List the clients of a running distsrv's broker, and those who are away",
    description:
      "Asks the admin service of a running distsrv for the sessions of its broker: client, user, address, since when it " +
      "is connected or away, messages that wait for it, subscriptions, messages that were lost. With --json all that " +
      "the broker knows of each.",
    examples: [
      "distcli mqtt sessions",
      "distcli mqtt sessions --search ani",
      "distcli mqtt sessions 172.16.16.101 --token 0123456789abcdef --json",
    ],
  })
    .option("--search <text>", "only those with this in their client identifier, user name or address")
    .option("--service <name>", "of this broker, where there are several")
    .action((host, options) =>
      cli.run(options, async (context) => {
        const peer = adminPeer(cli, host, options, "distcli mqtt sessions 127.0.0.1");
        const broker = await findBroker(context, peer, options.service);
        const query = { limit: String(limit), ...(options.search && { search: options.search }) };
        showSessions(context, await broker.view("sessions", query, z.array(session)));
      }),
    );

function showSessions(context: CommandContext, all: readonly Session[]): void {
  if (context.json) for (const each of all) context.result("", each);
  else if (all.length > 0) context.result(listing(all, context), {});
  const connected = all.filter((each) => each.connected).length;
  const more = all.length === limit ? "; there may be more: narrow them by --search" : "";
  context.note(`${connected} connected, ${all.length - connected} away${more}`);
}

function listing(all: readonly Session[], { io, style }: CommandContext): string {
  const columns = [
    { title: "CLIENT" },
    { title: "USER" },
    { title: "ADDRESS" },
    { title: "MQTT" },
    { title: "SINCE", align: "right" as const },
    { title: "QUEUED", align: "right" as const },
    { title: "FILTERS", align: "right" as const },
    { title: "LOST", align: "right" as const },
  ];
  const now = Date.now();
  const since = (time: number | null) => (time === null ? "-" : formatDuration(Math.max(0, now - time)));
  const rows = all.map((each) => [
    each.clientId,
    each.username ?? "-",
    each.connected ? (each.remote ?? "-") : style.warn("away"),
    each.version ?? "-",
    since(each.connected ? each.connectedAt : each.awayAt),
    String(each.queued),
    String(each.subscriptions),
    String(each.dropped),
  ]);
  return table(columns, rows, tableWidth(io.stdout, io.env));
}

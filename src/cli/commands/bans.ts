import { InvalidArgumentError } from "@commander-js/extra-typings";
import { formatRange, parseRange } from "../../core/address-range.ts";
import { formatDuration } from "../../protocol/text/units.ts";
import { addBan, type ListedBan, listBans, removeBan } from "../admin/bans.ts";
import { type AdminPeer, adminCommand, adminPeer, adminPort, tokenHelp } from "../admin/options.ts";
import { baseCommand, type CliCommand, type CommandHelp } from "../program/command.ts";
import type { CommandContext } from "../program/command-context.ts";
import { hostName, portNumber, positiveDurationMs } from "../program/options.ts";
import { withTls } from "../program/peer-tls.ts";
import { table, tableWidth } from "../terminal/table.ts";

/** `distcli ban`: keeps an address or a network out of all services. */
export const ban: CliCommand = (cli) =>
  rangeCommand({
    name: "ban",
    summary: "Keep an address or a network out of a running distsrv",
    description:
      "Has a running distsrv refuse connections and datagrams from an address, or a network such as 10.0.0.0/8, at " +
      "all its services, and disconnects the clients that it has. The ban is in memory: it ends with --for, with " +
      "distcli unban, or when distsrv stops. (bans: in its file are for ever.) Its admin service lets in its own " +
      "machine all the same.",
    examples: [
      "distcli ban 203.0.113.7 --for 10m",
      'distcli ban 203.0.113.0/24 --reason "guesses passwords"',
      "distcli ban 2001:db8::/64 172.16.16.101 --token 0123456789abcdef",
    ],
  })
    .option("--for <duration>", "lift it by itself after so long, e.g. 10m or 1d", positiveDurationMs)
    .option("--reason <text>", "what the log and distcli bans say", "by hand")
    .option("--stay", "clients that are connected stay; only new ones are refused")
    .action((address, host, options) =>
      cli.run(options, async (context) => {
        const peer = adminPeer(cli, host, options, "distcli ban 203.0.113.7 127.0.0.1");
        const { for: ms, reason, stay = false } = options;
        const wanted = { address, reason, disconnect: !stay };
        const made = await addBan(context, peer, {
          ...wanted,
          ...(ms !== undefined && { for: `${ms}ms` }),
        });
        context.result(
          `Banned ${made.address} ${ms === undefined ? "until it is lifted" : `for ${formatDuration(ms)}`}`,
          made,
        );
      }),
    );

/** `distcli unban`. */
export const unban: CliCommand = (cli) =>
  rangeCommand({
    name: "unban",
    summary: "Let a banned address or network in again",
    description:
      "Lifts a ban, also one that wrong logins have led to. The address is written as distcli bans lists it: of a " +
      "network no single address can be let in.",
    examples: ["distcli unban 203.0.113.7", "distcli unban 10.0.0.0/8 172.16.16.101"],
  }).action((address, host, options) =>
    cli.run(options, async (context) => {
      const peer = adminPeer(cli, host, options, "distcli unban 203.0.113.7 127.0.0.1");
      const lifted = await removeBan(context, peer, address);
      const { address: again, within } = lifted;
      context.result(
        within === undefined
          ? `${again} may come in again`
          : `Lifted the ban of ${again}, which stays out as a part of ${within}`,
        lifted,
      );
    }),
  );

/** `distcli bans`. */
export const bans: CliCommand = (cli) =>
  adminCommand({
    name: "bans",
    summary: "List who is banned from a running distsrv, by whom and how long",
    examples: ["distcli bans", "distcli bans 172.16.16.101 --json"],
  }).action((host, options) =>
    cli.run(options, (context) => showBans(context, adminPeer(cli, host, options, "distcli bans 127.0.0.1"))),
  );

/** The address comes first, and then where the distsrv is. */
function rangeCommand(help: CommandHelp) {
  return withTls(
    baseCommand(help)
      .argument("<address>", "an address, or a network such as 10.0.0.0/8", addressRange)
      .argument("[host]", "name or address of the machine that runs distsrv", hostName, "127.0.0.1")
      .option("-p, --port <port>", "port of its admin service", portNumber, adminPort)
      .option("--token <token>", tokenHelp),
  );
}

function addressRange(value: string): string {
  const range = parseRange(value);
  if (range !== undefined) return formatRange(range);
  throw new InvalidArgumentError(
    "It must be an IP address such as 203.0.113.7, or a network such as 10.0.0.0/8, with no bits set behind its prefix.",
  );
}

async function showBans(context: CommandContext, peer: AdminPeer): Promise<void> {
  const all = await listBans(context, peer);
  if (context.json) for (const each of all) context.result("", each);
  else if (all.length > 0) context.result(listing(all, context), {});
  if (all.length === 0) context.note("Nobody is banned");
}

function listing(all: readonly ListedBan[], { io }: CommandContext): string {
  const columns = [
    { title: "ADDRESS" },
    { title: "BY" },
    { title: "SINCE" },
    { title: "LEFT" },
    { title: "REASON" },
  ];
  const now = Date.now();
  const rows = all.map(({ address, by, since, until, reason }) => [
    address,
    by,
    `${formatDuration(Math.max(0, now - since))} ago`,
    until === null ? "for ever" : formatDuration(Math.max(0, until - now)),
    reason,
  ]);
  return table(columns, rows, tableWidth(io.stdout, io.env));
}

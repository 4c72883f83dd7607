import { z } from "zod";
import { findBroker } from "../admin/broker.ts";
import { adminPeer, adminPort, tokenHelp } from "../admin/options.ts";
import { baseCommand, type CliCommand } from "../program/command.ts";
import { hostName, portNumber } from "../program/options.ts";
import { withTls } from "../program/peer-tls.ts";

const kicked = z.object({ client: z.string(), disconnected: z.boolean(), sessionDeleted: z.boolean() });

/** `distcli mqtt kick`: disconnects a client of a broker, and deletes its session. */
export const mqttKick: CliCommand = (cli) =>
  withTls(
    baseCommand({
      name: "kick",
      summary: "Disconnect a client from a running distsrv's broker",
      description:
        "Has the broker of a running distsrv disconnect a client; its will is published. Most clients come back by " +
        "themselves: distcli ban keeps an address out. With --drop-session its subscriptions and the messages that " +
        "wait for it are deleted, too, also where it is away.",
      examples: [
        "distcli mqtt kick sensor-1",
        "distcli mqtt kick sensor-1 --drop-session",
        "distcli mqtt kick sensor-1 172.16.16.101 --token 0123456789abcdef",
      ],
    })
      .argument("<client>", "its client identifier, as distcli mqtt sessions lists it")
      .argument("[host]", "name or address of the machine that runs distsrv", hostName, "127.0.0.1")
      .option("-p, --port <port>", "port of its admin service", portNumber, adminPort)
      .option("--token <token>", tokenHelp),
  )
    .option("--drop-session", "delete its session")
    .option("--service <name>", "of this broker, where there are several")
    .action((client, host, options) =>
      cli.run(options, async (context) => {
        const peer = adminPeer(cli, host, options, "distcli mqtt kick sensor-1 127.0.0.1");
        const broker = await findBroker(context, peer, options.service);
        const input = { client, dropSession: options.dropSession === true };
        const done = await broker.act("kick", input, kicked);
        context.result(describe(done), done);
      }),
    );

function describe({ client, disconnected, sessionDeleted }: z.infer<typeof kicked>): string {
  if (!disconnected) return `${client} was away; its session is deleted`;
  return sessionDeleted ? `${client} is disconnected, and its session deleted` : `${client} is disconnected`;
}

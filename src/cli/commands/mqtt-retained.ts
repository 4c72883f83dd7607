import { z } from "zod";
import { formatDuration } from "../../protocol/text/units.ts";
import { findBroker, type RunningBroker } from "../admin/broker.ts";
import { adminPeer, adminPort, tokenHelp } from "../admin/options.ts";
import { baseCommand, type CliCommand } from "../program/command.ts";
import type { CommandContext } from "../program/command-context.ts";
import { UsageError } from "../program/errors.ts";
import { hostName, portNumber } from "../program/options.ts";
import { withTls } from "../program/peer-tls.ts";
import { table, tableWidth } from "../terminal/table.ts";

/** As many as an answer of the admin service has. */
const limit = 2000;

const retained = z.object({
  topic: z.string(),
  payload: z.string(),
  size: z.number(),
  qos: z.number(),
  expiresIn: z.number().nullable(),
});

const found = z.object({ retained: z.array(retained), truncated: z.boolean() });
const deleted = z.object({ deleted: z.number(), more: z.boolean() });

/** `distcli mqtt retained`: what a broker retains, and how to be rid of it. */
export const mqttRetained: CliCommand = (cli) =>
  withTls(
    baseCommand({
      name: "retained",
      summary: "List the retained messages of a running distsrv's broker, or delete them",
      description:
        "Lists what the broker of a running distsrv retains on topics that the filter matches, or deletes it with " +
        "--delete, as MQTT does it: by an empty message, which those who listen get.",
      examples: [
        "distcli mqtt retained",
        "distcli mqtt retained 'kelas/#' --delete",
        "distcli mqtt retained '#' 172.16.16.101 --token 0123456789abcdef",
      ],
    })
      .argument("[filter]", "a topic filter", "#")
      .argument("[host]", "name or address of the machine that runs distsrv", hostName, "127.0.0.1")
      .option("-p, --port <port>", "port of its admin service", portNumber, adminPort)
      .option("--token <token>", tokenHelp),
  )
    .option("--delete", "delete them")
    .option("--service <name>", "of this broker, where there are several")
    .action((filter, host, options, command) =>
      cli.run(options, async (context) => {
        // What is deleted without a word about which is more than most people mean.
        if (options.delete && command.args.length === 0)
          throw new UsageError("Say which ones: distcli mqtt retained 'kelas/#' --delete, or '#' for all");
        const peer = adminPeer(cli, host, options, "distcli mqtt retained '#' 127.0.0.1");
        const broker = await findBroker(context, peer, options.service);
        if (options.delete) await deleteAll(context, broker, filter);
        else show(context, await broker.view("retained", { filter, limit: String(limit) }, found));
      }),
    );

/** The broker deletes some hundreds at a time, so that its clients get their turn between. */
async function deleteAll(context: CommandContext, broker: RunningBroker, filter: string): Promise<void> {
  let count = 0;
  for (;;) {
    const { deleted: some, more } = await broker.act("delete-retained", { filter }, deleted);
    count += some;
    if (!more) break;
  }
  const what = count === 1 ? "1 retained message is deleted" : `${count} retained messages are deleted`;
  context.result(what, { filter, deleted: count });
}

function show(context: CommandContext, { retained: all, truncated }: z.infer<typeof found>): void {
  if (context.json) for (const each of all) context.result("", each);
  else if (all.length > 0) context.result(listing(all, context), {});
  if (all.length === 0) context.note("Nothing is retained there");
  if (truncated) context.note("There is more than is listed: narrow it by a filter");
}

function listing(all: z.infer<typeof found>["retained"], { io }: CommandContext): string {
  const columns = [
    { title: "TOPIC" },
    { title: "QOS", align: "right" as const },
    { title: "BYTES", align: "right" as const },
    { title: "EXPIRES", align: "right" as const },
    { title: "PAYLOAD" },
  ];
  const rows = all.map(({ topic, qos, size, expiresIn, payload }) => [
    topic,
    String(qos),
    String(size),
    expiresIn === null ? "-" : formatDuration(expiresIn * 1000),
    payload,
  ]);
  return table(columns, rows, tableWidth(io.stdout, io.env));
}

import { adminCommand, adminPeer } from "../admin/command.ts";
import { watchTraffic } from "../admin/watch-traffic.ts";
import type { Cli, CliCommand } from "../command.ts";
import { wholeNumber } from "../options.ts";

/** `distcli watch`: the traffic of a running distsrv, live. */
export const watch: CliCommand = (cli: Cli) =>
  adminCommand({
    name: "watch",
    summary: "Watch the traffic of a running distsrv, live",
    description:
      "Shows what the services of a running distsrv receive and answer, as it happens, until Ctrl-C. Under load it " +
      "is a sample, and what was left out is counted. With --json, one JSON object per event.",
    examples: [
      "distcli watch",
      "distcli watch --service mqtt --topic 'sister/#'",
      "distcli watch 172.16.16.101 --client 172.16.16.7 --bytes",
    ],
  })
    .option("--service <names>", "only these services, with commas between them")
    .option("--client <address>", "only the peers whose address, or client's name, begins so")
    .option(
      "--kind <kinds>",
      "open, message, close, bytes, with commas between them (default: all but bytes)",
    )
    .option("--topic <filter>", "only messages on topics that match this MQTT filter")
    .option("--bytes", "show the bytes of each message, too")
    .option("--history <n>", "past events to begin with", wholeNumber(0, 1000), 20)
    .action((host, options) =>
      cli.run(options, (session) => watchTraffic(session, adminPeer(cli, host, options), options)),
    );

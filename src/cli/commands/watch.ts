import { InvalidArgumentError } from "@commander-js/extra-typings";
import { topicFilterMistake } from "../../protocol/mqtt/topic.ts";
import { adminCommand, adminPeer } from "../admin/options.ts";
import { watchTraffic } from "../admin/watch-traffic.ts";
import type { Cli, CliCommand } from "../program/command.ts";
import { wholeNumber } from "../program/options.ts";

/** `distcli watch`: shows the traffic of a running distsrv, live. */
export const watch: CliCommand = (cli: Cli) =>
  adminCommand({
    name: "watch",
    summary: "Watch the traffic of a running distsrv, live",
    description:
      "Shows what the services of a running distsrv receive and answer, as it happens, until Ctrl-C. Under load it " +
      "is a sample, and what was left out is counted. A connection that is lost is made again. With --json, one JSON object per event.",
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
      eventKinds,
    )
    .option("--topic <filter>", "only messages on topics that match this MQTT filter", topicFilter)
    .option("--bytes", "show the bytes of each message, too")
    .option("--history <n>", "past events to begin with", wholeNumber(0, 1000), 20)
    .action((host, options) =>
      cli.run(options, (context) => {
        // In `distcli watch mqtt` the host is meant as a service.
        const example = `distcli watch 127.0.0.1 --service ${host}`;
        return watchTraffic(context, adminPeer(cli, host, options, example), options);
      }),
    );

const kinds: readonly string[] = ["open", "message", "close", "bytes"];

function eventKinds(value: string): string {
  const words = value.split(",").map((word) => word.trim());
  const unknown = words.find((word) => !kinds.includes(word));
  if (unknown === undefined) return words.join(",");
  throw new InvalidArgumentError(`The kinds are ${kinds.join(", ")}, and "${unknown}" is none of them.`);
}

function topicFilter(value: string): string {
  const problem = topicFilterMistake(value);
  if (problem === undefined) return value;
  throw new InvalidArgumentError(`An MQTT topic filter such as sister/# is wanted, and this one ${problem}.`);
}

import { textOfBytes } from "../../protocol/text/byte-text.ts";
import { Expecting } from "../expect/expectation.ts";
import { partOf, patternHelp, withCount } from "../expect/options.ts";
import { pattern } from "../expect/pattern.ts";
import { conclude } from "../expect/report.ts";
import { connectMqtt, disconnectMqtt, lossOf } from "../mqtt/client.ts";
import { brokerOf, identityOf, withBrokerOptions } from "../mqtt/options.ts";
import { subscribeTo } from "../mqtt/subscribe.ts";
import { topicFilters } from "../mqtt/topics.ts";
import { baseCommand, type CliCommand } from "../program/command.ts";
import { peerName } from "../program/peer.ts";

/** `distcli expect mqtt`: waits for a message on a topic. */
export const expectMqtt: CliCommand = (cli) =>
  withCount(
    withBrokerOptions(
      baseCommand({
        name: "mqtt",
        summary: "Expect a message on a topic",
        description:
          "Subscribes, and waits for a message from then on; a retained message counts, too, unless -R is given.",
        examples: [
          "distcli expect mqtt 172.16.16.101 -t sister/temp --payload '/^Suhu/' --within 2s",
          "distcli expect mqtt 172.16.16.101 -t 'sister/#' --payload 'Suhu: 28°C' --count 3",
          "distcli expect mqtt 172.16.16.101 -t secret --none --within 3s -u ani -P rahasia",
        ],
      }).helpOption("--help", "show this help"),
    ),
  )
    .requiredOption(
      "-t, --topic <filter>",
      "a topic, or a filter with + and #; may be given again",
      topicFilters,
    )
    .option("--payload <pattern>", `what the message says: ${patternHelp} (default: anything)`, pattern)
    .option("-R, --no-retained", "leave retained messages out")
    .action((host, options) =>
      cli.run(options, async (context) => {
        const { topic: filters, qos, within, count, none } = options;
        const peer = brokerOf(host, options);
        const where = `${filters.join(" and ")} of ${peerName(peer)}`;
        const expectation = { where, parts: partOf("payload", options.payload), within, count, none };
        const client = await connectMqtt(context, peer, identityOf(options));
        try {
          const expecting = new Expecting(expectation);
          // Before the subscription: a retained message may come together with SUBACK.
          client.on("message", (topic, payload, { retain }) => {
            if (options.retained || !retain) expecting.arrive({ payload: textOfBytes(payload) }, topic);
          });
          await subscribeTo(context, client, peer, filters, { qos });
          const loss = lossOf(client, peer);
          const outcome = await expecting.outcome(context, () => loss.lost).finally(loss.stop);
          conclude(context, expectation, outcome);
        } finally {
          await disconnectMqtt(client);
        }
      }),
    );

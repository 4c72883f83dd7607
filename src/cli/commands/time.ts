import { labPorts } from "../../core/ports.ts";
import { type Reply, tcpLine } from "../exchange/exchange.ts";
import { timeFraming } from "../exchange/framing.ts";
import { holdDialogue } from "../exchange/interactive.ts";
import { converse } from "../exchange/send-messages.ts";
import { tellsTheTime } from "../exchange/validate-reply.ts";
import { type CliCommand, peerCommand, withSchedule } from "../program/command.ts";
import type { CommandContext } from "../program/command-context.ts";
import { PeerError } from "../program/errors.ts";
import { type Peer, peerName } from "../program/peer.ts";
import type { Schedule } from "../program/schedule.ts";

/** `distcli time`: asks the time server, once or as often as wanted. */
export const time: CliCommand = (cli) =>
  withSchedule(
    peerCommand({
      name: "time",
      summary: "Ask the TIME server what time it is",
      description:
        "Asks the TIME server what time it is. Without any words, on a terminal, it asks you: TIME/QUIT.",
      port: labPorts.time,
      examples: [
        "distcli time 172.16.16.101",
        "distcli time 172.16.16.101 --every 1s",
        "distcli time 172.16.16.101 --clients 50 --repeat 10",
        "distcli time 172.16.16.101 --interactive",
      ],
    }).option("-i, --interactive", "a dialogue: TIME asks, QUIT leaves"),
  ).action((host, options, command) => {
    const bare = cli.io.openPrompter !== undefined && isBare(command.parent?.args ?? []);
    const peer = { host, port: options.port };
    return cli.run(options, (context) =>
      options.interactive || bare ? dialogue(context, peer) : askTime(context, peer, options),
    );
  });

/** Nothing but the command's own name was typed. */
const isBare = (words: readonly string[]): boolean => words.length <= 1;

function askTime(
  context: CommandContext,
  peer: Peer,
  options: Schedule & { clients: number },
): Promise<void> {
  return converse(context, {
    messages: ["TIME"],
    schedule: options,
    clients: options.clients,
    open: () => tcpLine(context, peer, timeFraming),
    show: (reply) => understood(reply, peer),
    doubt: tellsTheTime(peer),
  });
}

function understood(reply: Reply | undefined, peer: Peer): string {
  if (reply === undefined || reply.text === "Invalid request") {
    throw new PeerError("bad-answer", `${peerName(peer)} does not know TIME: ${reply?.text ?? "no answer"}`);
  }
  return reply.text;
}

async function dialogue(context: CommandContext, peer: Peer): Promise<void> {
  const line = await tcpLine(context, peer, timeFraming);
  await holdDialogue(context, {
    line,
    prompts: { first: "TIME/QUIT: ", next: "TIME/QUIT: " },
    encode: (typed) => typed.toUpperCase(),
    leaves: (typed) => typed.toUpperCase() === "QUIT",
    farewell: "QUIT",
    show: (reply) => reply?.text ?? "",
    doubt: tellsTheTime(peer),
    showUnasked: (text) => text,
  });
}

import { labPorts } from "../../core/ports.ts";
import { type CliCommand, peerCommand, withSchedule } from "../command.ts";
import { converse } from "../converse.ts";
import { holdDialogue } from "../dialogue.ts";
import { tellsTheTime } from "../doubt.ts";
import { PeerError } from "../exit.ts";
import { type Reply, tcpLine } from "../line.ts";
import { type Peer, peerName } from "../peer.ts";
import type { Schedule } from "../repeat.ts";
import type { Session } from "../session.ts";
import { timeFraming } from "../time-framing.ts";

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
    return cli.run(options, (session) =>
      options.interactive || bare ? dialogue(session, peer) : askTime(session, peer, options),
    );
  });

/** Nothing but the command's own name was typed. */
const isBare = (words: readonly string[]): boolean => words.length <= 1;

function askTime(session: Session, peer: Peer, options: Schedule & { clients: number }): Promise<void> {
  return converse(session, {
    messages: ["TIME"],
    schedule: options,
    clients: options.clients,
    open: () => tcpLine(session, peer, timeFraming),
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

async function dialogue(session: Session, peer: Peer): Promise<void> {
  const line = await tcpLine(session, peer, timeFraming);
  await holdDialogue(session, {
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

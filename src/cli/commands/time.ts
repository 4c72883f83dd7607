import { labPorts } from "../../core/ports.ts";
import { openTcpExchange, type Reply } from "../exchange/exchange.ts";
import { timeFraming } from "../exchange/framing.ts";
import { runInteractive } from "../exchange/interactive.ts";
import { sendMessages } from "../exchange/send-messages.ts";
import { mustContainTime } from "../exchange/validate-reply.ts";
import { type CliCommand, peerCommand } from "../program/command.ts";
import type { CommandContext } from "../program/command-context.ts";
import { PeerError } from "../program/errors.ts";
import { type Peer, peerName } from "../program/peer.ts";
import { tlsOf, withTls } from "../program/peer-tls.ts";
import { type Schedule, withSchedule } from "../program/schedule.ts";
import { linesIfAny } from "../terminal/io.ts";

/** `distcli time`: asks the TIME server for the time, once or repeatedly. */
export const time: CliCommand = (cli) =>
  withSchedule(
    withTls(
      peerCommand({
        name: "time",
        summary: "Ask the TIME server what time it is",
        description:
          "Asks the TIME server what time it is. Without any words, on a terminal, it asks you: TIME/QUIT. From a pipe, and without a host, it reads such lines.",
        port: labPorts.time,
        examples: [
          "distcli time 172.16.16.101",
          "distcli time 172.16.16.101 --every 1s",
          "distcli time 172.16.16.101 --clients 50 --repeat 10",
          "distcli time 172.16.16.101 --interactive",
          "printf 'TIME\\nQUIT\\n' | distcli time",
        ],
      }),
    ).option("-i, --interactive", "a dialogue: TIME asks, QUIT leaves"),
  ).action((host, options, command) => {
    const typed = command.parent?.args ?? [];
    const bare = cli.io.openPrompter !== undefined && isBare(typed);
    const peer = { host, port: options.port, ...tlsOf(options) };
    return cli.run(options, async (context) => {
      if (options.interactive || bare) return askInteractively(context, peer);
      if (cli.io.openPrompter === undefined && command.args.length === 0 && !isScheduled(options)) {
        const lines = await linesIfAny(context.io.stdin);
        if (lines !== undefined) return askInteractively(context, peer, lines);
      }
      return askTime(context, peer, options);
    });
  });

const isScheduled = ({ repeat, every, clients }: Schedule & { readonly clients: number }): boolean =>
  repeat !== undefined || every !== undefined || clients > 1;

/** Whether only the command's own name was typed. */
const isBare = (words: readonly string[]): boolean => words.length <= 1;

function askTime(
  context: CommandContext,
  peer: Peer,
  options: Schedule & { clients: number },
): Promise<void> {
  return sendMessages(context, {
    messages: ["TIME"],
    schedule: options,
    clients: options.clients,
    open: () => openTcpExchange(context, peer, timeFraming),
    show: (reply) => textOf(reply, peer),
    validateReply: mustContainTime(peer),
  });
}

function textOf(reply: Reply | undefined, peer: Peer): string {
  if (reply === undefined || reply.text === "Invalid request") {
    throw new PeerError("bad-answer", `${peerName(peer)} does not know TIME: ${reply?.text ?? "no answer"}`);
  }
  return reply.text;
}

async function askInteractively(
  context: CommandContext,
  peer: Peer,
  lines?: AsyncIterable<string>,
): Promise<void> {
  const exchange = await openTcpExchange(context, peer, timeFraming);
  await runInteractive(context, {
    exchange,
    lines,
    prompts: { first: "TIME/QUIT: ", next: "TIME/QUIT: " },
    encode: (typed) => typed.toUpperCase(),
    leaves: (typed) => typed.toUpperCase() === "QUIT",
    farewell: "QUIT",
    show: (reply) => reply?.text ?? "",
    validateReply: mustContainTime(peer),
    showUnsolicited: (text) => text,
  });
}

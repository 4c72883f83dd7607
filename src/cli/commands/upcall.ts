import { labPorts } from "../../core/ports.ts";
import { textFields } from "../../protocol/text/byte-text.ts";
import { type Exchange, openTcpExchange, type Reply } from "../exchange/exchange.ts";
import { openExchangeLog } from "../exchange/exchange-log.ts";
import { prefixed } from "../exchange/framing.ts";
import { messagePrompts, runInteractive } from "../exchange/interactive.ts";
import { sendMessages } from "../exchange/send-messages.ts";
import { mustContainRequest } from "../exchange/validate-reply.ts";
import { type CliCommand, peerCommand } from "../program/command.ts";
import type { CommandContext } from "../program/command-context.ts";
import { PeerError } from "../program/errors.ts";
import { type Peer, peerName } from "../program/peer.ts";
import { tlsOf, withTls } from "../program/peer-tls.ts";
import { withSchedule } from "../program/schedule.ts";

/** `distcli upcall`: sends messages one by one and shows the upcalls, also unsolicited ones. */
export const upcall: CliCommand = (cli) =>
  withSchedule(
    withTls(
      peerCommand({
        name: "upcall",
        summary: "Send messages to the upcall server and show its upcalls",
        description:
          "Sends comma-separated messages one by one and shows the upcall each of them causes. Without messages it asks for them, or reads them line by line from a pipe; bye leaves. The file of --log keeps requests, upcalls, errors and the end, each with its time.",
        port: labPorts.upcall,
        examples: [
          'distcli upcall 172.16.16.101 "event1, proses data, bye"',
          "distcli upcall 172.16.16.101 hello --listen",
          "distcli upcall 172.16.16.101 --listen --timeout 1m",
          "distcli upcall 172.16.16.101 hello --log upcall.log",
          "distcli upcall 172.16.16.101",
        ],
      }),
    )
      .argument("[messages...]", "what to send, separated by commas")
      .option("-l, --listen", "stay and show the events that the server sends by itself"),
  ).action((host, words, options) => {
    const peer = { host, port: options.port, ...tlsOf(options) };
    const messages = untilBye(words.join(" ").split(","));
    // The file of --log keeps the exchange itself, and not what is printed.
    return cli.run({ ...options, log: undefined }, async (context) => {
      const log = openExchangeLog(options.log, peer, context.json);
      const open = (client?: number) =>
        log.open(() => openTcpExchange(context, peer, prefixed(["Upcall event: Processing "])), client);
      const validateReply = log.validated(mustContainRequest(peer, "upcall"));
      try {
        if (messages.length === 0 && !options.listen) {
          return await runInteractive(context, { ...interactive, validateReply, exchange: await open() });
        }
        return await sendMessages(context, {
          messages,
          schedule: options,
          clients: options.clients,
          open,
          validateReply,
          show: (reply) => shown(reply?.text ?? ""),
          afterwards: options.listen ? (exchange) => listen(context, peer, exchange) : undefined,
        });
      } finally {
        log.close();
      }
    });
  });

/** The messages before `bye`. */
function untilBye(raw: readonly string[]): string[] {
  const messages = raw.map((message) => message.trim()).filter((message) => message !== "");
  const bye = messages.findIndex(messagePrompts.leaves);
  return bye === -1 ? messages : messages.slice(0, bye);
}

const shown = (text: string): string => `Received upcall from server: ${text}`;

const interactive = {
  ...messagePrompts,
  show: (reply: Reply | undefined) => shown(reply?.text ?? ""),
  showUnsolicited: shown,
};

/** Shows events until Ctrl-C; with `--timeout`, until the server has been silent for so long. */
async function listen(context: CommandContext, peer: Peer, exchange: Exchange): Promise<void> {
  const name = peerName(peer);
  context.note(`Listening to ${name} (Ctrl-C leaves)`);
  context.endByInterrupt();
  const watch = context.watchSilence(`No event from ${name}`);
  const stop = new AbortController();
  const onEvent = (text: string) => {
    watch.reset();
    context.result(context.quiet ? text : shown(text), textFields("event", text));
  };
  try {
    await Promise.race([watch.over, exchange.listen?.(onEvent, stop.signal)]);
  } finally {
    stop.abort();
    watch.stop();
  }
  throw new PeerError("connection-closed", `${name} closed the connection`);
}

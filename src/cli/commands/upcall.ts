import { labPorts } from "../../core/ports.ts";
import { type Line, prefixed, type Reply, tcpLine } from "../exchange/exchange.ts";
import { holdDialogue, messageDialogue } from "../exchange/interactive.ts";
import { converse } from "../exchange/send-messages.ts";
import { repeatsWhatWasSent } from "../exchange/validate-reply.ts";
import { type CliCommand, peerCommand, withSchedule } from "../program/command.ts";
import type { CommandContext } from "../program/command-context.ts";
import { PeerError } from "../program/errors.ts";
import { type Peer, peerName } from "../program/peer.ts";

/** `distcli upcall`: sends messages one by one and shows each upcall, asked for or not. */
export const upcall: CliCommand = (cli) =>
  withSchedule(
    peerCommand({
      name: "upcall",
      summary: "Send messages to the upcall server and show its upcalls",
      description:
        "Sends comma-separated messages one by one and shows the upcall each of them causes. Without messages it asks for them, or reads them line by line from a pipe; bye leaves.",
      port: labPorts.upcall,
      examples: [
        'distcli upcall 172.16.16.101 "event1, proses data, bye"',
        "distcli upcall 172.16.16.101 hello --listen",
        "distcli upcall 172.16.16.101 --listen --timeout 1m",
        "distcli upcall 172.16.16.101",
      ],
    })
      .argument("[messages...]", "what to send, separated by commas")
      .option("-l, --listen", "stay and show the events that the server sends by itself"),
  ).action((host, words, options) => {
    const peer = { host, port: options.port };
    const messages = untilBye(words.join(" ").split(","));
    return cli.run(options, async (context) => {
      const open = () => tcpLine(context, peer, prefixed(["Upcall event: Processing "]));
      const doubt = repeatsWhatWasSent(peer, "upcall");
      if (messages.length === 0 && !options.listen) {
        return holdDialogue(context, { ...dialogue, doubt, line: await open() });
      }
      return converse(context, {
        messages,
        schedule: options,
        clients: options.clients,
        open,
        doubt,
        show: (reply) => shown(reply?.text ?? ""),
        afterwards: options.listen ? (line) => listen(context, peer, line) : undefined,
      });
    });
  });

/** The messages before the word that leaves. */
function untilBye(raw: readonly string[]): string[] {
  const messages = raw.map((message) => message.trim()).filter((message) => message !== "");
  const bye = messages.findIndex(messageDialogue.leaves);
  return bye === -1 ? messages : messages.slice(0, bye);
}

const shown = (text: string): string => `Received upcall from server: ${text}`;

const dialogue = {
  ...messageDialogue,
  show: (reply: Reply | undefined) => shown(reply?.text ?? ""),
  showUnasked: shown,
};

/** Shows events until Ctrl-C; with `--timeout`, until the server has been silent for so long. */
async function listen(context: CommandContext, peer: Peer, line: Line): Promise<void> {
  const name = peerName(peer);
  context.note(`Listening to ${name} (Ctrl-C leaves)`);
  const watch = context.watchSilence(`No event from ${name}`);
  const stop = new AbortController();
  const heard = (text: string) => {
    watch.heard();
    context.result(context.quiet ? text : shown(text), { event: text });
  };
  try {
    await Promise.race([watch.over, line.listen?.(heard, stop.signal)]);
  } finally {
    stop.abort();
    watch.stop();
  }
  throw new PeerError("connection-closed", `${name} closed the connection`);
}

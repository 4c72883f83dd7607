import { onAbort } from "../../core/deadline.ts";
import { CaptureStartError, openPacketSocket, type PacketSocket } from "../../net/packets/packet-socket.ts";
import { CaptureAnalysis } from "../../protocol/analysis/analysis.ts";
import type { ListeningService } from "../../protocol/analysis/service-ports.ts";
import { type PortFilter, portFilter } from "../../protocol/bpf/port-filter.ts";
import type { ExplainWords } from "../../report/explain/words.ts";
import { type CaptureOutput, checkOutput, openOutput } from "../capture/capture-output.ts";
import { liveLines } from "../capture/live-lines.ts";
import { Recorder } from "../capture/record.ts";
import { checkScriptFile, luaHelp, scriptFor, writeScriptFile } from "../capture/script-file.ts";
import { chosenServices, filterFor, knownServices } from "../capture/services.ts";
import { wiresharkScript } from "../capture/wireshark-lua.ts";
import { languageOption, wordsFor } from "../explain/languages.ts";
import { baseCommand, type CliCommand } from "../program/command.ts";
import type { CommandContext } from "../program/command-context.ts";
import { PeerError, UsageError } from "../program/errors.ts";
import { portNumber, positiveDurationMs, wholeNumber } from "../program/options.ts";

/** `distcli capture`: real packets of the lab's services, from the kernel. */
export const capture: CliCommand = (cli) =>
  baseCommand({
    name: "capture",
    summary: "Capture the packets of the lab's services, and tell what they are as they come",
    description:
      "Captures the packets to and from the lab's ports on all interfaces, and prints a line for each thing that happens. " +
      "With -w they go to a pcapng file for distcli explain or Wireshark, and with --lua beside it a script by which Wireshark " +
      "knows the services of the lab. Works on Linux, as root or with the " +
      "capability CAP_NET_RAW. Ctrl-C ends it.",
    examples: [
      "sudo distcli capture",
      "sudo distcli capture --service mqtt -w lab.pcapng",
      "sudo distcli capture -w lab.pcapng --lua",
      "sudo distcli capture -i lo --service echo --count 20 --json",
      "sudo distcli capture -w - --seconds 10 | distcli explain -",
    ],
  })
    .option("-i, --interface <name>", "the interface; any is all of them", "any")
    .option("--service <names...>", "only these services, with spaces or commas between them")
    .option("-p, --port <port>", "also this port, of TCP and UDP; may be repeated", collectPort)
    .option(
      "-w, --write <file>",
      "write the packets to a pcapng file, or replace this capture; - is the standard output, without lines",
    )
    .option("--lua", luaHelp)
    .option("--seconds <number>", "stop after so many seconds", seconds)
    .option("--count <number>", "stop after so many packets", wholeNumber(1))
    .option("--arp", "also ARP, and IPv6's neighbour discovery")
    .option("--config <file>", "the services and their ports, from a configuration of distsrv")
    .addOption(languageOption)
    .action((options) =>
      cli.run(options, async (context) => {
        const services = await knownServices(cli, options.config);
        const chosen = chosenServices(services, namesIn(options.service ?? []));
        await capturePackets(context, {
          interface: options.interface,
          services,
          filter: filterFor(chosen, options.port ?? [], options.arp ?? false),
          file: options.write,
          script: options.lua === true ? scriptFor(options.write) : undefined,
          limitMs: options.seconds,
          limit: options.count ?? Number.POSITIVE_INFINITY,
          words: wordsFor(options.lang, context.io.env).words,
        });
      }),
    );

const seconds = (value: string): number =>
  positiveDurationMs(/^\d+(\.\d+)?$/.test(value) ? `${value}s` : value);
const namesIn = (texts: readonly string[]): string[] =>
  texts.flatMap((text) => text.split(",")).filter((name) => name !== "");
const collectPort = (value: string, before: readonly number[] | undefined = []): number[] => [
  ...before,
  portNumber(value),
];

interface CaptureOptions {
  readonly interface: string;
  readonly services: readonly ListeningService[];
  readonly filter: PortFilter;
  readonly file: string | undefined;
  /** Where the script for Wireshark goes. */
  readonly script: string | undefined;
  readonly limitMs: number | undefined;
  readonly limit: number;
  readonly words: ExplainWords;
}

async function capturePackets(context: CommandContext, options: CaptureOptions): Promise<void> {
  const { file, script, limit, services, words } = options;
  const lines = file === "-" ? {} : liveLines(context, words);
  if (script !== undefined) checkScriptFile(script);
  checkOutput(file);
  const socket = open({
    interface: options.interface,
    filter: portFilter(options.filter),
    // The first packet comes in a later turn of the event loop, when the recorder and its output are there.
    onPacket: (packet) => {
      recorder.add(packet);
      return recorder.count < limit;
    },
    onBatch: () => output.flush(),
    mayReceive: () => context.io.stdout.isFull !== true,
  });
  const output = openLast(socket, () => {
    if (script !== undefined) writeScriptFile(script, wiresharkScript(services));
    return openOutput(file, context.io.stdout);
  });
  const recorder = new Recorder(output, new CaptureAnalysis({ services, ...lines }));
  try {
    output.flush();
    context.endByInterrupt();
    context.note(words.live.begins(options.interface, portsOf(options.filter)));
    await untilDone(context, socket, options.limitMs);
    const counts = socket.counts();
    recorder.finish(counts);
    context.note(summary(recorder, counts.dropped, options));
  } finally {
    socket.close();
    output.close();
  }
}

/** The output replaces the capture that is there: nothing else may fail after that. */
function openLast(socket: PacketSocket, opens: () => CaptureOutput): CaptureOutput {
  try {
    return opens();
  } catch (error) {
    socket.close();
    throw error;
  }
}

function open(options: Parameters<typeof openPacketSocket>[0]): PacketSocket {
  try {
    return openPacketSocket(options);
  } catch (error) {
    if (!(error instanceof CaptureStartError)) throw error;
    if (error.code === "no-interface") throw new UsageError(error.message);
    throw new PeerError(`capture-${error.code}`, error.message);
  }
}

/** Ctrl-C and the end of the time end it; what has come until then is kept. */
async function untilDone(context: CommandContext, socket: PacketSocket, limitMs: number | undefined) {
  const timer = limitMs === undefined ? undefined : setTimeout(() => socket.finish(), limitMs);
  onAbort(context.signal, () => socket.finish());
  try {
    await socket.done;
  } finally {
    clearTimeout(timer);
  }
}

/** Which ports are watched: a lab on others shows nothing. */
function portsOf({ tcp, udp, hasArp }: PortFilter): string {
  const parts = [
    tcp.length > 0 ? `TCP ${tcp.join(", ")}` : "",
    udp.length > 0 ? `UDP ${udp.join(", ")}` : "",
    hasArp ? "ARP" : "",
  ];
  return parts.filter((part) => part !== "").join("; ");
}

function summary(
  { count, unknown, untold }: Recorder,
  dropped: number,
  { file, script, words: { live } }: CaptureOptions,
): string {
  const told = [live.packets(count, dropped)];
  if (untold > 0) told.push(live.untold(untold));
  if (unknown > 0) told.push(live.unknown(unknown));
  if (file !== undefined && file !== "-") {
    told.push(live.written(file));
    if (count > 0) told.push(live.story(file));
  }
  if (file !== undefined && script !== undefined) told.push(live.script(file, script));
  return told.join("; ");
}

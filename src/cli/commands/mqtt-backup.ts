import { formatSize } from "../../protocol/text/units.ts";
import { findBroker } from "../admin/broker.ts";
import { openStream } from "../admin/open-stream.ts";
import { type AdminPeer, adminCommand, adminPeer } from "../admin/options.ts";
import type { CliCommand } from "../program/command.ts";
import type { CommandContext } from "../program/command-context.ts";
import { PeerError } from "../program/errors.ts";
import { peerName } from "../program/peer.ts";
import { openReplacement } from "../program/replace-file.ts";
import { interruptible } from "../program/timeout.ts";

/** `distcli mqtt backup`: all that a durable broker keeps, while it runs. */
export const mqttBackup: CliCommand = (cli) =>
  adminCommand({
    name: "backup",
    summary: "Copy all that a running distsrv's broker keeps, for distsrv store import",
    description:
      "Asks the admin service of a running distsrv for the sessions, messages, retained messages and wills that its " +
      "broker keeps on the disk (persistence), as the JSON Lines of distsrv store export. With --output a file is " +
      "written, or replaced once the copy is whole. It takes a token with the role admin: messages are in it.",
    examples: [
      "distcli mqtt backup -o backup.jsonl",
      "distcli mqtt backup 172.16.16.101 --token 0123456789abcdef | gzip > backup.jsonl.gz",
    ],
  })
    .option("-o, --output <file>", "a file that only its owner may read; absent: the standard output")
    .option("--service <name>", "of this broker, where there are several")
    .action((host, { output, service, ...options }) =>
      cli.run(options, async (context) => {
        const peer = adminPeer(cli, host, options, "distcli mqtt backup 127.0.0.1");
        const { name } = await findBroker(context, peer, service);
        const file = output === undefined ? undefined : openReplacement(output);
        try {
          const write =
            file === undefined ? writeOut(context) : async (bytes: Uint8Array) => file.write(bytes);
          const size = await copy(context, peer, name, write);
          file?.finish();
          if (output !== undefined)
            context.result(`${formatSize(size)} in ${output}`, { file: output, bytes: size });
        } finally {
          file?.close();
        }
      }),
    );

/** No faster than it is read. */
const writeOut = (context: CommandContext) => async (bytes: Uint8Array) => {
  context.io.stdout.write(bytes);
  await interruptible(context.signal, () => context.drained());
};

/**
 * @returns its bytes
 * @throws {PeerError} where it does not come to its end
 */
async function copy(
  context: CommandContext,
  peer: AdminPeer,
  name: string,
  write: (bytes: Uint8Array) => Promise<void>,
): Promise<number> {
  const path = `/api/services/${encodeURIComponent(name)}/backup`;
  const stream = await openStream(context, peer, path, "application/jsonl");
  const silence = context.watchSilence(`No more of the copy from ${peerName(peer)}`);
  const reader = stream.body.getReader();
  let size = 0;
  let tail = "";
  const copyAll = async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      silence.pause();
      await write(value);
      silence.reset();
      size += value.length;
      tail = (tail + Buffer.from(value.subarray(-tailSize)).toString("latin1")).slice(-tailSize);
    }
  };
  try {
    // One race, because what lasts keeps the results of all that it is in.
    await Promise.race([copyAll(), silence.over]);
  } finally {
    silence.stop();
    stream.close();
  }
  // A connection that breaks looks like an end to some.
  if (!/^\{"type":"end","lines":\d+\}\n$/m.test(tail)) {
    throw new PeerError(
      "cut-short",
      `The copy from ${peerName(peer)} was cut short after ${size} bytes; see its log`,
    );
  }
  return size;
}

/** More bytes than the last line has. */
const tailSize = 64;

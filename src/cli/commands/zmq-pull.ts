import { Option } from "@commander-js/extra-typings";
import { labPorts } from "../../core/ports.ts";
import type { CliCommand } from "../program/command.ts";
import { wholeNumber } from "../program/options.ts";
import { pause } from "../program/schedule.ts";
import { decodeWork, encodings, workText } from "../zmq/message.ts";
import { zmqCommand } from "../zmq/options.ts";
import { receiveEach, withZmq } from "../zmq/socket.ts";

/** `distcli zmq pull`: receives workloads, as a worker. */
export const zmqPull: CliCommand = (cli) =>
  zmqCommand({
    name: "pull",
    summary: "Be a worker: receive workloads",
    description:
      "Receives workloads as one worker of many; Python's pickled integers are understood, and nothing in a " +
      "pickle is ever executed. Ends with Ctrl-C, or after --count workloads.",
    port: labPorts["zmq-push"],
    examples: [
      "distcli zmq pull tcp://172.16.16.101:9999 --worker 1",
      "distcli zmq pull 172.16.16.101 --worker 2 --work",
    ],
  })
    .option("--worker <n>", "number of this worker", wholeNumber(0), 1)
    .option("--work", "be busy for as many seconds as the workload says")
    .option("-C, --count <n>", "leave after so many workloads", wholeNumber(1))
    .addOption(
      new Option("--encoding <name>", "how a workload is written")
        .choices(encodings)
        .default("auto" as const),
    )
    .action((endpoint, options) =>
      cli.run(options, (context) =>
        withZmq(context, "pull", { endpoint, options, side: "connects" }, (client) =>
          receiveEach(context, client, options.count, async (parts) => {
            const work = decodeWork(parts.at(-1) ?? new Uint8Array(0), options.encoding);
            const text = workText(work);
            const line = context.quiet ? text : `Worker ${options.worker} received work: ${text}`;
            const value = work instanceof Uint8Array ? work.toBase64() : work;
            context.result(line, { worker: options.worker, work: value });
            const seconds = Number(work);
            if (options.work && seconds > 0) await pause(Math.min(seconds * 1000, maxDelay), context.signal);
          }),
        ),
      ),
    );

/** Milliseconds: the most that a timer takes. */
const maxDelay = 0x7fff_ffff;

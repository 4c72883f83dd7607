import { basename } from "node:path";
import { InvalidArgumentError, Option } from "@commander-js/extra-typings";
import type { ListeningService } from "../../protocol/analysis/service-ports.ts";
import { asHtml, asMarkdown } from "../../report/explain/render.ts";
import { reportOf } from "../../report/explain/report.ts";
import type { ExplainWords, Language } from "../../report/explain/words.ts";
import { knownServices } from "../capture/services.ts";
import { follower } from "../explain/follow.ts";
import { jsonReport } from "../explain/json-report.ts";
import { languageOption, wordsFor } from "../explain/languages.ts";
import { asMermaid } from "../explain/mermaid.ts";
import { readCapture } from "../explain/read-capture.ts";
import { asShiviz } from "../explain/shiviz.ts";
import { asText } from "../explain/text.ts";
import { baseCommand, type CliCommand } from "../program/command.ts";
import type { CommandContext } from "../program/command-context.ts";
import { UsageError } from "../program/errors.ts";
import { wholeNumber } from "../program/options.ts";
import { tableWidth } from "../terminal/table.ts";

const forms = ["markdown", "html", "mermaid", "shiviz"] as const;
type Form = (typeof forms)[number];

interface ExplainOptions {
  readonly form: Form | undefined;
  readonly chosen: readonly number[];
  readonly follow: number | undefined;
  readonly language: Language;
  readonly words: ExplainWords;
  readonly services: readonly ListeningService[];
}

/** `distcli explain`: tells what a capture of packets shows. */
export const explain: CliCommand = (cli) =>
  baseCommand({
    name: "explain",
    summary: "Tell what a packet capture shows: who talked with whom, what they said, and what is odd",
    description:
      "Reads a pcap or pcapng file (of tcpdump, Wireshark or another program; also packed by gzip or zstd) and " +
      "tells who is who, each conversation from its handshake to its end with every message decoded, what is odd, and " +
      "the sums. A service is known by its port and by what it says. Nothing is told that the capture does not show.",
    examples: [
      "distcli explain lab.pcapng",
      "distcli explain lab.pcapng --lang id --markdown > laporan.md",
      "distcli explain lab.pcapng --conversation 3",
      "distcli explain lab.pcapng --follow 3",
      "sudo tcpdump -i lo -c 100 -w - | distcli explain -",
    ],
  })
    .argument("<file>", "the capture; - reads the standard input")
    .option(
      "-c, --conversation <number>",
      "tell this conversation only, and all of it; may be repeated",
      collect,
    )
    .option("--follow <number>", "print what both sides of this conversation sent", wholeNumber(1))
    .addOption(
      new Option("--markdown", "write Markdown").conflicts(["html", "mermaid", "shiviz", "json", "follow"]),
    )
    .addOption(
      new Option("--html", "write a page that needs no other file").conflicts([
        "mermaid",
        "shiviz",
        "json",
        "follow",
      ]),
    )
    .addOption(
      new Option("--mermaid", "write a sequence diagram for Mermaid").conflicts(["shiviz", "json", "follow"]),
    )
    .addOption(
      new Option("--shiviz", "write a log with vector clocks for ShiViz").conflicts(["json", "follow"]),
    )
    .addOption(languageOption)
    .option("--config <file>", "the services and their ports, from a configuration of distsrv")
    .action((file, options) =>
      cli.run(options, async (context) =>
        explainCapture(context, file, {
          form: forms.find((form) => options[form]),
          chosen: options.conversation ?? [],
          follow: options.follow,
          ...wordsFor(options.lang, context.io.env),
          services: await knownServices(cli, options.config),
        }),
      ),
    );

const conversationNumber = wholeNumber(1);

function collect(value: string, before: readonly number[] | undefined = []): number[] {
  if (before.length >= 1000) throw new InvalidArgumentError("No more than 1000 conversations can be chosen.");
  return [...before, conversationNumber(value)];
}

async function explainCapture(context: CommandContext, file: string, options: ExplainOptions): Promise<void> {
  const { words } = options;
  if (options.follow !== undefined) {
    await follow(context, file, options.follow, options, words);
    return;
  }
  const report = await readCapture(context, file, options);
  const { chosen } = options;
  const all = report.conversations.length;
  const unknown = chosen.find((number) => number > all);
  if (unknown !== undefined) throw new UsageError(words.noConversation(unknown, all));
  if (context.json) {
    for (const object of jsonReport(report, chosen)) context.result("", object);
    return;
  }
  if (options.form === "mermaid" || options.form === "shiviz") {
    context.result(
      options.form === "mermaid" ? asMermaid(report, words, chosen) : asShiviz(report, chosen),
      {},
    );
    return;
  }
  const name = file === "-" ? words.standardInput : basename(file);
  const blocks = reportOf(report, { name, words, chosen });
  context.result(
    options.form === "markdown"
      ? asMarkdown(blocks)
      : options.form === "html"
        ? asHtml(blocks, words.headings.title(name), options.language)
        : asText(blocks, context.style, tableWidth(context.io.stdout, context.io.env)),
    {},
  );
}

async function follow(
  context: CommandContext,
  file: string,
  number: number,
  { services }: ExplainOptions,
  words: ExplainWords,
): Promise<void> {
  const { onData, hasFound } = follower(context, number, words);
  const report = await readCapture(context, file, { services, onData });
  if (!hasFound()) throw new UsageError(words.noConversation(number, report.conversations.length));
}

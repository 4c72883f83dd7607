import { textFields } from "../../protocol/text/byte-text.ts";
import { roundMs } from "../../protocol/text/units.ts";
import type { CommandContext } from "../program/command-context.ts";
import { UsageError } from "../program/errors.ts";
import { type ClientTimes, runClients } from "../program/run-clients.ts";
import { repeated, type Schedule } from "../program/schedule.ts";
import type { Exchange, Reply } from "./exchange.ts";
import type { ValidateReply } from "./validate-reply.ts";

/** The arguments as one message for a byte stream. @throws {UsageError} when it is empty: nothing would be sent */
export function nonEmpty(words: readonly string[]): string {
  const message = words.join(" ");
  if (message === "") throw new UsageError("The message is empty: there would be nothing to send");
  return message;
}

export interface MessagesToSend {
  /** Sent in this order, in every round. */
  readonly messages: readonly string[];
  readonly schedule: Schedule;
  /** How many clients send them at once. */
  readonly clients: number;
  /** @param client its number, where there are several */
  open(client: number | undefined): Promise<Exchange>;
  /** The text to print for a reply, as the original client printed it. */
  show(reply: Reply | undefined, sent: string): string;
  /** The command ends with its error, after the reply has been printed. */
  validateReply?: ValidateReply;
  /** Runs after the last round, before the exchange is closed. */
  afterwards?(exchange: Exchange): Promise<void>;
}

/** Sends messages that are known beforehand and prints the replies, over one connection per client. */
export async function sendMessages(context: CommandContext, options: MessagesToSend): Promise<void> {
  const { clients } = options;
  if (clients === 1) return runClient(context, options, undefined, { answers: 0 }, () => 0);
  return runClients(context, clients, (number, times, elapsed) =>
    runClient(context, options, number, times, elapsed),
  );
}

async function runClient(
  context: CommandContext,
  options: MessagesToSend,
  client: number | undefined,
  times: ClientTimes,
  elapsed: () => number,
): Promise<void> {
  const exchange = await options.open(client);
  times.connected = elapsed();
  try {
    await repeated(options.schedule, context, async (round) => {
      for (const sent of options.messages) {
        const start = elapsed();
        const reply = await exchange.request(sent);
        times.lastAnswer = reply === undefined ? elapsed() : start + reply.ms;
        times.firstAnswer ??= times.lastAnswer;
        times.answers += reply === undefined ? 0 : 1;
        print(context, options, { client, round, sent, reply });
        const invalid = reply === undefined ? undefined : options.validateReply?.(reply, sent);
        if (invalid !== undefined) throw invalid;
      }
    });
    await options.afterwards?.(exchange);
  } finally {
    exchange.close();
  }
}

interface SentMessage {
  readonly client: number | undefined;
  readonly round: number;
  readonly sent: string;
  readonly reply: Reply | undefined;
}

function print(
  context: CommandContext,
  { show }: MessagesToSend,
  { client, round, sent, reply }: SentMessage,
): void {
  // With `--quiet` only the reply itself, for scripts.
  const text = context.quiet && reply !== undefined ? reply.text : show(reply, sent);
  context.result(client === undefined || context.quiet ? text : `client ${client}: ${text}`, {
    client,
    round,
    ...textFields("sent", sent),
    ...textFields("reply", reply?.text),
    ms: reply === undefined ? undefined : roundMs(reply.ms),
  });
}

import type { CommandContext } from "../program/command-context.ts";
import { type PeerError, UsageError } from "../program/errors.ts";
import { type ClientLog, crowd } from "../program/run-clients.ts";
import { repeated, type Schedule } from "../program/schedule.ts";
import type { Line, Reply } from "./exchange.ts";

/** Words as one message for a byte stream. @throws {UsageError} when it has no bytes: they would not be sent */
export function nonEmpty(words: readonly string[]): string {
  const message = words.join(" ");
  if (message === "") throw new UsageError("The message is empty: there would be nothing to send");
  return message;
}

export interface Conversation {
  /** Sent in this order, in every round. */
  readonly messages: readonly string[];
  readonly schedule: Schedule;
  /** How many hold this conversation at once. */
  readonly clients: number;
  open(): Promise<Line>;
  /** The answer as the original demo printed it. */
  show(reply: Reply | undefined, sent: string): string;
  /** Why this cannot be the answer of the right service; told once it has been shown. */
  doubt?(reply: Reply, sent: string): PeerError | undefined;
  /** After the last round; the line is still open. */
  afterwards?(line: Line): Promise<void>;
}

/** Holds a conversation whose words are known beforehand, over one connection per client. */
export async function converse(context: CommandContext, conversation: Conversation): Promise<void> {
  const { clients } = conversation;
  if (clients === 1) return hold(context, conversation, undefined, { answers: 0 }, () => 0);
  return crowd(context, clients, (number, log, since) => hold(context, conversation, number, log, since));
}

async function hold(
  context: CommandContext,
  conversation: Conversation,
  client: number | undefined,
  log: ClientLog,
  since: () => number,
): Promise<void> {
  const line = await conversation.open();
  log.connected = since();
  try {
    await repeated(conversation.schedule, context.signal, async (round) => {
      for (const sent of conversation.messages) {
        const asked = since();
        const reply = await line.ask(sent);
        log.lastAnswer = reply === undefined ? since() : asked + reply.ms;
        log.firstAnswer ??= log.lastAnswer;
        log.answers += reply === undefined ? 0 : 1;
        print(context, conversation, { client, round, sent, reply });
        const doubt = reply === undefined ? undefined : conversation.doubt?.(reply, sent);
        if (doubt !== undefined) throw doubt;
      }
    });
    await conversation.afterwards?.(line);
  } finally {
    line.close();
  }
}

interface Exchange {
  readonly client: number | undefined;
  readonly round: number;
  readonly sent: string;
  readonly reply: Reply | undefined;
}

function print(context: CommandContext, conversation: Conversation, exchange: Exchange): void {
  const { client, round, sent, reply } = exchange;
  // `--quiet` leaves the bare answer, for scripts.
  const text = context.quiet && reply !== undefined ? reply.text : conversation.show(reply, sent);
  context.result(client === undefined || context.quiet ? text : `client ${client}: ${text}`, {
    client,
    round,
    sent,
    reply: reply?.text,
    ms: reply === undefined ? undefined : rounded(reply.ms),
  });
}

/** Microseconds are as fine as it gets. */
export const rounded = (milliseconds: number): number => Number(milliseconds.toFixed(3));

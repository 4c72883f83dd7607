import { textFields } from "../../protocol/text/byte-text.ts";
import { roundMs } from "../../protocol/text/units.ts";
import type { CommandContext } from "../program/command-context.ts";
import type { PeerError } from "../program/errors.ts";
import { linesOf, type Prompter } from "../terminal/io.ts";
import type { Exchange, Reply } from "./exchange.ts";
import type { ValidateReply } from "./validate-reply.ts";

/** Messages that a person types at a prompt, or that come line by line through a pipe. */
export interface Interactive {
  readonly exchange: Exchange;
  /** The lines of a pipe, where the command has looked at them already; absent: those of stdin. */
  readonly lines?: AsyncIterable<string> | undefined;
  /** The prompt before the first message, and before each further one. */
  readonly prompts: { readonly first: string; readonly next: string };
  /** The message to send for a line typed; absent: the line itself. */
  encode?(typed: string): string;
  /** Whether a line, such as `bye`, ends the input. */
  leaves(typed: string): boolean;
  /** Sent at the end, if the protocol has such a message. */
  readonly farewell?: string;
  /** The text to print for a reply. */
  show(reply: Reply | undefined, sent: string): string;
  /** After an invalid reply the input goes on; the first such error is thrown at the end. */
  validateReply?: ValidateReply;
  /** The text to print for a message that the server sends unsolicited. */
  showUnsolicited(text: string): string;
}

/** The prompts of the original clients, and how a person leaves them. */
export const messagePrompts = {
  prompts: { first: "Enter message: ", next: "Enter another message: " },
  leaves: (typed: string): boolean => typed.toLowerCase() === "bye",
} as const satisfies Partial<Interactive>;

/** Sends line after line until the person leaves, stdin ends, or the peer closes the connection. */
export async function runInteractive(context: CommandContext, options: Interactive): Promise<void> {
  const prompter = context.io.openPrompter?.();
  try {
    const errors: PeerError[] = [];
    const send = async (typed: string) => {
      const error = await sendLine(context, options, typed);
      if (error !== undefined) errors.push(error);
    };
    if (prompter === undefined || options.lines !== undefined) await sendPipe(context, options, send);
    else await sendTyped(context, options, prompter, send);
    if (options.farewell !== undefined) await sayFarewell(options.exchange, options.farewell);
    const [first] = errors;
    if (first !== undefined) throw first;
  } finally {
    prompter?.close();
    options.exchange.close();
  }
}

/** Milliseconds that the peer has to close the connection after the farewell. */
const closeTimeout = 1000;

/** The peer closes first, as the farewell asks it to; if it does not, we close after a moment. */
async function sayFarewell(exchange: Exchange, farewell: string): Promise<void> {
  await exchange.send(farewell);
  await exchange.listen?.(() => {}, AbortSignal.timeout(closeTimeout));
}

type SendLine = (typed: string) => Promise<void>;

async function sendPipe(context: CommandContext, options: Interactive, send: SendLine): Promise<void> {
  for await (const typed of options.lines ?? linesOf(context.io.stdin)) {
    context.signal.throwIfAborted();
    if (options.leaves(typed)) return;
    if (typed !== "") await send(typed);
  }
  context.signal.throwIfAborted(); // Ctrl-C ends the pipe, too: no farewell then
}

async function sendTyped(
  context: CommandContext,
  options: Interactive,
  prompter: Prompter,
  send: SendLine,
): Promise<void> {
  let question = options.prompts.first;
  for (;;) {
    const typed = await askWhileListening(context, options, prompter, question);
    context.signal.throwIfAborted();
    if (typed === undefined || options.leaves(typed)) return;
    if (typed === "") continue; // an empty message has no bytes: there would be nothing to answer
    await send(typed);
    question = options.prompts.next;
  }
}

/** The line typed; undefined when the person ends the input, or the peer closes the connection meanwhile. */
async function askWhileListening(
  context: CommandContext,
  { exchange, showUnsolicited }: Interactive,
  prompter: Prompter,
  question: string,
): Promise<string | undefined> {
  const answered = new AbortController();
  const ended = new AbortController();
  const onMessage = (text: string) =>
    prompter.above(() => context.result(showUnsolicited(text), textFields("event", text)));
  const listening = (exchange.listen?.(onMessage, answered.signal) ?? Promise.resolve("stopped")).then(
    (how) => {
      if (how === "ended") ended.abort();
    },
  );
  // A rejection is thrown below, when the question is over; before that it must not count as unhandled.
  listening.catch(() => ended.abort());
  const typed = await prompter.ask(question, AbortSignal.any([ended.signal, context.signal]));
  answered.abort();
  await listening;
  if (ended.signal.aborted) context.note("\nThe server has closed the connection.");
  return typed;
}

async function sendLine(
  context: CommandContext,
  options: Interactive,
  typed: string,
): Promise<PeerError | undefined> {
  const sent = options.encode?.(typed) ?? typed;
  const reply = await options.exchange.request(sent);
  context.result(options.show(reply, sent), {
    ...textFields("sent", sent),
    ...textFields("reply", reply?.text),
    ms: reply === undefined ? undefined : roundMs(reply.ms),
  });
  return reply === undefined ? undefined : options.validateReply?.(reply, sent);
}

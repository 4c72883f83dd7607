import type { CommandContext } from "../program/command-context.ts";
import type { PeerError } from "../program/errors.ts";
import type { Prompter } from "../terminal/io.ts";
import { linesOf } from "../terminal/lines.ts";
import type { Line, Reply } from "./exchange.ts";
import { rounded } from "./send-messages.ts";

/** A conversation whose words come from a person, or line by line through a pipe. */
export interface Dialogue {
  readonly line: Line;
  /** Asked before the first message, and before each further one. */
  readonly prompts: { readonly first: string; readonly next: string };
  /** What is sent for a line typed. */
  encode?(typed: string): string;
  /** The line that ends the dialogue, such as `bye`. */
  leaves(typed: string): boolean;
  /** The last word to the peer, where there is one. */
  readonly farewell?: string;
  show(reply: Reply | undefined, sent: string): string;
  /** Why this cannot be the answer of the right service. The dialogue goes on; the first one is told at its end. */
  doubt?(reply: Reply, sent: string): PeerError | undefined;
  /** What the peer says unasked. */
  showUnasked(text: string): string;
}

/** How the demos ask for messages and let a person leave. */
export const messageDialogue = {
  prompts: { first: "Enter message: ", next: "Enter another message: " },
  leaves: (typed: string): boolean => typed.toLowerCase() === "bye",
} as const satisfies Partial<Dialogue>;

/** Runs until the person leaves, stdin ends, or the peer ends the conversation. */
export async function holdDialogue(context: CommandContext, dialogue: Dialogue): Promise<void> {
  const prompter = context.io.openPrompter?.();
  try {
    const doubts: PeerError[] = [];
    const exchanged = async (typed: string) => {
      const doubt = await exchange(context, dialogue, typed);
      if (doubt !== undefined) doubts.push(doubt);
    };
    if (prompter === undefined) await readFromPipe(context, dialogue, exchanged);
    else await askPerson(context, dialogue, prompter, exchanged);
    if (dialogue.farewell !== undefined) await sayFarewell(dialogue.line, dialogue.farewell);
    const [doubt] = doubts;
    if (doubt !== undefined) throw doubt;
  } finally {
    prompter?.close();
    dialogue.line.close();
  }
}

/** Milliseconds that a peer has to hang up after the last word. */
const hangUpPatience = 1000;

/** The peer hangs up first, as the last word asks it to; one that does not is left all the same. */
async function sayFarewell(line: Line, word: string): Promise<void> {
  await line.tell(word);
  await line.listen?.(() => {}, AbortSignal.timeout(hangUpPatience));
}

type Exchange = (typed: string) => Promise<void>;

async function readFromPipe(context: CommandContext, dialogue: Dialogue, exchanged: Exchange): Promise<void> {
  for await (const typed of linesOf(context.io.stdin)) {
    context.signal.throwIfAborted();
    if (dialogue.leaves(typed)) return;
    if (typed !== "") await exchanged(typed);
  }
  context.signal.throwIfAborted(); // Ctrl-C ends the pipe, too: no farewell then
}

async function askPerson(
  context: CommandContext,
  dialogue: Dialogue,
  prompter: Prompter,
  exchanged: Exchange,
): Promise<void> {
  let question = dialogue.prompts.first;
  for (;;) {
    const typed = await askWhileListening(context, dialogue, prompter, question);
    context.signal.throwIfAborted();
    if (typed === undefined || dialogue.leaves(typed)) return;
    if (typed === "") continue; // an empty message has no bytes: there would be nothing to answer
    await exchanged(typed);
    question = dialogue.prompts.next;
  }
}

/** The line typed; undefined when the person, or the peer meanwhile, has ended it. */
async function askWhileListening(
  context: CommandContext,
  dialogue: Dialogue,
  prompter: Prompter,
  question: string,
): Promise<string | undefined> {
  const answered = new AbortController();
  const ended = new AbortController();
  const heard = (text: string) =>
    prompter.above(() => context.result(dialogue.showUnasked(text), { event: text }));
  const listening = (dialogue.line.listen?.(heard, answered.signal) ?? Promise.resolve("stopped")).then(
    (how) => {
      if (how === "ended") ended.abort();
    },
  );
  // Told when the question is over; a rejection before that must not go unhandled.
  listening.catch(() => ended.abort());
  const typed = await prompter.ask(question, AbortSignal.any([ended.signal, context.signal]));
  answered.abort();
  await listening;
  if (ended.signal.aborted) context.note("\nThe server has closed the connection.");
  return typed;
}

async function exchange(
  context: CommandContext,
  dialogue: Dialogue,
  typed: string,
): Promise<PeerError | undefined> {
  const sent = dialogue.encode?.(typed) ?? typed;
  const reply = await dialogue.line.ask(sent);
  context.result(dialogue.show(reply, sent), {
    sent,
    reply: reply?.text,
    ms: reply === undefined ? undefined : rounded(reply.ms),
  });
  return reply === undefined ? undefined : dialogue.doubt?.(reply, sent);
}

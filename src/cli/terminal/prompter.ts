import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { onAbort } from "../../core/deadline.ts";
import type { Prompter } from "./io.ts";

export interface TerminalStreams {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  /** Called on Ctrl-C: the terminal is in raw mode, so there is no signal. */
  readonly interrupt: () => void;
  /** Show the questions, but do not echo what is typed. */
  readonly hidden?: boolean;
}

const never = new AbortController().signal;

/** Asks a person at a terminal, with line editing and a history. */
export function terminalPrompter({ input, output, interrupt, hidden = false }: TerminalStreams): Prompter {
  const editor = createInterface({ input, output: hidden ? nowhere() : output, terminal: true });
  let closed = false;
  editor.on("SIGINT", interrupt);
  editor.once("close", () => {
    closed = true;
  });
  return {
    ask: (question, signal = never) => {
      if (closed || signal.aborted) return Promise.resolve(undefined);
      return new Promise((resolve) => {
        const settle = (line: string | undefined) => {
          if (hidden) output.write("\n"); // the person's own line end was not echoed
          editor.off("line", settle);
          editor.off("close", leave);
          stopListening();
          resolve(line);
        };
        const leave = () => settle(undefined);
        editor.on("line", settle);
        editor.on("close", leave);
        const stopListening = onAbort(signal, leave);
        if (hidden) output.write(question);
        editor.setPrompt(question);
        editor.prompt();
      });
    },
    above: (print) => {
      output.write("\r\x1b[K");
      print();
      editor.prompt(true); // the question again, with what has been typed so far
    },
    close: () => editor.close(),
  };
}

const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() });

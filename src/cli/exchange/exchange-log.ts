import { describeError } from "../../core/errors.ts";
import { textFields } from "../../protocol/text/byte-text.ts";
import { type LogFile, noLogFile, openLogFile } from "../program/log-file.ts";
import { type Peer, peerName } from "../program/peer.ts";
import { jsonLine } from "../terminal/json.ts";
import type { Exchange } from "./exchange.ts";
import type { ValidateReply } from "./validate-reply.ts";

/** What happens in an exchange, as the file of `--log` keeps it. */
type Entry =
  | { readonly event: "connected" }
  | { readonly event: "sent" | "received" | "event"; readonly text: string }
  | { readonly event: "error"; readonly message: string }
  | { readonly event: "ended"; readonly by: "server" | "client" };

/** Keeps a whole exchange in a file, each line with its time: what was asked, answered, went wrong, and the end. */
export interface ExchangeLog {
  /** Opens an exchange, from which on everything in it is kept. */
  open(open: () => Promise<Exchange>, client: number | undefined): Promise<Exchange>;
  /** Keeps what is wrong with a reply, too. */
  validated(validate: ValidateReply): ValidateReply;
  close(): void;
}

/** @throws {UsageError} when the file cannot be opened */
export function openExchangeLog(path: string | undefined, peer: Peer, json: boolean): ExchangeLog {
  const file: LogFile = path === undefined ? noLogFile : openLogFile(path);
  const kept = new WeakSet<Error>();
  const write = (client: number | undefined, entry: Entry) =>
    file.write(line(new Date(), peerName(peer), client, entry, json));
  /** An error passes several of us on its way, and is kept once. */
  const keepError = (client: number | undefined, error: unknown): void => {
    if (error instanceof Error && kept.has(error)) return;
    if (error instanceof Error) kept.add(error);
    write(client, { event: "error", message: describeError(error) });
  };
  const guarded = async <T>(client: number | undefined, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      keepError(client, error);
      throw error;
    }
  };
  return {
    open: async (open, client) => {
      const exchange = await guarded(client, open);
      try {
        write(client, { event: "connected" });
      } catch (error) {
        exchange.close(); // nobody else has it yet
        throw error;
      }
      return logged(exchange, {
        write: (entry) => write(client, entry),
        guarded: (work) => guarded(client, work),
      });
    },
    validated: (validate) => (reply, sent) => {
      const error = validate(reply, sent);
      if (error !== undefined) keepError(undefined, error);
      return error;
    },
    close: () => file.close(),
  };
}

interface Keeper {
  write(entry: Entry): void;
  guarded<T>(work: () => Promise<T>): Promise<T>;
}

function logged(exchange: Exchange, { write, guarded }: Keeper): Exchange {
  let hasEnded = false;
  const end = (by: "server" | "client") => {
    if (!hasEnded) write({ event: "ended", by });
    hasEnded = true;
  };
  const send = <T>(message: string, work: () => Promise<T>): Promise<T> => {
    write({ event: "sent", text: message });
    return guarded(work);
  };
  const { listen } = exchange;
  return {
    request: async (message) => {
      const reply = await send(message, () => exchange.request(message));
      if (reply !== undefined) write({ event: "received", text: reply.text });
      return reply;
    },
    send: (message) => send(message, () => exchange.send(message)),
    ...(listen && {
      listen: async (onMessage, stop) => {
        const keep = (text: string) => {
          write({ event: "event", text });
          onMessage(text);
        };
        const how = await guarded(() => listen(keep, stop));
        if (how === "ended") end("server");
        return how;
      },
    }),
    close: () => {
      exchange.close();
      end("client");
    },
  };
}

function line(time: Date, peer: string, client: number | undefined, entry: Entry, json: boolean): string {
  if (!json)
    return `${time.toISOString()} ${client === undefined ? "" : `client ${client} `}${shown(peer, entry)}\n`;
  const { event } = entry;
  const said = "text" in entry ? textFields("text", entry.text) : entry;
  return `${jsonLine({ time: time.toISOString(), peer, client, event, ...said })}\n`;
}

function shown(peer: string, entry: Entry): string {
  switch (entry.event) {
    case "connected":
      return `connected to ${peer}`;
    case "error":
      return `error: ${oneLine(entry.message)}`;
    case "ended":
      return entry.by === "server"
        ? `ended: ${peer} closed the connection`
        : "ended: we closed the connection";
    default:
      return `${entry.event}: ${oneLine(entry.text)}`;
  }
}

/** Each entry keeps to its line, whatever a peer sends. */
const oneLine = (text: string): string => text.replaceAll("\n", "\\n").replaceAll("\r", "\\r");

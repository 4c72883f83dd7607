import type { Logger } from "../core/log.ts";
import type { Conversation, Fields, TrafficEvent } from "../core/traffic.ts";
import type { Observer } from "./observer.ts";

/**
 * Logs what the services receive and answer.
 * @param perSecond messages per second and service; the log says how many more there were
 */
export function logTraffic(logger: (service: string) => Logger, perSecond: number): Observer {
  const log = (
    { service, remote }: Conversation,
    text: string,
    level: "debug" | "info" = "info",
    client = "",
  ) => {
    const isNamed = client !== "" && client !== remote;
    logger(service)[level](text, { ...(remote !== "" && { peer: remote }), ...(isNamed && { client }) });
  };
  /** Services with connections that are logged. Of the others a count of connections sampled out means nothing. */
  const withConnections = new Set<string>();
  return {
    rates: perSecond > 0 ? { open: perSecond, message: perSecond, close: perSecond } : {},
    observe(event: TrafficEvent) {
      switch (event.kind) {
        case "message":
          // What comes by the clock would push everything else off the screen.
          return log(
            event.conversation,
            event.text,
            event.isScheduled === true ? "debug" : "info",
            clientOf(event.fields),
          );
        case "open":
          if (!isConnection(event.conversation)) return;
          withConnections.add(event.conversation.service);
          return log(event.conversation, "Client connected");
        case "close": {
          const reason = event.reason === undefined ? "" : ` (${event.reason})`;
          return isConnection(event.conversation)
            ? log(event.conversation, `Client left${reason}`)
            : undefined;
        }
        case "half-close":
        case "bytes":
          return undefined;
      }
    },
    sampledOut(service, kind, count) {
      if (kind !== "message" && !withConnections.has(service)) return;
      logger(service).info(
        `${count} more ${sampledOutNames[kind]} in this second (log.messages is ${perSecond})`,
      );
    },
  };
}

/** The name that a client has given itself. */
const clientOf = (fields: Fields = {}): string => (typeof fields.client === "string" ? fields.client : "");

const sampledOutNames = {
  message: "messages",
  open: "clients connected",
  close: "clients left",
  "half-close": "clients that had ended their side",
  bytes: "chunks",
};

/** A datagram opens and closes with its message, which is logged anyway. */
function isConnection(conversation: Conversation): boolean {
  return conversation.transport !== "udp";
}

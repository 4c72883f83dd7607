import type { Logger } from "../core/log.ts";
import type { Conversation, TrafficEvent } from "../core/traffic.ts";
import type { Observer } from "./traffic-hub.ts";

/**
 * Tells the log what the services receive and answer.
 * @param perSecond messages told a second and service; what is left out is counted and told
 */
export function logTraffic(logger: (service: string) => Logger, perSecond: number): Observer {
  const tell = (conversation: Conversation, text: string) => {
    const { service, remote } = conversation;
    logger(service).info(text, remote === "" ? {} : { peer: remote });
  };
  /** Services whose conversations are told: a count of what nobody would have been told means nothing. */
  const lasting = new Set<string>();
  return {
    appetite: perSecond > 0 ? { open: perSecond, message: perSecond, close: perSecond } : {},
    observe(event: TrafficEvent) {
      switch (event.kind) {
        case "message":
          return tell(event.conversation, event.text);
        case "open":
          if (!isLasting(event.conversation)) return;
          lasting.add(event.conversation.service);
          return tell(event.conversation, "Client connected");
        case "close": {
          const reason = event.reason === undefined ? "" : ` (${event.reason})`;
          return isLasting(event.conversation) ? tell(event.conversation, `Client left${reason}`) : undefined;
        }
        case "bytes":
          return undefined;
      }
    },
    leftOut(service, kind, count) {
      if (kind !== "message" && !lasting.has(service)) return;
      logger(service).info(
        `${count} more ${leftOutWords[kind]} in this second (log.messages is ${perSecond})`,
      );
    },
  };
}

const leftOutWords = {
  message: "messages",
  open: "clients connected",
  close: "clients left",
  bytes: "chunks",
};

/** A datagram or an HTTP exchange comes and goes with its message: that is told already. */
function isLasting(conversation: Conversation): boolean {
  return conversation.transport !== "udp" && conversation.transport !== "http";
}

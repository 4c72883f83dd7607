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
  return {
    appetite: perSecond > 0 ? { open: perSecond, message: perSecond, close: perSecond } : {},
    observe(event: TrafficEvent) {
      switch (event.kind) {
        case "message":
          return tell(event.conversation, event.text);
        case "open":
          return isLasting(event.conversation) ? tell(event.conversation, "Client connected") : undefined;
        case "close": {
          const reason = event.reason === undefined ? "" : ` (${event.reason})`;
          return isLasting(event.conversation) ? tell(event.conversation, `Client left${reason}`) : undefined;
        }
        case "bytes":
          return undefined;
      }
    },
    leftOut(service, kind, count) {
      if (kind !== "message") return;
      logger(service).info(`${count} more messages in this second (log.messages tells ${perSecond} of them)`);
    },
  };
}

/** A datagram or an HTTP exchange comes and goes with its message: that is told already. */
function isLasting(conversation: Conversation): boolean {
  return conversation.transport !== "udp" && conversation.transport !== "http";
}

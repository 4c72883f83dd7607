import type { DissectionSink, Dissector } from "../conversation/dissector.ts";
import type { Side } from "../conversation/place.ts";
import { DnsDissector } from "./dns.ts";
import { HttpDissector, isHttpStart } from "./http.ts";
import { isMqttConnect, MqttDissector } from "./mqtt.ts";
import { TextExchangeDissector } from "./text-exchange.ts";
import { isTlsRecord, TlsDissector } from "./tls.ts";
import { isZmtpGreeting, ZmtpDissector } from "./zmtp.ts";

export interface Choice {
  readonly transport: "tcp" | "udp";
  /** Of the service, as the port says; undefined: no service of the lab has it. */
  readonly role: string | undefined;
  readonly serverPort: number;
  /** The capture has the beginning of the conversation. */
  readonly hasBeginning: boolean;
}

/** Roles whose clients may send anything, also what looks like another protocol. */
const textRoles: Readonly<Record<string, readonly [protocol: string, answering: "answered" | "silent"]>> = {
  echo: ["echo", "answered"],
  upcall: ["upcall", "answered"],
  time: ["TIME", "answered"],
  oneway: ["one-way", "silent"],
};

/** Chooses by what is said first where that is plain, and by the port else. */
export function chooseDissector(sink: DissectionSink, choice: Choice, side: Side, first: Buffer): Dissector {
  if (choice.transport === "udp") return chooseUdp(sink, choice);
  const { role, hasBeginning } = choice;
  if (isTlsRecord(first)) return new TlsDissector(sink);
  const text = role === undefined ? undefined : textRoles[role];
  if (text !== undefined) return new TextExchangeDissector(sink, ...text);
  if (isMqttConnect(first) && side === "client") return new MqttDissector(sink, false);
  if (isHttpStart(first)) return new HttpDissector(sink);
  if (isZmtpGreeting(first)) return new ZmtpDissector(sink);
  // Nothing says what it is, so the port's word counts; not for protocols that only a beginning makes readable.
  if (role === "mqtt") return new MqttDissector(sink, !hasBeginning);
  if (role?.startsWith("zmq-") && hasBeginning) return new ZmtpDissector(sink);
  return new TextExchangeDissector(sink, "TCP", "unknown");
}

function chooseUdp(sink: DissectionSink, { role, serverPort }: Choice): Dissector {
  if (serverPort === 53 || serverPort === 5353) return new DnsDissector(sink);
  return role === "udp"
    ? new TextExchangeDissector(sink, "UDP", "answered")
    : new TextExchangeDissector(sink, "UDP", "unknown");
}

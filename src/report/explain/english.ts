import { shellWord } from "../../protocol/text/shell-word.ts";
import { fromMilliseconds, seconds, timeLeft } from "./quantities.ts";
import type { ExplainWords } from "./words.ts";

const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;
const sides = { client: "client", server: "server" } as const;
const sideOf = (value: string | number | undefined): string => (value === "server" ? "server" : "client");
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const mqttClient = (name: unknown): string => (name === "" ? "an MQTT client" : `the MQTT client "${name}"`);

/** `a`, `a, b and c`, `a, b and 7 more`. */
function listed(names: readonly string[], more: number): string {
  const parts = more === 0 ? names : [...names, `${more} more`];
  return parts.length < 2 ? parts.join() : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

/** What becomes of the capture after a packet: who waits for nothing has no answer yet. */
function captureAfter(waited: unknown): string {
  const time = timeLeft(waited);
  return time === undefined ? "the capture ends right after it" : `the capture goes on for ${time} after it`;
}

export const english: ExplainWords = {
  locale: "en-GB",
  sides,
  standardInput: "the standard input",
  live: {
    begins: (where, ports) => `Capturing on ${where}: ${ports}; Ctrl-C ends it`,
    count: (count) => plural(count, "packet"),
    packets: (count, lost) => `${plural(count, "packet")}, ${lost} lost`,
    untold: (count) => `${count} of further conversations not told`,
    unknown: (count) => `${count} of links that distcli does not know left out`,
    written: (file) => `written to ${file}`,
    story: (file) =>
      `their story: distcli explain ${shellWord(file)}, or as a document: distcli report ${shellWord(file)} -o report.html`,
    script: (file, script) =>
      `in Wireshark: wireshark -X ${shellWord(`lua_script:${script}`)} ${shellWord(file)}`,
  },
  headings: {
    title: (file) => `What ${file} shows`,
    odd: "What is odd",
    hosts: "Who is who",
    network: "ARP and ICMP",
    conversations: "The conversations",
    conversation: (number, service) => `Conversation ${number}: ${service}`,
    sums: "Sums per conversation",
    services: "Sums per service",
    acknowledgements: "What a TCP ACK proves, and what it does not",
  },
  columns: {
    packet: "packet",
    time: "seconds",
    what: "what",
    acknowledgement: "TCP ACK",
    address: "address",
    hardwareAddress: "hardware address",
    serves: "answers as",
    uses: "asks",
    clientNames: "MQTT client",
    number: "no.",
    conversation: "client → server",
    service: "service",
    conversations: "conversations",
    packets: "packets",
    bytes: "bytes",
    payload: "payload",
    duration: "duration",
    throughput: "payload/s",
    handshake: "handshake",
    answers: "answers",
    median: "median",
    percentile: (share) => `${share} %`,
    slowest: "slowest",
    end: "end",
  },
  summary: ({ packets, size, duration, begin, conversations }) =>
    `${packets} ${packets === "1" ? "packet" : "packets"}, ${size}, ${duration === "" ? "at" : `in ${duration} from`} ${begin}; ${plural(conversations, "conversation")}.`,
  writtenBy: (application) => `Written by ${application}.`,
  interfaces: (names) => `Captured on ${names}.`,
  recordedServices: (names, more) =>
    `It has what ${names.length === 1 ? "the service" : "the services"} ${listed(names, more)} received and sent.`,
  recordedHeaders: "The headers of IP, TCP and UDP around that were made up by the program that wrote it.",
  madeUpHeaders:
    "The messages are real; the headers of IP, TCP and UDP around them were made up by the program that wrote the file. So handshakes, ACKs and ends stand for connections that began and ended, and prove nothing of a network.",
  kinds: (list) => `Beside TCP and UDP: ${list}.`,
  kindNames: {
    arp: "ARP",
    icmp: "ICMP",
    fragment: "fragments of datagrams that are not complete",
    other: "of other protocols",
    malformed: "malformed",
  },
  noPackets: "The capture has no packets.",
  nothingOdd: "Nothing that this program looks for.",
  isOmitted: (count) => `and ${count} more of this kind`,
  omittedSteps: (count) => `… ${plural(count, "step")} left out …`,
  omittedConversations: (shown, all) =>
    `The first ${shown} of ${all} are told here; --conversation NUMBER tells another, and the table below has them all.`,
  inConversation: (number) => `conversation ${number}`,
  inPackets: (packets, isMore) => `packet ${packets}${isMore ? ", …" : ""}`,
  times: (count) => `${count} times`,
  event: (event, duration) => {
    switch (event.kind) {
      case "syn":
        return event.isAgain ? "SYN again" : "SYN: asks for a connection";
      case "syn-ack":
        return event.isAgain ? "SYN, ACK again" : "SYN, ACK: accepts it";
      case "established":
        return `ACK: the connection is open${duration === "" ? "" : `, ${duration} after the SYN`}`;
      case "fin":
        return "FIN: sends nothing more";
      case "reset":
        return event.isRefusal ? "RST: refuses the connection" : "RST: breaks the connection off";
      case "retransmission":
        return `retransmission of ${event.length} B`;
      case "out-of-order":
        return `${event.length} B that were overtaken on the way`;
      case "gap":
        return `${event.length} B that the capture does not have`;
      case "zero-window":
        return "window 0: can take no more bytes at the moment";
      case "window-open":
        return `the window is open again after ${duration}`;
      case "keep-alive":
        return "TCP keep-alive";
    }
  },
  answered: (time, packet) => `${time} after packet ${packet}`,
  handshake: (time) => `The three-way handshake took ${time}.`,
  noHandshake: "The capture does not have its handshake.",
  serverClosedUnasked:
    "The server closed before it had read the client's FIN; which was sent first the recording cannot tell.",
  ends: {
    asking: () => "The capture has no answer to the SYN.",
    refused: () => "The server refused the connection: nothing listens on that port, or a firewall says so.",
    answered: () => "The handshake was not finished: the client's ACK is missing.",
    open: () => "Neither side had closed it when the capture ended.",
    "half-closed": (by) => `The ${by} sent FIN; the other side had not when the capture ended.`,
    closed: (by) => `The ${by} closed first; then the other side did.`,
    reset: (by) => `The ${by} broke it off with RST.`,
  },
  endsShort: {
    asking: "no answer",
    refused: "refused",
    answered: "half-open",
    open: "open",
    "half-closed": "half-closed",
    closed: "closed",
    reset: "reset",
  },
  publishedWill: ({ topic, connect, end, reason, publish, subscriber }) =>
    `${reason === undefined ? `The connection ended without a DISCONNECT by the client (packet ${end}).` : `The client left with DISCONNECT, packet ${end}, whose reason "${reason}" leaves the will to be published.`} CONNECT, packet ${connect}, has a will on "${topic}", and then packet ${publish} is a PUBLISH of this topic and the will's payload to the subscriber of conversation ${subscriber}.`,
  sums: ({ side, packets, wire, payload }) =>
    `The ${side} sent ${plural(packets, "packet")} of ${wire} together, ${payload === "" ? "without payload" : `${payload} of them payload`}.`,
  answerTimes: (count, median, high, max) =>
    count === 1
      ? `One message was answered, after ${max}.`
      : `${count} messages were answered: half of them within ${median}, ${high === max ? "" : `95 % within ${high}, `}the slowest after ${max}.`,
  repeatedSightings: (count) =>
    `${plural(count, "packet is", "packets are")} in the capture twice, as seen on two interfaces; they are counted once.`,
  acknowledgement: {
    general:
      "A TCP ACK says that the other side's operating system has received the bytes. It does not say that the program has read them, understood them or done anything with them. Only an answer of the program itself can say that.",
    atMostOnce: (publish, tcp, receiver) =>
      `Packet ${publish} is a PUBLISH with QoS 0. Packet ${tcp} acknowledges its bytes, but that is TCP: MQTT has no acknowledgement for QoS 0, and nothing in the capture says that the ${receiver} accepted the message.`,
    atMostOnceUnacknowledged: (publish) =>
      `Packet ${publish} is a PUBLISH with QoS 0, and the capture has not even TCP's ACK of it.`,
    atLeastOnce: (publish, tcp, puback, receiver) =>
      `Packet ${publish} is a PUBLISH with QoS 1. ${tcp === undefined ? "P" : `Packet ${tcp} is TCP's ACK of its bytes; p`}acket ${puback} is the PUBACK, in which the ${receiver} itself says that it has the message.`,
    exactlyOnce: (publish, pubrec, release, receiver) =>
      `Packet ${publish} is a PUBLISH with QoS 2. Packet ${pubrec} is the PUBREC, in which the ${receiver} itself says that it has the message${release === undefined ? "" : `; with packet ${release[0]} (PUBREL) and packet ${release[1]} (PUBCOMP) both sides let go of its identifier, so that it is not taken twice`}.`,
  },
  findings: {
    "damaged-capture": ({ reason, packets }) =>
      `The capture cannot be read to its end: ${reason}. What is told here is of the ${packets} packets before that.`,
    "dropped-by-capture": ({ count }) =>
      `The capturing machine lost ${plural(Number(count), "packet")}, so what seems to be missing may have been there.`,
    refused: ({ port }) => `The server refused the connection to port ${port} with RST.`,
    "half-open": ({ state, port, waited }) =>
      state === "answered"
        ? `The client has not finished the handshake with port ${port}; ${captureAfter(waited)}.`
        : `The SYN to port ${port} has no answer; ${captureAfter(waited)}.`,
    reset: ({ side, after }) =>
      after === "FIN"
        ? `The ${sideOf(side)} answered with RST what came after its own FIN: it had closed before the other side was done.`
        : `The ${sideOf(side)} broke the connection off with RST, instead of closing it with FIN.`,
    "will-published": ({ client, topic, end, reason }) =>
      `${reason === undefined ? `The connection of ${mqttClient(client)} ended without its DISCONNECT` : `${capital(mqttClient(client))} left with DISCONNECT and the reason "${reason}"`} (packet ${end}), and its will was published on "${topic}".`,
    "client-id-twice": ({ client, first, other }) =>
      `The MQTT client identifier "${client}" connects although conversation ${other} still uses it (since packet ${first}): a broker closes the older one.`,
    "mqtt-refused": ({ reason }) => `The broker refused the client: ${reason}.`,
    "missing-ack": ({ label, waited }) => `${label} has no acknowledgement; ${captureAfter(waited)}.`,
    unanswered: ({ label, waited }) =>
      waited === undefined
        ? `No answer to: ${label}.`
        : `No answer to: ${label}. ${capital(captureAfter(waited))}.`,
    "topic-mismatch": ({ topic, filters }) =>
      `"${topic}" is published, and no subscription of this capture matches it, while these get nothing: ${filters}. Is one of them misspelt?`,
    "silent-subscription": ({ filter }) => `The subscription "${filter}" got no message.`,
    "keep-alive-silence": ({ silence, keepAlive }) =>
      `The MQTT client was silent for ${seconds(silence)} s with a keep-alive of ${keepAlive} s: after one and a half times that a broker closes.`,
    unreachable: ({ text, by }) => `${by} says: ${text}.`,
    undecodable: ({ protocol, reason }) => `From here on the bytes cannot be read as ${protocol}: ${reason}.`,
    "zero-window": ({ side }) =>
      `The ${sideOf(side)} closed its receive window: its program reads more slowly than the other side sends.`,
    retransmission: ({ what }, count) =>
      `${what === "data" ? "Data" : what} sent again${count > 1 ? `, ${count} times` : ""}: it was lost, or its ACK was late.`,
    "error-answer": ({ text }, count) =>
      `An answer that reports an error${count > 1 ? `, ${count} times` : ""}: ${text}.`,
    "slow-answer": ({ time, median, to }) =>
      `The answer to packet ${to} took ${fromMilliseconds(time)}, and half of this service's answers took ${fromMilliseconds(median)} or less.`,
    "out-of-order": (_values, count) => `${plural(count, "segment")} came after a later one.`,
    gap: ({ bytes }, count) =>
      count === 1
        ? `${bytes} B of the stream are not in the capture.`
        : `In ${count} places bytes of the stream are not in the capture; ${bytes} B in the first.`,
    "begins-in-the-middle": (_values, count) =>
      `${plural(count, "connection")} had begun before the capture did, so the handshake, and what was agreed on in it, is not known.`,
    "cut-packets": (_values, count) =>
      `${plural(count, "packet was", "packets were")} not kept whole (the capture's snap length).`,
    "unknown-link": ({ linkType }, count) =>
      `${plural(count, "packet")} of a kind of link that this program does not know (LINKTYPE ${linkType}).`,
    "malformed-packet": (_values, count) =>
      `${plural(count, "packet")} with a header that is cut off or makes no sense.`,
    "too-many-conversations": ({ limit, packets }) =>
      `More than ${limit} conversations: ${packets} packets of further ones were not looked into.`,
  },
  noConversation: (number, all) =>
    all === 0
      ? `There is no conversation ${number}: the capture has none`
      : `There is no conversation ${number} with data: the capture has conversations 1 to ${all}`,
  mermaidOmitted: (count) => `${plural(count, "further step")} left out`,
};

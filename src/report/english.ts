import { english as explain } from "./explain/english.ts";
import { packetList, plural } from "./packet-list.ts";
import type { ReportWords } from "./words.ts";

export const english: ReportWords = {
  title: "Lab report",
  cover: { name: "Name", studentNumber: "Student number", course: "Course", date: "Date" },
  headings: {
    capture: "The capture",
    experiment: "Experiment",
    goal: "What it shows",
    lookFor: "What to look for",
    commands: "What was done",
    diagram: "Sequence diagram",
    packets: "Packets",
    sums: "Sums",
    explanation: "Explanation",
    odd: "What is odd",
    analysis: "Analysis",
  },
  service: (name) => `Service ${name}`,
  diagramOf: (service) => `Sequence diagram of ${service}`,
  timesFrom: "Times are in seconds since the first packet of the capture; numbers are those of the packets.",
  omittedArrows: (count) => `${plural(count, "further step")} not drawn`,
  omittedTables: (shown, all) =>
    `The first ${shown} of ${all} conversations have a table here; the sums have them all.`,
  analysisHint: "Your own thoughts go here.",
  fact: {
    conversation: (number, client, server, transport) =>
      `Conversation ${number}, ${client} with ${server} over ${transport}.`,
    syn: (packet) => `Packet ${packet} asks for a connection (SYN); the capture has no answer to it.`,
    handshake: ([syn, answer, ack], duration) =>
      `Packets ${syn} (SYN), ${answer} (SYN, ACK) and ${ack} (ACK) are the three-way handshake, which took ${duration}.`,
    madeUpHandshake: (packet) => `The connection begins with packet ${packet}.`,
    answeredSyn: (syn, answer) =>
      `Packet ${syn} asks for a connection (SYN) and packet ${answer} accepts it (SYN, ACK); the capture has no ACK that finishes the handshake.`,
    unaskedAnswer: (answer) =>
      `Packet ${answer} accepts a connection (SYN, ACK); the SYN that asked for it is not in the capture.`,
    noHandshake: (first) =>
      `The capture begins with packet ${first} of this conversation and does not have its handshake.`,
    messages: (side, packets) =>
      `The ${side} sent ${plural(packets.length, "message")} (${packetList(packets, "packet", "packets")}).`,
    answers: (count, slowest, packet, to) =>
      count === 1
        ? `Packet ${packet} answers packet ${to}, ${slowest} after it.`
        : `${count} messages were answered; the slowest answer is packet ${packet}, ${slowest} after packet ${to}.`,
    acknowledged: (message, ack, receiver) =>
      `Packet ${ack} is TCP's ACK of packet ${message}: the ${receiver}'s operating system has the bytes. It does not say that the program has read them.`,
    fin: (side, packet) =>
      `The ${side} sent FIN in packet ${packet}; the capture has no FIN of the other side.`,
    serverFins: (firstPacket, secondPacket) =>
      `Both sides closed: the server sent its FIN, packet ${firstPacket}, before it had read the client's, packet ${secondPacket}. Which was sent first the recording cannot tell.`,
    bothFins: (first, firstPacket, secondPacket) =>
      `Both sides closed: the ${first} sent its FIN first, in packet ${firstPacket}, and the other side in packet ${secondPacket}.`,
    reset: (side, packet) => `The ${side} sent RST in packet ${packet}, which ends the connection at once.`,
    refused: (packet) => `Packet ${packet} refuses the connection with RST.`,
    open: (last) => `No FIN and no RST is in the capture, whose last packet of this conversation is ${last}.`,
    publishedWill: explain.publishedWill,
    datagrams: (client, server) =>
      `The client sent ${plural(client, "datagram")} and the server ${server}; UDP has no handshake, no ACK and no end.`,
    omitted: (shown, all) => `The first ${shown} of ${all} conversations are explained here.`,
  },
  run: {
    begins: (name) => `Running ${name}`,
    captured: (packets, lost) =>
      `While the commands ran, ${plural(packets, "packet")} of the services' ports were captured from the kernel; ${lost} ${lost === 1 ? "was" : "were"} lost.`,
    notCaptured: (reason) =>
      `No packets were captured, so this section has no diagram and no explanation of packets: ${reason}`,
    status: (status) => `exit status ${status}`,
    stopped: "stopped, as by Ctrl-C",
  },
};

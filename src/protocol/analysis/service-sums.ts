import type { Conversation } from "../conversation/conversation.ts";
import type { FindingList } from "../conversation/finding.ts";
import { Percentiles } from "../conversation/percentiles.ts";
import type { TcpConversation } from "../conversation/tcp-conversation.ts";

/** What all conversations with a service took together. */
export interface ServiceSums {
  readonly name: string;
  conversations: number;
  packets: number;
  wireBytes: number;
  /** Of payload. */
  bytes: number;
  /** Nanoseconds. */
  begin: number;
  end: number;
  readonly answers: Percentiles;
  readonly handshakes: Percentiles;
}

/** An answer is slow where it took so many times the median, and longer than a person would call at once. */
const slowFactor = 10;
const minSlow = 10e6;
/** With fewer answers there is no telling what is usual. */
const minAnswers = 10;

/** Adds conversations up by service. */
export function sumServices(
  tracked: Iterable<{ readonly conversation: Conversation; readonly tcp: TcpConversation | undefined }>,
): ServiceSums[] {
  const sums = new Map<string, ServiceSums>();
  for (const { conversation, tcp } of tracked) {
    const name = conversation.serviceName;
    const sum = sums.get(name) ?? emptySums(name, conversation.first.time);
    sums.set(name, sum);
    const { client, server } = conversation.counts;
    sum.conversations++;
    sum.packets += client.packets + server.packets;
    sum.wireBytes += client.wireBytes + server.wireBytes;
    sum.bytes += client.bytes + server.bytes;
    sum.begin = Math.min(sum.begin, conversation.first.time);
    sum.end = Math.max(sum.end, conversation.last.time);
    sum.answers.merge(conversation.exchanges.times);
    if (tcp?.handshakeTime !== undefined) sum.handshakes.add(tcp.handshakeTime);
  }
  return [...sums.values()].sort((one, other) => other.packets - one.packets);
}

/** Names the answers that took much longer than those of the same service usually do. */
export function findSlowAnswers(
  conversations: Iterable<Conversation>,
  services: readonly ServiceSums[],
  findings: FindingList,
): void {
  const medians = new Map(
    services
      .filter(({ answers }) => answers.count >= minAnswers)
      .map(({ name, answers }) => [name, answers.at(0.5)!] as const),
  );
  for (const conversation of conversations) {
    const median = medians.get(conversation.serviceName);
    if (median === undefined) continue;
    for (const { packet, to, time } of conversation.exchanges.slowest) {
      if (time < minSlow || time < slowFactor * median) continue;
      findings.add(
        "slow-answer",
        conversation.number,
        { packet },
        { time: time / 1e6, median: median / 1e6, to },
      );
    }
  }
}

const emptySums = (name: string, begin: number): ServiceSums => ({
  name,
  conversations: 0,
  packets: 0,
  wireBytes: 0,
  bytes: 0,
  begin,
  end: begin,
  answers: new Percentiles(),
  handshakes: new Percentiles(),
});

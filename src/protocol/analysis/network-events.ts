import type { FindingList } from "../conversation/finding.ts";
import type { Place } from "../conversation/place.ts";
import { ipv4Text, ipv6Text } from "../packet/address-text.ts";
import { type Arp, readArp } from "../packet/arp.ts";
import { readIcmp } from "../packet/icmp.ts";
import { IpHeader } from "../packet/ip-header.ts";
import { EtherType } from "../packet/link-layer.ts";
import type { PacketView } from "../packet/packet-view.ts";
import type { HostList } from "./host-list.ts";

/** Something below TCP and UDP that belongs into the story. */
export interface NetworkEvent extends Place {
  readonly protocol: "ARP" | "ICMP";
  readonly source: string;
  readonly target: string;
  /** In the protocol's own words. */
  readonly text: string;
}

const maxEvents = 200;
const maxAsked = 1000;

/** ARP and ICMP: who asks for a hardware address, who answers, and what could not be delivered. */
export class NetworkEvents {
  readonly events: NetworkEvent[] = [];
  omitted = 0;
  readonly #hosts: HostList;
  readonly #findings: FindingList;
  /** Addresses that were asked for, and not found so far. */
  readonly #asked = new Map<string, Place>();
  readonly #original = new IpHeader();
  readonly #onEvent: ((event: NetworkEvent) => void) | undefined;

  /** @param onEvent called with each event when it happens */
  constructor(hosts: HostList, findings: FindingList, onEvent?: (event: NetworkEvent) => void) {
    this.#hosts = hosts;
    this.#findings = findings;
    this.#onEvent = onEvent;
  }

  arp(view: PacketView, place: Place): void {
    const arp = readArp(view.bytes, view.link.payloadAt);
    if (arp === undefined) return;
    // 0.0.0.0 asks whether an address is free.
    if (arp.senderAddress !== "0.0.0.0") this.#hosts.noteMac(arp.senderAddress, arp.senderMac);
    this.#asked.delete(arp.senderAddress);
    if (isQuestion(arp) && !this.#asked.has(arp.targetAddress) && this.#asked.size < maxAsked)
      this.#asked.set(arp.targetAddress, place);
    this.#add({
      ...place,
      protocol: "ARP",
      source: arp.senderAddress,
      target: arp.targetAddress,
      text:
        arp.operation === "request"
          ? `who has ${arp.targetAddress}? tell ${arp.senderAddress}`
          : `${arp.senderAddress} is at ${arp.senderMac}`,
    });
  }

  icmp(view: PacketView, place: Place): void {
    const { transport, transportAt, transportEnd, ip } = view;
    const icmp = readIcmp(transport, transportAt, transportEnd, ip.version);
    if (icmp === undefined) return;
    const { source, target } = view;
    this.#hosts.noteMac(source, view.sourceMac);
    const about =
      icmp.originalAt === undefined ? undefined : this.#about(transport, icmp.originalAt, ip.version);
    const text = about === undefined ? icmp.text : `${icmp.text} (${about})`;
    this.#add({ ...place, protocol: "ICMP", source, target, text });
    if (icmp.kind === "unreachable" || icmp.kind === "time-exceeded")
      this.#findings.add("unreachable", undefined, place, { text, by: source }, `${source} ${text}`);
  }

  /** The capture is over. */
  end(): void {
    for (const [address, place] of this.#asked) {
      this.#findings.add("unanswered", undefined, place, { label: `ARP who has ${address}?` }, address);
    }
  }

  #add(event: NetworkEvent): void {
    this.#onEvent?.(event);
    if (this.events.length < maxEvents) this.events.push(event);
    else this.omitted++;
  }

  /** Where the packet was going that could not be delivered. */
  #about(bytes: Buffer, at: number, version: 4 | 6): string | undefined {
    const ip = this.#original;
    if (!ip.read(bytes, at, version === 4 ? EtherType.Ipv4 : EtherType.Ipv6, bytes.length)) return undefined;
    const address = ip.addressesAt + ip.addressLength;
    const target = version === 4 ? ipv4Text(bytes, address) : ipv6Text(bytes, address);
    const name = ip.protocol === 6 ? "TCP" : ip.protocol === 17 ? "UDP" : `protocol ${ip.protocol}`;
    if ((ip.protocol !== 6 && ip.protocol !== 17) || ip.payloadAt + 4 > bytes.length)
      return `${name} to ${target}`;
    return `${name} to ${target} port ${bytes.readUInt16BE(ip.payloadAt + 2)}`;
  }
}

/** Not the announcement of a host's own address. */
const isQuestion = ({ operation, senderAddress, targetAddress }: Arp): boolean =>
  operation === "request" && senderAddress !== targetAddress;

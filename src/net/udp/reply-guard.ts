/**
 * Ports of services that answer whatever they are sent. A datagram with one of them as its source, which anybody can
 * forge, would make the two servers answer each other for ever.
 */
export const responderPorts: ReadonlyMap<number, string> = new Map([
  [0, "no port"],
  [7, "echo"],
  [13, "daytime"],
  [17, "quote of the day"],
  [19, "chargen"],
  [37, "time"],
  [53, "DNS"],
  [69, "TFTP"],
  [111, "portmap"],
  [123, "NTP"],
  [137, "NetBIOS names"],
  [161, "SNMP"],
  [389, "LDAP"],
  [1900, "SSDP"],
  [3702, "WS-Discovery"],
  [5353, "mDNS"],
  [11211, "memcached"],
]);

/** The ports of all UDP services of this process: none of them answers another. */
const ownPorts = new Map<number, number>();

/** @returns what takes it back */
export function registerOwnPort(port: number): () => void {
  ownPorts.set(port, (ownPorts.get(port) ?? 0) + 1);
  return () => {
    const left = (ownPorts.get(port) ?? 1) - 1;
    if (left === 0) ownPorts.delete(port);
    else ownPorts.set(port, left);
  };
}

/**
 * Why a datagram from this port gets no reply, whatever its address; undefined: it gets one. Our own ports count on
 * every host, because the next machine runs the same lab on the same ports.
 */
export function unansweredPort(port: number): string | undefined {
  if (ownPorts.has(port)) return `port ${port} is a UDP service's own`;
  const responder = responderPorts.get(port);
  return responder === undefined
    ? undefined
    : `port ${port} is that of ${responder}, which would answer back`;
}

const slots = 16_384;

/** A sender may receive so many seconds' replies in one burst. */
export const burstSeconds = 10;

/**
 * Limits the replies to each sender. Two servers that answer each other have a fixed number of datagrams on their way,
 * so one that gets no reply ends their conversation.
 *
 * It is the generic cell rate algorithm (ITU-T I.371): per sender one number, the time at which its burst will have been
 * paid for. Senders are hashed into a fixed table, because a flood with forged sources must not grow it; two that share a
 * slot share the rate.
 */
export class SenderRate {
  readonly #paidAt = new Float64Array(slots);
  readonly #interval: number;
  readonly #burst: number;
  // Differs from process to process, so that nobody can choose a port that shares somebody else's slot.
  readonly #seed = Math.floor(Math.random() * 0xffff_ffff);

  /** @param perSecond on average; 0 for no limit */
  constructor(perSecond: number) {
    this.#interval = perSecond === 0 ? 0 : 1000 / perSecond;
    this.#burst = burstSeconds * 1000;
  }

  /** Counts a reply. @param now milliseconds @returns false when the sender has had too many */
  take(host: string, port: number, now: number): boolean {
    if (this.#interval === 0) return true;
    const slot = this.#slot(host, port);
    const paidAt = Math.max(this.#paidAt[slot] ?? 0, now) + this.#interval;
    if (paidAt - now > this.#burst) return false;
    this.#paidAt[slot] = paidAt;
    return true;
  }

  /** FNV-1a. */
  #slot(host: string, port: number): number {
    let hash = this.#seed ^ port;
    for (let at = 0; at < host.length; at++) hash = Math.imul(hash ^ host.charCodeAt(at), 0x0100_0193);
    hash = Math.imul(hash ^ (hash >>> 15), 0x0100_0193);
    return (hash >>> 0) % slots;
  }
}

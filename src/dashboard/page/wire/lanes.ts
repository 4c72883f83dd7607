import type { TrafficEvent } from "../api/types.ts";

/** A peer of a service, from its first to its last event. Its label may become known later: MQTT has it in CONNECT. */
export interface Peer {
  /** Another one once its name is known: a lane has one name for its whole length. */
  lane: Lane;
  readonly conversation: string;
  readonly remote: string;
  label: string;
  /** Its first event was `open`. Otherwise it was connected earlier. */
  readonly isNew: boolean;
  /** It had to wait for its turn, up to the row `until`; undefined while it waits. */
  readonly waits: { until: number | undefined } | undefined;
  /** Its first and its last row; `to` is undefined while it is connected. */
  readonly from: number;
  to: number | undefined;
}

/**
 * A vertical line beside a service. Peers use it one after the other: those of one name, or connections from one host
 * that have none.
 */
export interface Lane {
  readonly service: string;
  /** 0 is nearest to the service. */
  readonly place: number;
  readonly peers: Peer[];
}

/** Lanes for single peers of one service. All further peers share one more lane. */
export const maxLanes = 60;
export const othersLabel = "others";
/** After this time without events a peer loses its lane to a new one, because its `close` may have been sampled out. */
const idleTimeoutMs = 60_000;

interface LaneState extends Lane {
  /** What its peers have in common: a client's name, or a host. */
  owner: string;
  current: Peer | undefined;
  lastTime: number;
}

/** Assigns conversations to lanes, and reuses lanes, so that hundreds of short connections need only a few. */
export class LaneAllocator {
  readonly #lanes = new Map<string, LaneState[]>();
  readonly #peers = new Map<string, Peer>();

  /** @returns the event's peer, and whether this is its first row on a lane that others have used before */
  place(event: TrafficEvent, row: number): { peer: Peer; joins: boolean } {
    const known = this.#peers.get(event.conversation);
    if (known !== undefined) return { peer: this.#update(known, event, row), joins: false };
    const lane = this.#laneFor(event.service, ownerOf(event), event);
    if (lane.current?.label === othersLabel) return { peer: lane.current, joins: false };
    const joins = lane.peers.length > 0 && lane.peers.at(-1)?.label !== labelOf(event);
    this.#release(lane, row);
    const label = lane.place === maxLanes ? othersLabel : labelOf(event);
    const peer = {
      lane,
      conversation: event.conversation,
      remote: event.remote,
      label,
      isNew: event.kind === "open",
      waits: event.waits === true ? { until: undefined } : undefined,
      from: row,
      to: undefined,
    };
    this.#take(lane, peer, event.time);
    if (label !== othersLabel) this.#peers.set(event.conversation, peer);
    return { peer, joins };
  }

  /** Releases the lane of a peer that has disconnected. */
  close(peer: Peer, row: number): void {
    const lane = this.#laneOf(peer);
    if (lane !== undefined && peer.label !== othersLabel) this.#release(lane, row);
    if (peer.waits === undefined || peer.waits.until !== undefined) this.#serveNext(peer.lane.service, row);
  }

  /** In an iterative server the one that has waited longest is next. */
  #serveNext(service: string, row: number): void {
    for (const { lane, waits } of this.#peers.values()) {
      if (lane.service !== service || waits === undefined || waits.until !== undefined) continue;
      waits.until = row;
      return;
    }
  }

  /** Releases all lanes. */
  clear(row: number): void {
    for (const lanes of this.#lanes.values()) for (const lane of lanes) this.#release(lane, row);
  }

  /** Drops the peers that disconnected before this row. */
  evict(row: number): void {
    for (const lanes of this.#lanes.values()) {
      for (const { peers } of lanes) {
        while (peers[0]?.to !== undefined && peers[0].to < row) peers.shift();
      }
    }
  }

  /** The lanes of a service that have peers in the rows that are kept. */
  lanes(service: string): readonly Lane[] {
    return (this.#lanes.get(service) ?? []).filter(({ peers }) => peers.length > 0);
  }

  /** Of all services. */
  get count(): number {
    let count = 0;
    for (const service of this.#lanes.keys()) count += this.lanes(service).length;
    return count;
  }

  #laneOf(peer: Peer): LaneState | undefined {
    return this.#lanes.get(peer.lane.service)?.find((each) => each.current === peer);
  }

  #update(peer: Peer, event: TrafficEvent, row: number): Peer {
    const name = nameOf(event);
    if (name !== undefined && name !== peer.label) this.#rename(peer, name, event, row);
    const lane = this.#laneOf(peer);
    if (lane !== undefined) lane.lastTime = event.time;
    // The one before may have left without an event.
    if (peer.waits !== undefined && event.kind !== "close") peer.waits.until ??= row;
    return peer;
  }

  /** Its name is known now: it goes to the lane of that name, and its earlier rows with it. */
  #rename(peer: Peer, name: string, event: TrafficEvent, row: number): void {
    peer.label = name;
    const before = this.#laneOf(peer);
    if (before === undefined || before.owner === name) return;
    if (before.peers.length === 1) {
      before.owner = name;
      return;
    }
    const lane = this.#laneFor(event.service, name, event);
    if (lane.place === maxLanes) return;
    before.peers.pop();
    before.current = undefined;
    this.#release(lane, row);
    peer.lane = lane;
    this.#take(lane, peer, event.time);
  }

  #take(lane: LaneState, peer: Peer, time: number): void {
    lane.peers.push(peer);
    lane.current = peer;
    lane.lastTime = time;
  }

  #release(lane: LaneState, row: number): void {
    const { current } = lane;
    if (current === undefined) return;
    current.to = row;
    lane.current = undefined;
    this.#peers.delete(current.conversation);
  }

  #laneFor(service: string, owner: string, { remote, time }: TrafficEvent): LaneState {
    const lanes = this.#lanes.get(service) ?? [];
    this.#lanes.set(service, lanes);
    const own = lanes.slice(0, maxLanes);
    const free = (lane: LaneState) => lane.current === undefined;
    return (
      // An address has one conversation at a time, so the one before has ended, even if its `close` was sampled out.
      own.find(
        ({ current, owner: other }) =>
          other === owner && current !== undefined && remote !== "" && current.remote === remote,
      ) ??
      own.find((lane) => free(lane) && lane.owner === owner) ??
      reused(
        own.find((lane) => free(lane) && lane.peers.length === 0),
        owner,
      ) ??
      (own.length < maxLanes ? this.#addLane(service, owner, lanes) : undefined) ??
      reused(
        own.find((lane) => time - lane.lastTime > idleTimeoutMs),
        owner,
      ) ??
      lanes[maxLanes] ??
      this.#addLane(service, othersLabel, lanes)
    );
  }

  #addLane(service: string, owner: string, lanes: LaneState[]): LaneState {
    const place = lanes.length;
    const lane: LaneState = { service, place, owner, peers: [], current: undefined, lastTime: 0 };
    lanes.push(lane);
    return lane;
  }
}

/** An empty or an idle lane for another owner. */
function reused(lane: LaneState | undefined, owner: string): LaneState | undefined {
  if (lane !== undefined) lane.owner = owner;
  return lane;
}

/** What a peer calls itself, where this event says so. */
export const nameOf = ({ fields }: TrafficEvent): string | undefined =>
  typeof fields?.client === "string" && fields.client !== "" ? fields.client : undefined;

/** What the peers of a lane have in common: a name, or the host. */
function ownerOf(event: TrafficEvent): string {
  return nameOf(event) ?? hostOf(event.remote);
}

/** A remote address without its port. */
export const hostOf = (remote: string): string => (remote === "" ? "peers" : remote.replace(/:\d+$/, ""));

/** The label of a peer: its MQTT client id, or else its address. */
export function labelOf(event: TrafficEvent): string {
  return nameOf(event) ?? (event.remote === "" ? "peers" : event.remote);
}

/** The name of a lane, which holds for all its peers. */
export function laneLabel({ peers }: Lane): string {
  const first = peers[0];
  if (first === undefined) return "";
  return peers.every(({ label }) => label === first.label) ? first.label : hostOf(first.remote);
}

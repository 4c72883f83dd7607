import type { TrafficEvent } from "../api/types.ts";

/** A peer of a service, from its first to its last event. Its label may become known later: MQTT has it in CONNECT. */
export interface Peer {
  readonly lane: Lane;
  readonly conversation: string;
  readonly remote: string;
  label: string;
  /** Its first event was `open`. Otherwise it was connected earlier. */
  readonly isNew: boolean;
  /** Its first and its last row; `to` is undefined while it is connected. */
  readonly from: number;
  to: number | undefined;
}

/** A vertical line beside a service. Peers use it one after the other. */
export interface Lane {
  readonly service: string;
  /** 0 is nearest to the service. */
  readonly place: number;
  readonly peers: Peer[];
}

/** Lanes for single peers of one service. All further peers share one more lane. */
export const maxLanes = 10;
export const othersLabel = "others";
/** After this time without events a peer loses its lane to a new one, because its `close` may have been sampled out. */
const idleTimeoutMs = 60_000;

interface LaneState extends Lane {
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
    if (known !== undefined) return { peer: this.#update(known, event), joins: false };
    const lane = this.#laneFor(event);
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
      from: row,
      to: undefined,
    };
    lane.peers.push(peer);
    lane.current = peer;
    lane.lastTime = event.time;
    if (label !== othersLabel) this.#peers.set(event.conversation, peer);
    return { peer, joins };
  }

  /** Releases the lane of a peer that has disconnected. */
  close(peer: Peer, row: number): void {
    const lane = this.#lanes.get(peer.lane.service)?.find((each) => each.current === peer);
    if (lane !== undefined && peer.label !== othersLabel) this.#release(lane, row);
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

  #update(peer: Peer, event: TrafficEvent): Peer {
    const name = event.fields?.client;
    if (typeof name === "string" && name !== "") peer.label = name;
    const lane = this.#lanes.get(event.service)?.find((each) => each.current === peer);
    if (lane !== undefined) lane.lastTime = event.time;
    return peer;
  }

  #release(lane: LaneState, row: number): void {
    const { current } = lane;
    if (current === undefined) return;
    current.to = row;
    lane.current = undefined;
    this.#peers.delete(current.conversation);
  }

  #laneFor(event: TrafficEvent): LaneState {
    const lanes = this.#lanes.get(event.service) ?? [];
    this.#lanes.set(event.service, lanes);
    const own = lanes.slice(0, maxLanes);
    return (
      // An address has one conversation at a time, so the one before has ended, even if its `close` was sampled out.
      own.find(
        ({ current }) => current !== undefined && event.remote !== "" && current.remote === event.remote,
      ) ??
      own.find(({ current, peers }) => current === undefined && peers.at(-1)?.label === labelOf(event)) ??
      own.find(({ current }) => current === undefined) ??
      (own.length < maxLanes ? this.#addLane(event.service, lanes) : undefined) ??
      own.find(({ lastTime }) => event.time - lastTime > idleTimeoutMs) ??
      lanes[maxLanes] ??
      this.#addLane(event.service, lanes)
    );
  }

  #addLane(service: string, lanes: LaneState[]): LaneState {
    const lane: LaneState = { service, place: lanes.length, peers: [], current: undefined, lastTime: 0 };
    lanes.push(lane);
    return lane;
  }
}

/** The label of a peer: its MQTT client id, or else its address. */
export function labelOf(event: TrafficEvent): string {
  const name = event.fields?.client;
  if (typeof name === "string" && name !== "") return name;
  return event.remote === "" ? "peers" : event.remote;
}

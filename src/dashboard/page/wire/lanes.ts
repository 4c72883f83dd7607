import type { TrafficEvent } from "../api/types.ts";

/** One peer of one service while it is there. Its name may become known later: MQTT tells it in CONNECT. */
export interface Occupant {
  readonly lane: Lane;
  readonly conversation: string;
  readonly remote: string;
  label: string;
  /** Whether its opening was told; if not, it was there before. */
  readonly isNew: boolean;
  /** Its first and last row; the last one is unknown while it is there. */
  readonly from: number;
  to: number | undefined;
}

/** A vertical line beside a service. When its peer has left, the next one may have it. */
export interface Lane {
  readonly service: string;
  /** 0 is nearest to the service. */
  readonly place: number;
  readonly occupants: Occupant[];
}

/** Peers that have a lane of their own, per service; those beyond share the last lane. */
export const maxLanes = 10;
export const othersLabel = "others";
/** A peer silent for so long gives its lane to a new one, in milliseconds: its end may have been left out. */
const patience = 60_000;

interface Seat extends Lane {
  current: Occupant | undefined;
  lastTime: number;
}

/** Gives each conversation its lane, so that hundreds of short connections do not need hundreds of lanes. */
export class LaneBook {
  readonly #seats = new Map<string, Seat[]>();
  readonly #occupants = new Map<string, Occupant>();

  /** @returns who the event is about, and whether it is the first row of a peer on a lane used before */
  place(event: TrafficEvent, row: number): { occupant: Occupant; joins: boolean } {
    const known = this.#occupants.get(event.conversation);
    if (known !== undefined) return { occupant: this.#seen(known, event), joins: false };
    const seat = this.#seatFor(event);
    if (seat.current?.label === othersLabel) return { occupant: seat.current, joins: false };
    const joins = seat.occupants.length > 0 && seat.occupants.at(-1)?.label !== labelOf(event);
    this.#leave(seat, row);
    const label = seat.place === maxLanes ? othersLabel : labelOf(event);
    const occupant = {
      lane: seat,
      conversation: event.conversation,
      remote: event.remote,
      label,
      isNew: event.kind === "open",
      from: row,
      to: undefined,
    };
    seat.occupants.push(occupant);
    seat.current = occupant;
    seat.lastTime = event.time;
    if (label !== othersLabel) this.#occupants.set(event.conversation, occupant);
    return { occupant, joins };
  }

  /** The peer has left: its lane is free from this row on. */
  close(occupant: Occupant, row: number): void {
    const seat = this.#seats.get(occupant.lane.service)?.find((each) => each.current === occupant);
    if (seat !== undefined && occupant.label !== othersLabel) this.#leave(seat, row);
  }

  /** Everybody has left. */
  clear(row: number): void {
    for (const seats of this.#seats.values()) for (const seat of seats) this.#leave(seat, row);
  }

  /** Forgets who left before this row. */
  forget(row: number): void {
    for (const seats of this.#seats.values()) {
      for (const { occupants } of seats) {
        while (occupants[0]?.to !== undefined && occupants[0].to < row) occupants.shift();
      }
    }
  }

  /** The lanes of a service on which somebody is or has been since the rows that are kept. */
  lanes(service: string): readonly Lane[] {
    return (this.#seats.get(service) ?? []).filter(({ occupants }) => occupants.length > 0);
  }

  #seen(occupant: Occupant, event: TrafficEvent): Occupant {
    const name = event.fields?.client;
    if (typeof name === "string" && name !== "") occupant.label = name;
    const seat = this.#seats.get(event.service)?.find((each) => each.current === occupant);
    if (seat !== undefined) seat.lastTime = event.time;
    return occupant;
  }

  #leave(seat: Seat, row: number): void {
    const { current } = seat;
    if (current === undefined) return;
    current.to = row;
    seat.current = undefined;
    this.#occupants.delete(current.conversation);
  }

  #seatFor(event: TrafficEvent): Seat {
    const seats = this.#seats.get(event.service) ?? [];
    this.#seats.set(event.service, seats);
    const own = seats.slice(0, maxLanes);
    return (
      // One address has one conversation: the one before it has ended, even if its end was left out.
      own.find(
        ({ current }) => current !== undefined && event.remote !== "" && current.remote === event.remote,
      ) ??
      own.find(
        ({ current, occupants }) => current === undefined && occupants.at(-1)?.label === labelOf(event),
      ) ??
      own.find(({ current }) => current === undefined) ??
      (own.length < maxLanes ? this.#newSeat(event.service, seats) : undefined) ??
      own.find(({ lastTime }) => event.time - lastTime > patience) ??
      seats[maxLanes] ??
      this.#newSeat(event.service, seats)
    );
  }

  #newSeat(service: string, seats: Seat[]): Seat {
    const seat: Seat = { service, place: seats.length, occupants: [], current: undefined, lastTime: 0 };
    seats.push(seat);
    return seat;
  }
}

/** What a peer is called: its MQTT client id, or else its address. */
export function labelOf(event: TrafficEvent): string {
  const name = event.fields?.client;
  if (typeof name === "string" && name !== "") return name;
  return event.remote === "" ? "peers" : event.remote;
}

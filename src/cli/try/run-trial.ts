import { describeError } from "../../core/errors.ts";
import type { TryField } from "../../core/try.ts";
import { type Peer, peerName } from "../program/peer.ts";
import { formatDuration } from "../program/timeout.ts";
import { tryJsonrpc, tryRest, trySoap } from "./http-trials.ts";
import { tryMqtt } from "./mqtt-trial.ts";
import { tryEcho, tryOneway, tryTime, tryUdp, tryUpcall } from "./text-trials.ts";
import type { Exchange, Surroundings, Trial, Values } from "./trial.ts";
import { tryPub, tryPush, tryRep } from "./zmq-trials.ts";

/** How each role is tried. */
const trials: Readonly<Record<string, Trial>> = {
  mqtt: tryMqtt,
  echo: tryEcho,
  rest: tryRest,
  soap: trySoap,
  jsonrpc: tryJsonrpc,
  "zmq-rep": tryRep,
  "zmq-push": tryPush,
  "zmq-pub": tryPub,
  upcall: tryUpcall,
  time: tryTime,
  udp: tryUdp,
  oneway: tryOneway,
};

/** Milliseconds that a service has for its answer: zmq-push may pause as long as its workload says. */
const patience = 25_000;

/** The longest value that is taken, in characters. */
const longest = 64 * 1024;

export interface TrialForm {
  readonly title: string;
  readonly fields: readonly TryField[];
}

export interface TrialResult extends Partial<Pick<Exchange, "request" | "reply">> {
  readonly ok: boolean;
  readonly ms: number;
  readonly error?: string;
}

/** What to fill in for a request to a service of this role; undefined where there is nothing to try. */
export function trialForm(role: string, surroundings: Surroundings): TrialForm | undefined {
  const trial = trials[role];
  return trial === undefined ? undefined : { title: trial.title, fields: trial.fields(surroundings) };
}

/** What a role is tried over; undefined where there is nothing to try. */
export function trialTransport(role: string): "tcp" | "udp" | undefined {
  const trial = trials[role];
  return trial === undefined ? undefined : (trial.transport ?? "tcp");
}

/**
 * Makes one real request. What goes wrong with the service is a result; what is wrong with the values is an error.
 * @param given by field; a field that is not given has its default
 * @param cancelled who asked has gone: the connection is closed
 * @throws {RangeError} for a field that there is not, or a value that cannot be
 */
export async function runTrial(
  role: string,
  peer: Peer,
  given: Values,
  surroundings: Surroundings,
  cancelled: AbortSignal,
): Promise<TrialResult> {
  const trial = trials[role];
  if (trial === undefined) throw new RangeError(`There is nothing to try with the role "${role}"`);
  const values = completed(trial.fields(surroundings), given);
  const limit = AbortSignal.timeout(patience);
  const start = performance.now();
  try {
    const work = trial.run(peer, values, AbortSignal.any([cancelled, limit]));
    const { answeredAt = performance.now(), ...exchange } = await work;
    return { ok: true, ms: answeredAt - start, ...exchange };
  } catch (error) {
    const ms = performance.now() - start;
    return { ok: false, ms, error: limit.aborted ? overdue(peer) : describeError(error) };
  }
}

const overdue = (peer: Peer) => `${peerName(peer)} did not answer within ${formatDuration(patience)}`;

function completed(fields: readonly TryField[], given: Values): Values {
  const names = fields.map(({ name }) => name);
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new RangeError(`there is no field "${unknown}"; there are: ${names.join(", ") || "none"}`);
  }
  return Object.fromEntries(fields.map((field) => [field.name, checked(field, given[field.name])]));
}

function checked({ name, options, default: absent }: TryField, value = absent): string {
  if (value.length > longest) {
    throw new RangeError(`"${name}" has ${value.length} characters, and may have ${longest}`);
  }
  if (options !== undefined && !options.includes(value)) {
    throw new RangeError(`"${name}" must be one of ${options.join(", ")}, and is "${value}"`);
  }
  return value;
}

import { describeError } from "../../core/errors.ts";
import type { TryField } from "../../core/try.ts";
import { formatDuration } from "../../protocol/text/units.ts";
import { type Peer, peerName } from "../program/peer.ts";
import { tryJsonrpc, tryRest, trySoap } from "./http-trials.ts";
import { tryMqtt } from "./mqtt-trial.ts";
import { tryEcho, tryOneway, tryTime, tryUdp, tryUpcall } from "./text-trials.ts";
import type { Transcript, Trial, TrialContext, Values } from "./trial.ts";
import { tryPub, tryPush, tryRep } from "./zmq-trials.ts";

/** The trial of each role. */
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

/** Milliseconds for the whole trial: zmq-push may pause for many seconds between two workloads. */
const timeout = 25_000;

/** Characters that a value may have. */
const maxLength = 64 * 1024;

export interface TrialForm {
  readonly title: string;
  readonly fields: readonly TryField[];
}

export interface TrialResult extends Partial<Pick<Transcript, "request" | "reply">> {
  readonly ok: boolean;
  readonly ms: number;
  readonly error?: string;
}

/** The form for a request to a service of this role; undefined where there is no trial. */
export function trialForm(role: string, context: TrialContext): TrialForm | undefined {
  const trial = trials[role];
  return trial === undefined ? undefined : { title: trial.title, fields: trial.fields(context) };
}

/** The transport of a role's trial; undefined where there is no trial. */
export function trialTransport(role: string): "tcp" | "udp" | undefined {
  const trial = trials[role];
  return trial === undefined ? undefined : (trial.transport ?? "tcp");
}

/**
 * Makes one real request. A failure of the service is returned as a result; a wrong value is thrown.
 * @param given the values by field; a missing one is the field's default
 * @param cancelled aborted when nobody waits for the result any more: the connection is closed
 * @throws {RangeError} for an unknown field or an invalid value
 */
export async function runTrial(
  role: string,
  peer: Peer,
  given: Values,
  context: TrialContext,
  cancelled: AbortSignal,
): Promise<TrialResult> {
  const trial = trials[role];
  if (trial === undefined) throw new RangeError(`There is nothing to try with the role "${role}"`);
  const values = completed(trial.fields(context), given);
  const limit = AbortSignal.timeout(timeout);
  const start = performance.now();
  try {
    const work = trial.run(peer, values, AbortSignal.any([cancelled, limit]));
    const { answeredAt = performance.now(), ...transcript } = await work;
    return { ok: true, ms: answeredAt - start, ...transcript };
  } catch (error) {
    const ms = performance.now() - start;
    return { ok: false, ms, error: limit.aborted ? timedOut(peer) : describeError(error) };
  }
}

const timedOut = (peer: Peer) => `${peerName(peer)} did not answer within ${formatDuration(timeout)}`;

function completed(fields: readonly TryField[], given: Values): Values {
  const names = fields.map(({ name }) => name);
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new RangeError(`there is no field "${unknown}"; there are: ${names.join(", ") || "none"}`);
  }
  return Object.fromEntries(fields.map((field) => [field.name, checked(field, given[field.name])]));
}

function checked({ name, options, default: absent }: TryField, value = absent): string {
  if (value.length > maxLength) {
    throw new RangeError(`"${name}" has ${value.length} characters, and may have ${maxLength}`);
  }
  if (options !== undefined && !options.includes(value)) {
    throw new RangeError(`"${name}" must be one of ${options.join(", ")}, and is "${value}"`);
  }
  return value;
}

import { formatHostPort } from "../../core/address.ts";
import { describeError } from "../../core/errors.ts";
import { formatDuration, roundMs } from "../../protocol/text/units.ts";
import type { ExpectedService } from "../program/command.ts";
import type { CommandContext } from "../program/command-context.ts";
import { ConnectionError, PeerError, TimedOutError } from "../program/errors.ts";
import { withTcp } from "../program/peer.ts";
import { type Column, rowFormat, tableWidth } from "../terminal/table.ts";
import type { Check, DoctorLogin, RoundTrip } from "./check.ts";
import { checkJsonrpc, checkRest, checkSoap } from "./http-checks.ts";
import { checkMqtt } from "./mqtt-check.ts";
import { checkEcho, checkOneway, checkTime, checkUdp, checkUpcall } from "./text-checks.ts";
import { checkPub, checkPush, checkRep } from "./zmq-checks.ts";

/** The check of each role. */
const checks: Readonly<Record<string, Check>> = {
  mqtt: checkMqtt,
  echo: checkEcho,
  oneway: checkOneway,
  jsonrpc: checkJsonrpc,
  upcall: checkUpcall,
  rest: checkRest,
  "zmq-rep": checkRep,
  "zmq-push": checkPush,
  "zmq-pub": checkPub,
  soap: checkSoap,
  udp: checkUdp,
  time: checkTime,
};

/** The result for one service. `skipped`: its role has no check. */
type Result =
  | ({ readonly state: "ok" } & RoundTrip)
  | { readonly state: "failed"; readonly why: string }
  | { readonly state: "skipped"; readonly why: string };

/**
 * Makes one round trip with each service, one after the other so that none disturbs another's latency. Before that
 * it connects to all ports at once: an unreachable host costs one timeout instead of one for each service.
 * @throws {PeerError} when any of them failed
 */
export async function checkServices(
  context: CommandContext,
  expected: readonly ExpectedService[],
  login: DoctorLogin = { tls: {} },
): Promise<void> {
  const services = expected.map((service) => ({ ...service, ...(service.isSecure && { tls: login.tls }) }));
  const columns = columnsFor(services);
  const row = rowFormat(columns, tableWidth(context.io.stdout, context.io.env));
  if (!context.json && !context.quiet) context.result(row(columns.map(({ title }) => title)), {});
  const unreachable = await findUnreachable(context, services);
  const failed: string[] = [];
  let skipped = 0;
  for (const service of services) {
    const why = unreachable.get(service);
    const result =
      why === undefined ? await checkService(context, service, login) : ({ state: "failed", why } as const);
    if (result.state === "failed") failed.push(service.service);
    if (result.state === "skipped") skipped++;
    const { known: _, tls: __, ...where } = service;
    context.result(row(cells(context, service, result)), { ...where, ...fields(result) });
  }
  if (failed.length > 0) {
    throw new PeerError(
      "services-failed",
      `${failed.length} of ${services.length} services failed: ${failed.join(", ")}`,
    );
  }
  const asked = services.length - skipped;
  const rest = skipped === 0 ? "" : `; ${skipped} ${skipped === 1 ? "was" : "were"} not asked`;
  context.note(asked === 0 ? "No service was asked" : `${allOf(asked)}${rest}`);
}

const allOf = (count: number): string =>
  count === 1 ? "The service answers" : `All ${count} services answer`;

async function findUnreachable(
  context: CommandContext,
  services: readonly ExpectedService[],
): Promise<Map<ExpectedService, string>> {
  const unreachable = new Map<ExpectedService, string>();
  const overTcp = services.filter(({ role, known }) => role !== "udp" && known === undefined);
  await Promise.all(
    overTcp.map((service) =>
      withTcp(context, service, async () => {}).catch((error: unknown) => {
        unreachable.set(service, reason(error));
      }),
    ),
  );
  context.signal.throwIfAborted();
  return unreachable;
}

async function checkService(
  context: CommandContext,
  service: ExpectedService,
  login: DoctorLogin,
): Promise<Result> {
  if (service.known !== undefined) return service.known;
  const check = checks[service.role];
  if (check === undefined) return { state: "skipped", why: `no check for the role ${service.role}` };
  try {
    return { state: "ok", ...(await check(context, service, login)) };
  } catch (error) {
    context.signal.throwIfAborted();
    return { state: "failed", why: reason(error) };
  }
}

/** In a table of the whole lab, not every line needs advice on how to start the service. */
function reason(error: unknown): string {
  if (error instanceof ConnectionError) return error.reason;
  return error instanceof TimedOutError ? (error.message.split(";")[0] ?? "") : describeError(error);
}

const fields = (result: Result): object =>
  result.state === "ok" ? { ...result, ms: roundMs(result.ms) } : result;

function cells(context: CommandContext, service: ExpectedService, result: Result): string[] {
  const { good, bad, faint } = context.style;
  const name = [service.service, place(service)];
  switch (result.state) {
    case "ok":
      return [...name, good("ok"), formatDuration(result.ms), faint(result.said)];
    case "failed":
      return [...name, bad("failed"), "-", result.why];
    case "skipped":
      return [...name, "-", "-", faint(result.why)];
  }
}

const place = ({ role, host, port }: ExpectedService): string =>
  port === 0 ? "-" : `${formatHostPort(host, port)}${role === "udp" ? "/udp" : ""}`;

function columnsFor(services: readonly ExpectedService[]): Column[] {
  const widest = (texts: readonly string[]) => Math.max(...texts.map((text) => text.length));
  return [
    { title: "service", width: widest(services.map(({ service }) => service)) },
    { title: "address", width: widest(services.map(place)) },
    { title: "state", width: "skipped".length },
    { title: "latency", width: "1000 ms".length, align: "right" },
    { title: "round trip" },
  ];
}

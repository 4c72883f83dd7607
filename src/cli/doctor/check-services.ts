import { formatHostPort } from "../../core/address.ts";
import { describeError } from "../../core/errors.ts";
import { connected } from "../exchange/exchange.ts";
import { rounded } from "../exchange/send-messages.ts";
import type { ExpectedService } from "../program/command.ts";
import type { CommandContext } from "../program/command-context.ts";
import { PeerError } from "../program/errors.ts";
import { formatDuration } from "../program/timeout.ts";
import { type Column, rowFormat } from "../terminal/table.ts";
import type { RoundTrip } from "./check.ts";
import { checks } from "./checks.ts";

/** What came of one service. `skipped`: its role has no check. */
type Finding =
  | ({ readonly state: "ok" } & RoundTrip)
  | { readonly state: "failed"; readonly why: string }
  | { readonly state: "skipped" };

/**
 * One round trip with each service, one after the other so that none disturbs another's latency. Ports that
 * do not answer at all are found before, all at once: an unreachable host costs one timeout, not one for each.
 * @throws {PeerError} when any of them failed
 */
export async function examine(context: CommandContext, services: readonly ExpectedService[]): Promise<void> {
  const columns = columnsFor(services);
  const row = rowFormat(columns);
  if (!context.json && !context.quiet) context.result(row(columns.map(({ title }) => title)), {});
  const deaf = await findDeaf(context, services);
  const failed: string[] = [];
  for (const service of services) {
    const why = deaf.get(service);
    const finding = why === undefined ? await round(context, service) : ({ state: "failed", why } as const);
    if (finding.state === "failed") failed.push(service.service);
    context.result(row(cells(context, service, finding)), { ...service, ...fields(finding) });
  }
  if (failed.length > 0) {
    throw new PeerError(
      "services-failed",
      `${failed.length} of ${services.length} services failed: ${failed.join(", ")}`,
    );
  }
  context.note(`All ${services.length} services answer`);
}

async function findDeaf(
  context: CommandContext,
  services: readonly ExpectedService[],
): Promise<Map<ExpectedService, string>> {
  const deaf = new Map<ExpectedService, string>();
  const overTcp = services.filter(({ role }) => role !== "udp");
  await Promise.all(
    overTcp.map((service) =>
      connected(context, service, async () => {}).catch((error: unknown) => {
        deaf.set(service, reason(error));
      }),
    ),
  );
  context.signal.throwIfAborted();
  return deaf;
}

async function round(context: CommandContext, service: ExpectedService): Promise<Finding> {
  const check = checks[service.role];
  if (check === undefined) return { state: "skipped" };
  try {
    return { state: "ok", ...(await check(context, service)) };
  } catch (error) {
    context.signal.throwIfAborted();
    return { state: "failed", why: reason(error) };
  }
}

/** In a table of the whole lab, how to start it need not be said in every line. */
const reason = (error: unknown): string =>
  error instanceof PeerError && error.code === "connection-refused"
    ? "connection refused"
    : describeError(error);

const fields = (finding: Finding): object =>
  finding.state === "ok" ? { ...finding, ms: rounded(finding.ms) } : finding;

function cells(context: CommandContext, service: ExpectedService, finding: Finding): string[] {
  const { good, bad, faint } = context.style;
  const name = [service.service, place(service)];
  switch (finding.state) {
    case "ok":
      return [...name, good("ok"), formatDuration(finding.ms), faint(finding.said)];
    case "failed":
      return [...name, bad("failed"), "-", finding.why];
    case "skipped":
      return [...name, "-", "-", faint(`no check for the role ${service.role}`)];
  }
}

const place = ({ role, host, port }: ExpectedService): string =>
  `${formatHostPort(host, port)}${role === "udp" ? "/udp" : ""}`;

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

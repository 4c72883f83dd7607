import { commonHelp, roleHelp } from "./metric-help.ts";

/** A service's counter or gauge in Prometheus. */
export interface MetricName {
  /** `distsrv_received_bytes_total` */
  readonly name: string;
  readonly help: string;
  readonly kind: "counter" | "gauge";
  /** Labels beside `service` and `role`. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Sums of other stats, by direction or by reason. As metrics they would count everything twice. */
const sums: ReadonlySet<string> = new Set(["messages_total", "dropped_total"]);

/** Longer names for stats whose own name does not say what is counted. */
const longNames: Readonly<Record<string, string>> = {
  retained: "retained_messages",
  inflight: "inflight_messages",
};

/**
 * A stat `..._total` is a counter, any other a gauge. Following Prometheus' conventions the unit comes last, and a
 * status or a reason becomes a label. A stat that only one role has is prefixed with the role's name.
 * @returns undefined for a sum of other stats
 */
export function metricName(stat: string, role: string): MetricName | undefined {
  const plain = snakeCase(stat);
  if (sums.has(plain)) return undefined;
  const kind = plain.endsWith("_total") ? "counter" : "gauge";
  const { name, labels } = withLabels(plain);
  const common = commonHelp[name];
  if (common !== undefined) return { name: `distsrv_${name}`, help: common, kind, labels };
  const help = roleHelp[role]?.[name] ?? `The number "${stat}" of the role ${role}.`;
  return { name: `distsrv_${snakeCase(role)}_${name}`, help, kind, labels };
}

function withLabels(plain: string): { name: string; labels: Record<string, string> } {
  const [, status] = /^responses_(\dxx)_total$/.exec(plain) ?? [];
  if (status !== undefined) return { name: "responses_total", labels: { status } };
  const [, cause] = /^turned_away_(.+)_total$/.exec(plain) ?? [];
  if (cause !== undefined) return { name: "connections_turned_away_total", labels: { reason: cause } };
  const [, reason] = /^dropped_(.+)_total$/.exec(plain) ?? [];
  if (reason !== undefined) return { name: "dropped_messages_total", labels: { reason } };
  return { name: longNames[plain] ?? unitLast(plain), labels: {} };
}

const snakeCase = (name: string): string =>
  name
    .replace(/[^A-Za-z0-9_]/g, "_")
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase();

/** `bytes_received_total` becomes `received_bytes_total`. */
function unitLast(name: string): string {
  const [, of = "", what, total = ""] = /^(payload_)?bytes_(.+?)(_total)?$/.exec(name) ?? [];
  return what === undefined ? name : `${of}${what}_bytes${total}`;
}

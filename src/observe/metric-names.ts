import { commonHelps, helpsOfRoles } from "./metric-helps.ts";

/** What a service's counter or gauge is called in Prometheus. */
export interface MetricName {
  /** `distsrv_received_bytes_total` */
  readonly name: string;
  readonly help: string;
  readonly kind: "counter" | "gauge";
  /** Labels beside `service` and `role`. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Told in and out, or by the reason: a metric beside its own parts would count everything twice. */
const toldInParts: ReadonlySet<string> = new Set(["messages_total", "dropped_total"]);

/** What would not say by itself of what it is a number. */
const fuller: Readonly<Record<string, string>> = {
  retained: "retained_messages",
  inflight: "inflight_messages",
};

/**
 * A stat `..._total` is a counter, any other a gauge; the unit stands last, as Prometheus wants it, what is in truth
 * a label becomes one, and what one role alone has bears the role's name.
 * @returns undefined for a sum whose parts are told
 */
export function metricName(stat: string, role: string): MetricName | undefined {
  const plain = snakeCase(stat);
  if (toldInParts.has(plain)) return undefined;
  const kind = plain.endsWith("_total") ? "counter" : "gauge";
  const { name, labels } = withLabels(plain);
  const common = commonHelps[name];
  if (common !== undefined) return { name: `distsrv_${name}`, help: common, kind, labels };
  const help = helpsOfRoles[role]?.[name] ?? `The number "${stat}" of the role ${role}.`;
  return { name: `distsrv_${snakeCase(role)}_${name}`, help, kind, labels };
}

function withLabels(plain: string): { name: string; labels: Record<string, string> } {
  const [, status] = /^responses_(\dxx)_total$/.exec(plain) ?? [];
  if (status !== undefined) return { name: "responses_total", labels: { status } };
  const [, reason] = /^dropped_(.+)_total$/.exec(plain) ?? [];
  if (reason !== undefined) return { name: "dropped_messages_total", labels: { reason } };
  return { name: fuller[plain] ?? unitLast(plain), labels: {} };
}

const snakeCase = (name: string): string =>
  name
    .replace(/[^A-Za-z0-9_]/g, "_")
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase();

/** `bytes_received_total` is said `received_bytes_total`. */
function unitLast(name: string): string {
  const [, of = "", what, total = ""] = /^(payload_)?bytes_(.+?)(_total)?$/.exec(name) ?? [];
  return what === undefined ? name : `${of}${what}_bytes${total}`;
}

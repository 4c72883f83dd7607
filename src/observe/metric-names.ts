/** What a service's counter or gauge is called in Prometheus. */
export interface MetricName {
  /** `distsrv_received_bytes_total` */
  readonly name: string;
  readonly help: string;
  readonly kind: "counter" | "gauge";
  /** Labels beside `service` and `role`. */
  readonly labels: Readonly<Record<string, string>>;
}

/** What the numbers mean that several roles have; the others are told by their names. */
const helps: Readonly<Record<string, string>> = {
  connections: "Clients connected now.",
  connections_total: "Connections accepted.",
  connections_refused_total: "Connections closed at once because there were too many.",
  connections_idle_closed_total: "Connections closed because they were silent for too long.",
  connection_errors_total: "Connections that ended in an error of the network.",
  received_bytes_total: "Bytes received.",
  sent_bytes_total: "Bytes sent.",
  messages_total: "Messages handled.",
  messages_received_total: "Messages received.",
  messages_sent_total: "Messages sent.",
  dropped_total: "Messages dropped because a subscriber was too slow.",
  datagrams_received_total: "Datagrams received.",
  datagrams_sent_total: "Datagrams sent.",
  datagrams_dropped_total: "Datagrams that could not be sent.",
  datagram_errors_total: "Errors of the network while datagrams were sent or received.",
  handshake_failures_total: "Peers that did not get through the handshake.",
  requests: "Requests being answered now.",
  requests_total: "Requests received.",
  requests_aborted_total: "Requests whose client left before they were complete.",
  requests_invalid_total: "Requests that made no sense to the service.",
  responses_total: "Responses by the class of their status.",
  threads: "Worker threads that serve.",
};

/**
 * The generic mapping: a stat `..._total` is a counter, any other a gauge; the unit stands last, as Prometheus
 * wants it, and what is in truth a label becomes one.
 */
export function metricName(stat: string): MetricName {
  const plain = stat
    .replace(/[^A-Za-z0-9_]/g, "_")
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase();
  const kind = plain.endsWith("_total") ? "counter" : "gauge";
  const [, status] = /^responses_(\dxx)_total$/.exec(plain) ?? [];
  const name = status === undefined ? unitLast(plain) : "responses_total";
  const labels: Record<string, string> = status === undefined ? {} : { status };
  return {
    name: `distsrv_${name}`,
    help: helps[name] ?? `The services' own number "${stat}".`,
    kind,
    labels,
  };
}

/** `bytes_received_total` is said `received_bytes_total`. */
function unitLast(name: string): string {
  const [, what, total = ""] = /^bytes_(.+?)(_total)?$/.exec(name) ?? [];
  return what === undefined ? name : `${what}_bytes${total}`;
}

import { Empty } from "../components/empty.tsx";
import { Table, type TableColumn } from "../components/table.tsx";
import { usePoll } from "../state/requests.ts";
import { bytes, clock } from "../text/format.ts";
import type { SessionInfo } from "./broker-api.ts";

const columns: readonly TableColumn<SessionInfo>[] = [
  {
    title: "Client",
    cell: ({ clientId, connected }) => (
      <>
        <span class={`dot ${connected ? "dot-on" : "dot-off"}`} /> <strong>{clientId || "(no id)"}</strong>
        <span class="hidden">{connected ? ", connected" : ", away"}</span>
      </>
    ),
  },
  {
    title: "From",
    cell: ({ connected, remote }) => (connected ? (remote ?? "") : <span class="soft">away</span>),
  },
  { title: "MQTT", cell: ({ version }) => version ?? "" },
  { title: "User", cell: ({ username }) => username ?? "" },
  { title: "Subscriptions", cell: ({ subscriptions }) => subscriptions, isNumber: true },
  {
    title: "Queued",
    cell: ({ queued, queuedBytes = 0 }) => (queued === 0 ? 0 : `${queued} (${bytes(queuedBytes)})`),
    isNumber: true,
  },
  {
    title: "In flight",
    cell: ({ inflight, inflightIncoming = 0 }) => `${inflight} / ${inflightIncoming}`,
    isNumber: true,
  },
  { title: "Since", cell: ({ connectedAt }) => since(connectedAt) },
];

/** The broker's sessions, with their queues. */
export function Sessions({ broker }: { broker: string }) {
  const { data, error } = usePoll<SessionInfo[]>(
    `/api/services/${encodeURIComponent(broker)}/views/sessions`,
  );
  if (data === undefined)
    return <p class={error === undefined ? "soft" : "error"}>{error ?? "Asking the broker …"}</p>;
  if (data.length === 0)
    return (
      <Empty icon="mqtt" title="No sessions">
        <p>
          Connect a client: <code>distcli mqtt sub 127.0.0.1 -t 'sister/#'</code>
        </p>
      </Empty>
    );
  return (
    <>
      <Table label="Sessions" rows={data} keyOf={({ clientId }) => clientId} columns={columns} />
      <p class="soft small">In flight: QoS 1 and 2 messages on their way to the client / from the client.</p>
    </>
  );
}

function since(time: number | string | null | undefined): string {
  if (time === null || time === undefined) return "";
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? String(time) : clock(date.getTime()).slice(0, 8);
}

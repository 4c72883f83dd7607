import { Empty } from "../components/empty.tsx";
import { Table, type TableColumn } from "../components/table.tsx";
import { usePoll } from "../state/requests.ts";
import type { SubscriptionInfo } from "./broker-api.ts";

const columns: readonly TableColumn<SubscriptionInfo>[] = [
  { title: "Filter", cell: ({ filter }) => <code>{filter}</code> },
  { title: "Client", cell: ({ clientId }) => clientId },
  { title: "QoS", cell: ({ qos }) => qos, isNumber: true },
];

/** The broker's subscriptions. */
export function Subscriptions({ broker }: { broker: string }) {
  const path = `/api/services/${encodeURIComponent(broker)}/views/subscriptions`;
  const { data, error } = usePoll<SubscriptionInfo[]>(path);
  if (data === undefined)
    return <p class={error === undefined ? "soft" : "error"}>{error ?? "Asking the broker …"}</p>;
  if (data.length === 0)
    return (
      <Empty icon="mqtt" title="Nobody subscribes">
        <p>What is published now reaches no one.</p>
      </Empty>
    );
  return (
    <Table
      label="Subscriptions"
      rows={data}
      keyOf={({ clientId, filter }) => `${clientId}\n${filter}`}
      columns={columns}
    />
  );
}

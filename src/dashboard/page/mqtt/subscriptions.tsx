import { Empty } from "../components/empty.tsx";
import { Table, type TableColumn } from "../components/table.tsx";
import { usePoll } from "../state/requests.ts";
import { texts } from "../text/language.ts";
import { shared } from "../text/words.ts";
import type { SubscriptionInfo } from "./broker-api.ts";

const words = texts({
  en: {
    label: "Subscriptions",
    client: "Client",
    emptyTitle: "Nobody subscribes",
    empty: "What is published now reaches no one.",
  },
  id: {
    label: "Subscription",
    client: "Klien",
    emptyTitle: "Belum ada subscriber",
    empty: "Yang di-publish sekarang tidak sampai kepada siapa pun.",
  },
});

const columns = (): readonly TableColumn<SubscriptionInfo>[] => [
  { title: "Filter", cell: ({ filter }) => <code>{filter}</code> },
  { title: words.client, cell: ({ clientId }) => clientId || shared.anonymous },
  { title: "QoS", cell: ({ qos }) => qos, isNumber: true },
];

/** The broker's subscriptions. */
export function Subscriptions({ broker }: { broker: string }) {
  const path = `/api/services/${encodeURIComponent(broker)}/views/subscriptions`;
  const { data, error } = usePoll<SubscriptionInfo[]>(path);
  if (data === undefined)
    return <p class={error === undefined ? "soft" : "error"}>{error ?? shared.asking}</p>;
  if (data.length === 0)
    return (
      <Empty icon="mqtt" title={words.emptyTitle}>
        <p>{words.empty}</p>
      </Empty>
    );
  return (
    <Table
      label={words.label}
      rows={data}
      keyOf={({ clientId, filter }) => `${clientId}\n${filter}`}
      columns={columns()}
    />
  );
}

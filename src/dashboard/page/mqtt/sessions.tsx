import { useState } from "preact/hooks";
import { Empty } from "../components/empty.tsx";
import { Table, type TableColumn } from "../components/table.tsx";
import { useMay } from "../state/me.ts";
import { usePoll } from "../state/requests.ts";
import { bytes, clockSeconds, dateTime, integer, short } from "../text/format.ts";
import { texts } from "../text/language.ts";
import { shared } from "../text/words.ts";
import { type SessionInfo, viewPath } from "./broker-api.ts";
import { useKept } from "./keep-last.ts";
import { SearchField } from "./search-field.tsx";
import { SessionActions } from "./session-actions.tsx";

const words = texts({
  en: {
    label: "Sessions",
    search: "Search clients, users and addresses",
    emptyTitle: "No sessions",
    empty: "Connect a client:",
    notFound: "No session has this in its client identifier, user name or address.",
    client: "Client",
    connected: ", connected",
    isAway: ", away",
    away: "away",
    address: "Address",
    version: "MQTT",
    user: (name: string) => `user ${name}`,
    subscriptions: "Filters",
    rateIn: "In/s",
    rateOut: "Out/s",
    queued: "Queued",
    inflight: "In flight",
    dropped: "Lost",
    since: "Since",
    actions: "Actions",
    queue: (count: string, volume: string) => `${count} (${volume})`,
    flight: (out: number, incoming: number) => `${out} / ${incoming}`,
    volume: (rate: string) => `${rate}/s`,
    total: (messages: string) => `${messages} messages since the session began`,
    more: "There are more sessions than are shown: search for one, or sort them.",
    note: "In and out are messages a second from and to the client. In flight: QoS 1 and 2 messages on their way to the client / from the client.",
  },
  id: {
    label: "Sesi",
    search: "Cari klien, pengguna, dan alamat",
    emptyTitle: "Tidak ada sesi",
    empty: "Sambungkan sebuah klien:",
    notFound: "Tidak ada sesi dengan teks ini di client identifier, nama pengguna, atau alamatnya.",
    client: "Klien",
    connected: ", tersambung",
    isAway: ", tidak tersambung",
    away: "tidak tersambung",
    address: "Alamat",
    version: "MQTT",
    user: (name) => `pengguna ${name}`,
    subscriptions: "Filter",
    rateIn: "Masuk/s",
    rateOut: "Keluar/s",
    queued: "Antrean",
    inflight: "In-flight",
    dropped: "Hilang",
    since: "Sejak",
    actions: "Tindakan",
    queue: (count, volume) => `${count} (${volume})`,
    flight: (out, incoming) => `${out} / ${incoming}`,
    volume: (rate) => `${rate}/s`,
    total: (messages) => `${messages} pesan sejak sesi dimulai`,
    more: "Ada lebih banyak sesi daripada yang ditampilkan: cari salah satu, atau urutkan.",
    note: "Masuk dan keluar: pesan per detik dari dan ke klien. In-flight: pesan QoS 1 dan 2 yang sedang dalam perjalanan ke klien / dari klien.",
  },
});

const limit = 500;

const number = (
  title: string,
  sort: string,
  cell: TableColumn<SessionInfo>["cell"],
): TableColumn<SessionInfo> => ({ title, sort, cell, isNumber: true, isLargestFirst: true });

const columns = (): readonly TableColumn<SessionInfo>[] => [
  {
    title: words.client,
    sort: "clientId",
    cell: ({ clientId, connected, username }) => (
      <>
        <span class={`dot ${connected ? "dot-on" : "dot-off"}`} />{" "}
        <strong>{clientId || shared.anonymous}</strong>
        <span class="hidden">{connected ? words.connected : words.isAway}</span>
        {username && <span class="soft small"> {words.user(username)}</span>}
      </>
    ),
  },
  number(words.rateIn, "rateIn", ({ rateIn, byteRateIn, messagesIn }) => (
    <Rate rate={rateIn} volume={byteRateIn} total={messagesIn} />
  )),
  number(words.rateOut, "rateOut", ({ rateOut, byteRateOut, messagesOut }) => (
    <Rate rate={rateOut} volume={byteRateOut} total={messagesOut} />
  )),
  number(words.queued, "queued", ({ queued, queuedBytes }) =>
    queued === 0 ? 0 : words.queue(integer(queued), bytes(queuedBytes)),
  ),
  number(words.inflight, "inflight", ({ inflight, inflightIncoming }) =>
    words.flight(inflight, inflightIncoming),
  ),
  number(words.dropped, "dropped", ({ dropped }) =>
    dropped === 0 ? 0 : <strong class="error">{short(dropped)}</strong>,
  ),
  number(words.subscriptions, "subscriptions", ({ subscriptions }) => subscriptions),
  {
    title: words.address,
    sort: "remote",
    cell: ({ connected, remote }) => (connected ? (remote ?? "") : <span class="soft">{words.away}</span>),
  },
  { title: words.version, sort: "version", cell: ({ version }) => version ?? "" },
  {
    title: words.since,
    sort: "connectedAt",
    isLargestFirst: true,
    cell: ({ connectedAt, awayAt }) => <Since time={connectedAt ?? awayAt} />,
  },
];

interface RateProps {
  readonly rate: number | null;
  readonly volume: number | null;
  readonly total: number;
}

function Rate({ rate, volume, total }: RateProps) {
  const title = words.total(integer(total));
  if (rate === null || rate === 0) return <span title={title}>{rate === null ? "…" : "–"}</span>;
  return (
    <span title={title}>
      {short(rate)} <small class="soft">{words.volume(bytes(volume ?? 0))}</small>
    </span>
  );
}

/** The time of day; of another day, its date too. */
function Since({ time }: { time: SessionInfo["connectedAt"] }) {
  if (time === null || time === undefined) return null;
  const then = new Date(time).getTime();
  if (Number.isNaN(then)) return <>{time}</>;
  const isToday = new Date().toDateString() === new Date(then).toDateString();
  return <time title={dateTime(then)}>{isToday ? clockSeconds(then) : dateTime(then)}</time>;
}

/** The broker's sessions, with their rates and queues. */
export function Sessions({ broker }: { broker: string }) {
  const [search, setSearch] = useState("");
  const [sort, setSort] = useState("clientId");
  const {
    data: fresh,
    error,
    again,
  } = usePoll<SessionInfo[]>(viewPath(broker, "sessions", { limit: String(limit), search, sort }));
  const mayOperate = useMay("operate");
  const actions: TableColumn<SessionInfo> = {
    title: words.actions,
    cell: (session) => <SessionActions broker={broker} session={session} onDone={again} />,
  };
  const data = useKept(fresh);
  if (data === undefined)
    return <p class={error === undefined ? "soft" : "error"}>{error ?? shared.asking}</p>;
  if (data.length === 0 && search === "")
    return (
      <Empty icon="mqtt" title={words.emptyTitle}>
        <p>
          {words.empty} <code>distcli mqtt sub 127.0.0.1 -t 'sister/#'</code>
        </p>
      </Empty>
    );
  return (
    <>
      <div class="list-tools">
        <SearchField label={words.search} value={search} onChange={setSearch} />
      </div>
      {data.length === 0 ? (
        <p class="soft">{words.notFound}</p>
      ) : (
        <Table
          label={words.label}
          rows={data}
          keyOf={({ clientId }) => clientId}
          columns={mayOperate ? [...columns(), actions] : columns()}
          sort={sort}
          onSort={setSort}
        />
      )}
      {data.length === limit && <p class="soft small">{words.more}</p>}
      <p class="soft small">{words.note}</p>
    </>
  );
}

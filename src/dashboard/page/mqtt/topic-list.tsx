import { Table, type TableColumn } from "../components/table.tsx";
import { bytes, clockSeconds, short } from "../text/format.ts";
import { texts } from "../text/language.ts";
import type { TopicInfo } from "./broker-api.ts";
import { TopicValueCell } from "./topic-value-cell.tsx";

const words = texts({
  en: {
    label: "Topics",
    topic: "Topic",
    value: "Last value",
    rate: "Messages/s",
    byteRate: "Bytes/s",
    count: "Messages",
    volume: "Bytes",
    time: "Time",
  },
  id: {
    label: "Topic",
    topic: "Topic",
    value: "Nilai terakhir",
    rate: "Pesan/s",
    byteRate: "Byte/s",
    count: "Pesan",
    volume: "Byte",
    time: "Waktu",
  },
});

interface TopicListProps {
  readonly topics: readonly TopicInfo[];
  readonly chosen: string;
  readonly onPick: (topic: string) => void;
  readonly sort: string;
  readonly onSort: (sort: string) => void;
}

/** The topics in a table that is sorted by any of its columns. */
export function TopicList({ topics, chosen, onPick, sort, onSort }: TopicListProps) {
  const columns: readonly TableColumn<TopicInfo>[] = [
    {
      title: words.topic,
      sort: "topic",
      cell: ({ topic, name = topic }) => (
        <button type="button" class="link" aria-pressed={name === chosen} onClick={() => onPick(name)}>
          {topic}
        </button>
      ),
    },
    ...figures(),
    {
      title: words.value,
      cell: (topic) => (
        <span class="value value-cell">
          <TopicValueCell topic={topic} />
        </span>
      ),
    },
  ];
  return (
    <Table
      label={words.label}
      rows={topics}
      keyOf={({ topic }) => topic}
      columns={columns}
      sort={sort}
      onSort={onSort}
    />
  );
}

const number = (title: string, sort: string, cell: (topic: TopicInfo) => string): TableColumn<TopicInfo> => ({
  title,
  sort,
  cell,
  isNumber: true,
  isLargestFirst: true,
});

const figures = (): readonly TableColumn<TopicInfo>[] => [
  number(words.rate, "rate", ({ rate }) => (rate > 0 ? short(rate) : "–")),
  number(words.byteRate, "byteRate", ({ byteRate }) => (byteRate > 0 ? bytes(byteRate) : "–")),
  number(words.count, "count", ({ count }) => short(count)),
  number(words.volume, "bytes", ({ bytes: volume }) => bytes(volume)),
  number(words.time, "time", ({ time }) => (time === null ? "–" : clockSeconds(time))),
];

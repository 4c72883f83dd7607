import { useState } from "preact/hooks";
import { Empty } from "../components/empty.tsx";
import { usePoll } from "../state/requests.ts";
import { texts } from "../text/language.ts";
import { shared } from "../text/words.ts";
import { type TopicsView, viewPath } from "./broker-api.ts";
import { useKept } from "./keep-last.ts";
import { SearchField } from "./search-field.tsx";
import { TopicList } from "./topic-list.tsx";
import { TopicTree } from "./topic-tree-view.tsx";

const words = texts({
  en: {
    search: "Search topics and values",
    shape: "Topics as",
    tree: "Tree",
    list: "List",
    emptyTitle: "Nothing has been published",
    empty: "A topic appears here with its first message.",
    notFound: "No topic has this in its name or value.",
    more: "There are more topics than are shown: search for one.",
  },
  id: {
    search: "Cari topic dan nilai",
    shape: "Topic sebagai",
    tree: "Pohon",
    list: "Daftar",
    emptyTitle: "Belum ada yang di-publish",
    empty: "Sebuah topic tampil di sini begitu pesan pertamanya datang.",
    notFound: "Tidak ada topic dengan teks ini di nama atau nilainya.",
    more: "Ada lebih banyak topic daripada yang ditampilkan: cari salah satu.",
  },
});

const limit = "500";

interface TopicsProps {
  readonly broker: string;
  /** The topic that is looked at. */
  readonly chosen: string;
  readonly onPick: (topic: string) => void;
}

/** The topics since the broker started, as a tree or as a list in any order. */
export function Topics({ broker, chosen, onPick }: TopicsProps) {
  const [search, setSearch] = useState("");
  const [shape, setShape] = useState<"tree" | "list">("tree");
  const [sort, setSort] = useState("-rate");
  const query = { limit, search, sort: shape === "list" ? sort : "" };
  const { data: fresh, error } = usePoll<TopicsView>(viewPath(broker, "topics", query));
  const data = useKept(fresh);
  if (data === undefined)
    return <p class={error === undefined ? "soft" : "error"}>{error ?? shared.asking}</p>;
  if (data.topics.length === 0 && search === "")
    return (
      <Empty icon="mqtt" title={words.emptyTitle}>
        <p>{words.empty}</p>
      </Empty>
    );
  return (
    <>
      <div class="list-tools">
        <SearchField label={words.search} value={search} onChange={setSearch} />
        <fieldset class="segments" aria-label={words.shape}>
          {(["tree", "list"] as const).map((each) => (
            <button key={each} type="button" aria-pressed={shape === each} onClick={() => setShape(each)}>
              {words[each]}
            </button>
          ))}
        </fieldset>
      </div>
      {shape === "tree" ? (
        <TopicTree topics={data.topics} chosen={chosen} onPick={onPick} />
      ) : (
        <TopicList topics={data.topics} chosen={chosen} onPick={onPick} sort={sort} onSort={setSort} />
      )}
      {data.topics.length === 0 && <p class="soft">{words.notFound}</p>}
      {data.truncated && <p class="soft small">{words.more}</p>}
    </>
  );
}

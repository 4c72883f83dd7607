import { useState } from "preact/hooks";
import { Empty } from "../components/empty.tsx";
import { Tabs } from "../components/tabs.tsx";
import { services } from "../state/lab.ts";
import { route } from "../state/route.ts";
import { useStore } from "../state/use-store.ts";
import { texts } from "../text/language.ts";
import { stateName } from "../text/server-words.ts";
import { Busiest } from "./busiest.tsx";
import { Publish } from "./publish.tsx";
import { Sessions } from "./sessions.tsx";
import { Subscribe } from "./subscribe.tsx";
import { Subscriptions } from "./subscriptions.tsx";
import { TopicPanel } from "./topic-details.tsx";
import { Topics } from "./topics.tsx";

const words = texts({
  en: {
    noBroker: "No MQTT broker here",
    add: "Add it to the configuration:",
    broker: "Broker",
    state: (state: string) => `The broker is ${stateName(state)}.`,
    inside: "Insides of the broker",
    views: "Views",
    topics: "Topics",
    busiest: "Busiest",
    sessions: "Sessions",
    subscriptions: "Subscriptions",
  },
  id: {
    noBroker: "Tidak ada broker MQTT di sini",
    add: "Tambahkan ke konfigurasi:",
    broker: "Broker",
    state: (state) => `Status broker: ${stateName(state)}.`,
    inside: "Isi broker",
    views: "Tampilan",
    topics: "Topic",
    busiest: "Tersibuk",
    sessions: "Sesi",
    subscriptions: "Subscription",
  },
});

/** A broker's topics, sessions and subscriptions, with forms to publish and to listen. The topic is in the address. */
export function MqttPage() {
  const list = useStore(services);
  const { rest: topic } = useStore(route);
  const brokers = list?.filter(({ role }) => role === "mqtt") ?? [];
  const [chosen, setChosen] = useState<string>();
  const broker = brokers.find(({ name }) => name === chosen) ?? brokers[0];
  if (list === undefined) return null;
  if (broker === undefined)
    return (
      <Empty icon="mqtt" title={words.noBroker}>
        <p>
          {words.add} <code>services: {"{ mqtt: {} }"}</code>
        </p>
      </Empty>
    );
  const { name, state } = broker;
  return (
    <div class="mqtt">
      {brokers.length > 1 && (
        <label class="inline">
          {words.broker}
          <select value={name} onChange={(event) => setChosen(event.currentTarget.value)}>
            {brokers.map((each) => (
              <option key={each.name}>{each.name}</option>
            ))}
          </select>
        </label>
      )}
      {state !== "running" && <p class="banner inline-banner">{words.state(state)}</p>}
      <div class={`columns ${topic === "" ? "" : "has-topic"}`}>
        <section class="panel grow" aria-label={words.inside}>
          <Views key={name} broker={name} topic={topic} />
        </section>
        <div class="side">
          {topic !== "" && <TopicPanel key={topic} broker={name} topic={topic} onClose={() => pick("")} />}
          <Publish broker={name} picked={topic} />
          <Subscribe key={name} broker={name} />
        </div>
      </div>
    </div>
  );
}

function pick(topic: string): void {
  location.hash = topic === "" ? "#/mqtt" : `#/mqtt/${encodeURIComponent(topic)}`;
}

function Views({ broker, topic }: { broker: string; topic: string }) {
  const [tab, setTab] = useState("topics");
  return (
    <Tabs
      label={words.views}
      chosen={tab}
      onChoose={setTab}
      tabs={[
        {
          id: "topics",
          title: words.topics,
          body: () => <Topics broker={broker} chosen={topic} onPick={pick} />,
        },
        { id: "busiest", title: words.busiest, body: () => <Busiest broker={broker} onPick={pick} /> },
        { id: "sessions", title: words.sessions, body: () => <Sessions broker={broker} /> },
        { id: "subscriptions", title: words.subscriptions, body: () => <Subscriptions broker={broker} /> },
      ]}
    />
  );
}

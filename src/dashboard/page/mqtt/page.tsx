import { useState } from "preact/hooks";
import { Empty } from "../components/empty.tsx";
import { Tabs } from "../components/tabs.tsx";
import { services } from "../state/lab.ts";
import { useStore } from "../state/store.ts";
import { Publish } from "./publish.tsx";
import { Sessions } from "./sessions.tsx";
import { Subscribe } from "./subscribe.tsx";
import { Subscriptions } from "./subscriptions.tsx";
import { Topics } from "./topics.tsx";

/** A broker's topics, sessions and subscriptions, with forms to publish and to listen. */
export function MqttPage() {
  const list = useStore(services);
  const brokers = list?.filter(({ role }) => role === "mqtt") ?? [];
  const [chosen, setChosen] = useState<string>();
  const [tab, setTab] = useState("topics");
  const [topic, setTopic] = useState("sister/temp");
  const broker = brokers.find(({ name }) => name === chosen) ?? brokers[0];
  if (list === undefined) return null;
  if (broker === undefined)
    return (
      <Empty icon="mqtt" title="No MQTT broker here">
        <p>
          Add <code>mqtt: {"{}"}</code> under <code>services:</code> in the configuration.
        </p>
      </Empty>
    );
  const { name, state } = broker;
  return (
    <div class="mqtt">
      {brokers.length > 1 && (
        <label class="inline">
          Broker
          <select value={name} onChange={(event) => setChosen(event.currentTarget.value)}>
            {brokers.map((each) => (
              <option key={each.name}>{each.name}</option>
            ))}
          </select>
        </label>
      )}
      {state !== "running" && <p class="banner inline-banner">The broker is {state}.</p>}
      <div class="columns">
        <section class="panel grow" aria-label="Insides of the broker">
          <Tabs
            label="Views"
            chosen={tab}
            onChoose={setTab}
            tabs={[
              {
                id: "topics",
                title: "Topics",
                body: () => <Topics key={name} broker={name} onPick={setTopic} />,
              },
              { id: "sessions", title: "Sessions", body: () => <Sessions key={name} broker={name} /> },
              {
                id: "subscriptions",
                title: "Subscriptions",
                body: () => <Subscriptions key={name} broker={name} />,
              },
            ]}
          />
        </section>
        <div class="side">
          <Publish broker={name} topic={topic} onTopic={setTopic} />
          <Subscribe key={name} broker={name} />
        </div>
      </div>
    </div>
  );
}

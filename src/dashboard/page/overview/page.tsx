import { Empty } from "../components/empty.tsx";
import { Icon } from "../components/icons.tsx";
import { about, link, problems, services, useTone } from "../state/lab.ts";
import { useStore } from "../state/store.ts";
import { bytes, duration, plural } from "../text/format.ts";
import { ServiceCard } from "./card.tsx";

export function OverviewPage() {
  const list = useStore(services);
  const state = useStore(link);
  if (list === undefined) return <Placeholders />;
  if (list.length === 0)
    return (
      <Empty icon="overview" title="No service is configured">
        <p>
          A service is a key under <code>services:</code> in the configuration file.
        </p>
      </Empty>
    );
  return (
    <div class={state === "down" ? "stale" : ""}>
      <Summary />
      <Problems />
      <ul class="cards">
        {list.map((service) => (
          <li key={service.name}>
            <ServiceCard service={service} />
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Shown until the server has answered for the first time. */
function Placeholders() {
  return (
    <ul class="cards" aria-label="Loading">
      {[0, 1, 2, 3, 4, 5].map((place) => (
        <li key={place} class="card ghost" />
      ))}
    </ul>
  );
}

function Summary() {
  const list = useStore(services) ?? [];
  const info = useStore(about);
  const running = list.filter(({ state }) => state === "running").length;
  const clients = list.reduce((sum, service) => sum + (service.clients ?? 0), 0);
  return (
    <p class="summary">
      <strong>
        {running} of {plural(list.length, "service")}
      </strong>{" "}
      running, {plural(clients, "client")} connected
      {info !== undefined && (
        <>
          <span class="soft"> · up {duration(info.uptime)}</span>
          <span class="soft"> · {bytes(info.memory.rss)}</span>
          <span class="soft"> · version {info.version}</span>
          {info.config !== null && <span class="soft"> · {info.config}</span>}
        </>
      )}
    </p>
  );
}

/** The current problems of all services. */
function Problems() {
  const list = useStore(problems);
  const tone = useTone();
  if (list.length === 0) return null;
  return (
    <section class="problems" aria-label="Problems">
      <Icon name="warning" size={20} />
      <ul>
        {list.map(({ service, text }) => (
          <li key={`${service} ${text}`}>
            <span class={`chip ${tone(service)}`}>{service}</span> {text}
          </li>
        ))}
      </ul>
    </section>
  );
}

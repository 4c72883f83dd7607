import type { Service } from "../api/types.ts";
import { Empty } from "../components/empty.tsx";
import { Icon } from "../components/icons.tsx";
import { about, historyOf, link, problems, services, useTone } from "../state/lab.ts";
import { chartSpan } from "../state/preferences.ts";
import { useStore } from "../state/use-store.ts";
import { bytes, duration, integer } from "../text/format.ts";
import { texts } from "../text/language.ts";
import { ServiceCard } from "./card.tsx";
import { foldIdle } from "./idle.ts";
import { sentenceOf } from "./problem-sentences.ts";
import { Reload } from "./reload.tsx";
import { useRecordedRates } from "./use-recorded-rates.ts";

const words = texts({
  en: {
    span: "Charts show the last",
    hour: "Hour",
    minute: "Minute",
    idle: (count: number) => `${count} idle services:`,
    running: (running: number, all: number) => `${running} of ${all} ${all === 1 ? "service" : "services"}`,
    summary: (clients: number) =>
      `running, ${clients === 1 ? "1 client" : `${integer(clients)} clients`} connected`,
    up: (time: string) => `up ${time}`,
    version: (version: string) => `version ${version}`,
    problems: "Problems",
    loading: "Loading",
    noneTitle: "No service is configured",
    none: "A service is a key in the configuration file, under",
  },
  id: {
    span: "Grafik menampilkan yang terakhir:",
    hour: "Jam",
    minute: "Menit",
    idle: (count) => `${count} layanan menganggur:`,
    running: (running, all) => `${running} dari ${all} layanan`,
    summary: (clients) => `berjalan, ${integer(clients)} klien tersambung`,
    up: (time) => `menyala ${time}`,
    version: (version) => `versi ${version}`,
    problems: "Masalah",
    loading: "Memuat",
    noneTitle: "Belum ada layanan yang dikonfigurasi",
    none: "Sebuah layanan adalah kunci dalam berkas konfigurasi, di bawah",
  },
});

export function OverviewPage() {
  const list = useStore(services);
  const state = useStore(link);
  if (list === undefined) return <Placeholders />;
  if (list.length === 0)
    return (
      <Empty icon="overview" title={words.noneTitle}>
        <p>
          {words.none} <code>services:</code>
        </p>
      </Empty>
    );
  return (
    <div class={state === "down" ? "stale" : ""}>
      <Problems />
      <Services services={list} />
    </div>
  );
}

/** A row for each service; the idle ones are folded. */
function Services({ services }: { services: readonly Service[] }) {
  const span = useStore(chartSpan);
  const recorded = useRecordedRates();
  const { shown, idle } = foldIdle(services, recorded, isQuietNow);
  const cards = (some: readonly Service[]) => (
    <ul class="cards">
      {some.map((service) => (
        <li key={service.name}>
          <ServiceCard service={service} span={span} recorded={recorded} />
        </li>
      ))}
    </ul>
  );
  return (
    <>
      <div class="overview-head">
        <Summary />
        <Reload />
        <fieldset class="segments" aria-label={words.span}>
          {(["hour", "minute"] as const).map((each) => (
            <button key={each} type="button" aria-pressed={span === each} onClick={() => chartSpan.set(each)}>
              {words[each]}
            </button>
          ))}
        </fieldset>
      </div>
      {cards(shown)}
      {idle.length > 0 && (
        <details class="idle">
          <summary>
            {words.idle(idle.length)} <span class="soft">{idle.map(({ name }) => name).join(", ")}</span>
          </summary>
          {cards(idle)}
        </details>
      )}
    </>
  );
}

function isQuietNow(service: string): boolean {
  const { samples } = historyOf(service);
  return samples.every(({ messagesIn = 0, messagesOut = 0 }) => messagesIn + messagesOut === 0);
}

/** Shown until the server has answered for the first time. */
function Placeholders() {
  return (
    <ul class="cards" aria-label={words.loading}>
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
      <strong>{words.running(running, list.length)}</strong> {words.summary(clients)}
      {info !== undefined && (
        <>
          <span class="soft"> · {words.up(duration(info.uptime))}</span>
          <span class="soft"> · {bytes(info.memory.rss)}</span>
          <span class="soft"> · {words.version(info.version)}</span>
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
    <section class="problems" aria-label={words.problems}>
      <Icon name="warning" size={20} />
      <ul>
        {list.map((problem) => (
          <li key={`${problem.service} ${problem.text}`}>
            <span class={`chip ${tone(problem.service)}`}>{problem.service}</span> {sentenceOf(problem)}
          </li>
        ))}
      </ul>
    </section>
  );
}

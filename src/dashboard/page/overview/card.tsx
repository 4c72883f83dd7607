import type { Service } from "../api/types.ts";
import { historyOf, useTone } from "../state/lab.ts";
import type { Rates } from "../state/rates.ts";
import { bytes, duration, integer, short } from "../text/format.ts";
import { texts } from "../text/language.ts";
import { stateName, summaryOfService } from "../text/server-words.ts";
import { RateChart, type Span } from "./chart.tsx";
import { Controls } from "./controls.tsx";
import type { RecordedRates } from "./recorded-rates.ts";

const words = texts({
  en: {
    noAddress: "no address",
    isDown: "not running",
    up: (time: string) => `up ${time}`,
    restarts: (count: number) => (count === 1 ? "one restart" : `${count} restarts`),
    in: "in",
    out: "out",
    clients: "clients",
  },
  id: {
    noAddress: "tanpa alamat",
    isDown: "tidak berjalan",
    up: (time) => `menyala ${time}`,
    restarts: (count) => `${count} kali dimulai ulang`,
    in: "masuk",
    out: "keluar",
    clients: "klien",
  },
});

interface ServiceCardProps {
  readonly service: Service;
  readonly span: Span;
  readonly recorded: RecordedRates;
}

/** The summary of one service. */
export function ServiceCard({ service, span, recorded }: ServiceCardProps) {
  const { name, role, state, addresses, transport } = service;
  const summary = summaryOfService(service);
  const tone = useTone();
  const { samples, now } = historyOf(name);
  return (
    <article class={`card ${tone(name)}`} aria-labelledby={`service-${name}`}>
      <header>
        <span class="stripe" aria-hidden="true" />
        <h2 id={`service-${name}`} title={summary}>
          {name}
        </h2>
        {role !== name && <span class="soft small">{role}</span>}
        <StateMark state={state} />
      </header>
      <p class="soft summary-line" title={summary}>
        {summary}
      </p>
      <p class="address">
        {addresses.length === 0
          ? words.noAddress
          : addresses.map((address) => <code key={address}>{address}</code>)}
        <span class="soft small">{transport}</span>
      </p>
      <Figures service={service} now={now} />
      <RateChart service={name} span={span} samples={samples} recorded={recorded} />
      {service.error !== null && <p class="error small">{service.error}</p>}
      <footer>
        <span class="soft small since">
          {service.uptime === null ? words.isDown : words.up(duration(service.uptime))}
          {service.restarts > 0 && ` · ${words.restarts(service.restarts)}`}
        </span>
        <Controls service={service} />
      </footer>
    </article>
  );
}

function StateMark({ state }: { state: string }) {
  return <span class={`state state-${state}`}>{stateName(state)}</span>;
}

function Figures({ service, now }: { service: Service; now: Rates | undefined }) {
  return (
    <dl class="figures">
      <div>
        <dt>{words.in}</dt>
        <dd>{rateText(now?.messagesIn, now?.bytesIn)}</dd>
      </div>
      <div>
        <dt>{words.out}</dt>
        <dd>{rateText(now?.messagesOut, now?.bytesOut)}</dd>
      </div>
      <div>
        <dt>{words.clients}</dt>
        <dd>{service.clients === null ? "–" : integer(service.clients)}</dd>
      </div>
    </dl>
  );
}

function rateText(messages: number | undefined, volume: number | undefined) {
  const main = messages === undefined ? undefined : short(messages);
  const more = volume === undefined ? undefined : bytes(volume);
  if (main === undefined)
    return more === undefined ? (
      "–"
    ) : (
      <>
        {more}
        <small>/s</small>
      </>
    );
  return (
    <>
      {main}
      <small>/s{more !== undefined && ` · ${more}/s`}</small>
    </>
  );
}

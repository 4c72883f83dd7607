import type { Service } from "../api/types.ts";
import { historyOf, useTone } from "../state/lab.ts";
import { charted, countersOf, type Rates } from "../state/rates.ts";
import { bytes, duration, plural, short } from "../text/format.ts";
import { RateChart } from "./chart.tsx";
import { Controls } from "./controls.tsx";

/** The summary of one service. */
export function ServiceCard({ service }: { service: Service }) {
  const { name, role, state, summary, addresses, transport } = service;
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
          ? "no address"
          : addresses.map((address) => <code key={address}>{address}</code>)}
        <span class="soft small">{transport}</span>
      </p>
      <Figures service={service} now={now} />
      <RateChart service={name} samples={samples} shown={charted(countersOf(service.stats))} />
      {service.error !== null && <p class="error small">{service.error}</p>}
      <footer>
        <span class="soft small since">
          {service.uptime === null ? "not running" : `up ${duration(service.uptime)}`}
          {service.restarts > 0 && ` · ${plural(service.restarts, "restart")}`}
        </span>
        <Controls service={service} />
      </footer>
    </article>
  );
}

function StateMark({ state }: { state: string }) {
  return <span class={`state state-${state}`}>{state}</span>;
}

function Figures({ service, now }: { service: Service; now: Rates | undefined }) {
  return (
    <dl class="figures">
      <div>
        <dt>in</dt>
        <dd>{rateText(now?.messagesIn, now?.bytesIn)}</dd>
      </div>
      <div>
        <dt>out</dt>
        <dd>{rateText(now?.messagesOut, now?.bytesOut)}</dd>
      </div>
      <div>
        <dt>clients</dt>
        <dd>{service.clients ?? "–"}</dd>
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

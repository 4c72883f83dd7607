import { isLoopback } from "../../../core/address.ts";
import type { TryForm } from "../api/types.ts";
import { Empty } from "../components/empty.tsx";
import { useTone } from "../state/lab.ts";
import { usePoll } from "../state/requests.ts";
import { route } from "../state/route.ts";
import { useStore } from "../state/use-store.ts";
import { texts } from "../text/language.ts";
import { Bench } from "./bench.tsx";

const words = texts({
  en: {
    nothing: "There is nothing to try",
    services: "Services",
    unknown: (name: string) => `There is no form for “${name}”.`,
  },
  id: {
    nothing: "Tidak ada yang dapat dicoba",
    services: "Layanan",
    unknown: (name) => `Tidak ada formulir untuk “${name}”.`,
  },
});

/** The forms change only with the configuration. */
const pollMs = 10_000;

/** Lets the server send real requests to its services: by a form, as HTTP or as bytes. */
export function TryPage() {
  const { rest } = useStore(route);
  const { data: forms, error } = usePoll<TryForm[]>("/api/try", pollMs);
  const tone = useTone();
  if (forms === undefined) return <p class={error === undefined ? "soft" : "error"}>{error}</p>;
  const form = forms.find(({ service }) => service === rest) ?? forms[0];
  if (form === undefined) return <Empty icon="try" title={words.nothing} />;
  return (
    <div class="try columns">
      <nav class="service-list" aria-label={words.services}>
        {forms.map(({ service }) => (
          <a
            key={service}
            class={tone(service)}
            href={`#/try/${encodeURIComponent(service)}`}
            aria-current={service === form.service ? "true" : undefined}
          >
            {service}
          </a>
        ))}
      </nav>
      <div class="grow">
        {rest !== "" && rest !== form.service && <p class="soft">{words.unknown(rest)}</p>}
        <Bench key={form.service} form={reachableFrom(location.hostname, form)} isChosen={rest !== ""} />
      </div>
    </div>
  );
}

/** The server knows itself as 127.0.0.1; from another machine its name is the page's. */
function reachableFrom(hostname: string, form: TryForm): TryForm {
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  if (isLoopback(host) || !isLoopback(form.address.host)) return form;
  return { ...form, address: { ...form.address, host } };
}

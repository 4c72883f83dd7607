import { useEffect, useRef, useState } from "preact/hooks";
import { LearnPage } from "../learn/page.tsx";
import { MqttPage } from "../mqtt/page.tsx";
import { OverviewPage } from "../overview/page.tsx";
import { useKeys } from "../state/keys.ts";
import { theme } from "../state/preferences.ts";
import { type PageId, pages, route } from "../state/route.ts";
import { useCell } from "../state/store.ts";
import { TryPage } from "../try/page.tsx";
import { WirePage } from "../wire/page.tsx";
import { HelpDialog } from "./help.tsx";
import { LinkBanner } from "./link-banner.tsx";
import { TokenDialog } from "./token.tsx";
import { nextTheme, TopBar } from "./top-bar.tsx";

const views = {
  overview: OverviewPage,
  wire: WirePage,
  mqtt: MqttPage,
  try: TryPage,
  learn: LearnPage,
} as const satisfies Record<PageId, () => unknown>;

export function App() {
  const { page } = useCell(route);
  const [helps, setHelps] = useState(false);
  const title = pages.find(({ id }) => id === page)?.title ?? "";
  useKeys({
    ...Object.fromEntries(pages.map(({ id }, index) => [String(index + 1), () => goTo(id)])),
    t: () => theme.set(nextTheme(theme.get())),
    "?": () => setHelps(true),
  });
  const main = useArrival(page, title);
  const View = views[page];
  return (
    <>
      {/* biome-ignore lint/a11y/useValidAnchor: it leads to a place in this page; the hash is taken by the pages */}
      <a class="skip" href="#main" onClick={(event) => jump(event, main.current)}>
        Skip to content
      </a>
      <TopBar page={page} onHelp={() => setHelps(true)} />
      <LinkBanner />
      <main id="main" ref={main} tabIndex={-1} class={`page-${page}`}>
        <h1 class={page === "wire" ? "hidden" : ""}>{title}</h1>
        <View />
      </main>
      {helps && <HelpDialog onClose={() => setHelps(false)} />}
      <TokenDialog />
    </>
  );
}

function goTo(page: PageId): void {
  location.hash = `#/${page}`;
}

/** The hash is the page's address, so the skip link must not change it. */
function jump(event: Event, main: HTMLElement | null): void {
  event.preventDefault();
  main?.focus();
}

/** Who goes to another page begins at its top, also with a screen reader. */
function useArrival(page: PageId, title: string) {
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  useEffect(() => {
    document.title = `${title} · distsrv`;
    if (!isFirst.current) {
      main.current?.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
    isFirst.current = false;
  }, [page, title]);
  return main;
}

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { LearnPage } from "../learn/page.tsx";
import { MqttPage } from "../mqtt/page.tsx";
import { OverviewPage } from "../overview/page.tsx";
import { useKeys } from "../state/keys.ts";
import { nextLanguage, nextTheme, theme } from "../state/preferences.ts";
import { type PageId, pages, pageTitles, route } from "../state/route.ts";
import { useStore } from "../state/use-store.ts";
import { language, texts } from "../text/language.ts";
import { TryPage } from "../try/page.tsx";
import { WirePage } from "../wire/page.tsx";
import { HelpDialog, TokenDialog } from "./dialogs.tsx";
import { LinkBanner, RecordingBanner, TopBar } from "./top-bar.tsx";

const words = texts({ en: { skip: "Skip to content" }, id: { skip: "Langsung ke isi" } });

const views = {
  overview: OverviewPage,
  wire: WirePage,
  mqtt: MqttPage,
  try: TryPage,
  learn: LearnPage,
} as const satisfies Record<PageId, () => unknown>;

export function App() {
  const { page } = useStore(route);
  const [isHelpOpen, setHelpOpen] = useState(false);
  useStore(language);
  const title = pageTitles[page];
  useKeys({
    ...Object.fromEntries(pages.map((id, index) => [String(index + 1), () => goTo(id)])),
    t: () => theme.set(nextTheme(theme.get())),
    l: nextLanguage,
    "?": () => setHelpOpen(true),
  });
  const main = usePageFocus(page, title);
  const View = views[page];
  return (
    <>
      {/* biome-ignore lint/a11y/useValidAnchor: it leads to a place in this page; the hash is taken by the pages */}
      <a class="skip" href="#main" onClick={(event) => jump(event, main.current)}>
        {words.skip}
      </a>
      <TopBar page={page} onHelp={() => setHelpOpen(true)} />
      <LinkBanner />
      <RecordingBanner page={page} />
      <main id="main" ref={main} tabIndex={-1} class={`page-${page}`}>
        <h1 class={page === "wire" ? "hidden" : ""}>{title}</h1>
        <View />
      </main>
      {isHelpOpen && <HelpDialog onClose={() => setHelpOpen(false)} />}
      <TokenDialog />
    </>
  );
}

function goTo(page: PageId): void {
  location.hash = `#/${page}`;
}

/** The skip link must not change the hash, which is the address of the page. */
function jump(event: Event, main: HTMLElement | null): void {
  event.preventDefault();
  main?.focus();
}

/**
 * Scrolls to the top of a new page and moves the focus there, for screen readers: before the page is seen, so that it is not
 * taken from what the user has turned to since.
 */
function usePageFocus(page: PageId, title: string) {
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  useLayoutEffect(() => {
    document.title = `${title} · distsrv`;
    if (!isFirst.current) {
      main.current?.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
    isFirst.current = false;
  }, [page, title]);
  return main;
}

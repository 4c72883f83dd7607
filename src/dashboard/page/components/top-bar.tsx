import { about, link, problems, services } from "../state/lab.ts";
import { nextTheme, theme } from "../state/preferences.ts";
import { type PageId, pages } from "../state/route.ts";
import { useStore } from "../state/store.ts";
import { Icon } from "./icons.tsx";

const themeWords = { auto: "Theme: as the system", light: "Theme: light", dark: "Theme: dark" } as const;
const themeIcons = { auto: "auto", light: "sun", dark: "moon" } as const;

export function TopBar({ page, onHelp }: { page: PageId; onHelp: () => void }) {
  const now = useStore(theme);
  const info = useStore(about);
  return (
    <header class="bar">
      <a class="brand" href="#/overview" aria-label="distsrv, overview">
        <img src="/assets/icon.svg" alt="" width="28" height="28" />
        <span>{info?.name ?? "distsrv"}</span>
      </a>
      <nav aria-label="Pages">
        {pages.map(({ id, title }) => (
          <a key={id} href={`#/${id}`} aria-current={id === page ? "page" : undefined}>
            <Icon name={id} />
            <span>{title}</span>
            {id === "overview" && <ProblemCount />}
          </a>
        ))}
      </nav>
      <div class="bar-tools">
        <button
          class="icon"
          type="button"
          title={themeWords[now]}
          aria-label={themeWords[now]}
          onClick={() => theme.set(nextTheme(now))}
        >
          <Icon name={themeIcons[now]} />
        </button>
        <button
          class="icon"
          type="button"
          title="Keyboard help (?)"
          aria-label="Keyboard help"
          onClick={onHelp}
        >
          <Icon name="help" />
        </button>
      </div>
    </header>
  );
}

function ProblemCount() {
  const { length } = useStore(problems);
  if (length === 0) return null;
  return (
    <span class="badge">
      {length}
      <span class="hidden"> problems</span>
    </span>
  );
}

/** A warning while the server does not answer. */
export function LinkBanner() {
  const state = useStore(link);
  const isKnown = useStore(services) !== undefined;
  return (
    <div role="status" aria-live="polite">
      {state === "down" && (
        <p class="banner">
          <Icon name="warning" />
          <span>
            <strong>The server does not answer.</strong> Trying again every second
            {isKnown ? "; the page shows the last known state." : "."}
          </span>
        </p>
      )}
    </div>
  );
}

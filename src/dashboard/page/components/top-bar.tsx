import { about, problems } from "../state/lab.ts";
import { theme } from "../state/preferences.ts";
import { type PageId, pages } from "../state/route.ts";
import { useCell } from "../state/store.ts";
import { Icon } from "./icons.tsx";

const themes = ["auto", "light", "dark"] as const;
type Theme = (typeof themes)[number];

export function nextTheme(now: Theme): Theme {
  return themes[(themes.indexOf(now) + 1) % themes.length] ?? "auto";
}

const themeWords = { auto: "Theme: as the system", light: "Theme: light", dark: "Theme: dark" } as const;
const themeIcons = { auto: "auto", light: "sun", dark: "moon" } as const;

export function TopBar({ page, onHelp }: { page: PageId; onHelp: () => void }) {
  const now = useCell(theme);
  const info = useCell(about);
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
  const { length } = useCell(problems);
  if (length === 0) return null;
  return (
    <span class="badge">
      {length}
      <span class="hidden"> problems</span>
    </span>
  );
}

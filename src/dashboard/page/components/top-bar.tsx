import { about, link, problems, services } from "../state/lab.ts";
import { nextLanguage, nextTheme, theme } from "../state/preferences.ts";
import { recorder } from "../state/recording.ts";
import { type PageId, pages, pageTitles } from "../state/route.ts";
import { useStore } from "../state/use-store.ts";
import { texts } from "../text/language.ts";
import { endedWords } from "../wire/recording-words.ts";
import { Icon } from "./icons.tsx";
import { Who } from "./who.tsx";

const words = texts({
  en: {
    home: "distsrv, overview",
    pages: "Pages",
    auto: "Theme: as the system",
    light: "Theme: light",
    dark: "Theme: dark",
    code: "EN",
    language: "EN, language: English",
    help: "Keyboard help",
    problems: (count: number) => (count === 1 ? "one problem" : `${count} problems`),
    recording: "a recording runs",
    unsaved: "a recording is not saved",
    toRecording: "To the recording",
    silent: "The server does not answer.",
    again: "Trying again every second.",
    stale: "Trying again every second; the page shows the last known state.",
  },
  id: {
    home: "distsrv, ikhtisar",
    pages: "Halaman",
    auto: "Tema: menurut sistem",
    light: "Tema: terang",
    dark: "Tema: gelap",
    code: "ID",
    language: "ID, bahasa: Indonesia",
    help: "Bantuan papan ketik",
    problems: (count) => `${count} masalah`,
    recording: "rekaman sedang berjalan",
    unsaved: "ada rekaman yang belum disimpan",
    toRecording: "Buka rekaman",
    silent: "Server tidak menjawab.",
    again: "Dicoba lagi setiap detik.",
    stale: "Dicoba lagi setiap detik; halaman menampilkan keadaan terakhir yang diketahui.",
  },
});

const themeIcons = { auto: "auto", light: "sun", dark: "moon" } as const;

export function TopBar({ page, onHelp }: { page: PageId; onHelp: () => void }) {
  const now = useStore(theme);
  const info = useStore(about);
  return (
    <header class="bar">
      <a class="brand" href="#/overview" aria-label={words.home}>
        <img src="/assets/icon.svg" alt="" width="28" height="28" />
        <span>{info?.name ?? "distsrv"}</span>
      </a>
      <nav aria-label={words.pages}>
        {pages.map((id) => (
          <a key={id} href={`#/${id}`} aria-current={id === page ? "page" : undefined}>
            <Icon name={id} />
            <span>{pageTitles[id]}</span>
            {id === "overview" && <ProblemCount />}
            {id === "wire" && <RecordingDot />}
          </a>
        ))}
      </nav>
      <div class="bar-tools">
        <Who />
        <button
          class="icon language"
          type="button"
          title={`${words.language} (l)`}
          aria-label={words.language}
          onClick={nextLanguage}
        >
          {words.code}
        </button>
        <button
          class="icon"
          type="button"
          title={words[now]}
          aria-label={words[now]}
          onClick={() => theme.set(nextTheme(now))}
        >
          <Icon name={themeIcons[now]} />
        </button>
        <button
          class="icon"
          type="button"
          title={`${words.help} (?)`}
          aria-label={words.help}
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
      <span aria-hidden="true">{length}</span>
      <span class="hidden">{words.problems(length)}</span>
    </span>
  );
}

/** A sign on the way to the Wire page, as long as a recording would be lost with the window. */
function RecordingDot() {
  const state = useStore(recorder.state);
  if (!recorder.hasUnsaved) return null;
  return (
    <span class="recording-dot">
      <span class="hidden">{state.kind === "running" ? words.recording : words.unsaved}</span>
    </span>
  );
}

/** Says on the other pages that a recording has ended by itself and is not saved, which the Wire page says where it stands. */
export function RecordingBanner({ page }: { page: PageId }) {
  const state = useStore(recorder.state);
  const ended = page !== "wire" && state.kind === "ended" && recorder.hasUnsaved ? state : undefined;
  return (
    <div role="status" aria-live="polite">
      {ended && (
        <p class="banner">
          <Icon name="warning" />
          <span>
            {endedWords(ended)}{" "}
            <a class="banner-link" href="#/wire">
              {words.toRecording}
            </a>
          </span>
        </p>
      )}
    </div>
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
            <strong>{words.silent}</strong> {isKnown ? words.stale : words.again}
          </span>
        </p>
      )}
    </div>
  );
}

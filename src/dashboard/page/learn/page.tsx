import { services } from "../state/lab.ts";
import { language } from "../state/preferences.ts";
import { useStore } from "../state/store.ts";
import { toneIn, tones } from "../wire/palette.ts";
import { headings, type Language, type Pattern } from "./pattern.ts";
import { patterns } from "./patterns.ts";
import { SketchView } from "./sketch.tsx";

const intro = {
  en: "Every service here shows one way in which programs talk to each other. Three questions distinguish them.",
  id: "Setiap layanan di sini menunjukkan satu cara program saling berbicara. Tiga pertanyaan membedakan cara-cara itu.",
} as const;

export function LearnPage() {
  const now = useStore(language);
  return (
    <div class="learn">
      <div class="learn-head">
        <p lang={now}>{intro[now]}</p>
        <fieldset class="choice" aria-label="Language">
          <button
            type="button"
            class="toggle"
            aria-pressed={now === "en"}
            lang="en"
            onClick={() => language.set("en")}
          >
            English
          </button>
          <button
            type="button"
            class="toggle"
            aria-pressed={now === "id"}
            lang="id"
            onClick={() => language.set("id")}
          >
            Bahasa Indonesia
          </button>
        </fieldset>
      </div>
      <nav class="jump" aria-label="Patterns">
        {patterns.map(({ role }) => (
          <button
            key={role}
            type="button"
            class="toggle"
            onClick={() => document.getElementById(`pattern-${role}`)?.scrollIntoView()}
          >
            {role}
          </button>
        ))}
      </nav>
      {patterns.map((pattern) => (
        <PatternView key={pattern.role} pattern={pattern} language={now} />
      ))}
    </div>
  );
}

function PatternView({ pattern, language }: { pattern: Pattern; language: Language }) {
  const list = useStore(services) ?? [];
  const { role, title, sketch } = pattern;
  const instances = list.filter((service) => service.role === role).map(({ name }) => name);
  const names = list.map(({ name }) => name);
  const tone =
    instances[0] === undefined ? patterns.indexOf(pattern) % tones.length : toneIn(names, instances[0]);
  return (
    <section id={`pattern-${role}`} class={`panel pattern tone-${tone}`} aria-labelledby={`title-${role}`}>
      <div class="pattern-words">
        <h2 id={`title-${role}`}>
          <span class="chip">{role}</span> <span lang={language}>{title[language]}</span>
        </h2>
        <dl lang={language}>
          {pattern[language].map((sentence, index) => (
            <div key={headings.en[index]}>
              <dt>{headings[language][index]}</dt>
              <dd>{sentence}</dd>
            </div>
          ))}
        </dl>
        {instances.length > 0 && (
          <p class="small">
            {instances.map((name) => (
              <a key={name} href={`#/try/${encodeURIComponent(name)}`}>
                {language === "en" ? "Try" : "Coba"} {name}
              </a>
            ))}
          </p>
        )}
      </div>
      <SketchView sketch={sketch} label={title[language]} />
    </section>
  );
}

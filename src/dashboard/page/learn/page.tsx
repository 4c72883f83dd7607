import { services } from "../state/lab.ts";
import { useStore } from "../state/use-store.ts";
import { type Language, language, texts } from "../text/language.ts";
import { toneIn, tones } from "../wire/palette.ts";
import { headings, type Pattern } from "./pattern.ts";
import { patterns } from "./patterns.ts";
import { SketchView } from "./sketch.tsx";

const words = texts({
  en: {
    intro:
      "Every service here shows one way in which programs talk to each other. Three questions distinguish them.",
    patterns: "Patterns",
    attempt: (service: string) => `Try ${service}`,
  },
  id: {
    intro:
      "Setiap layanan di sini menunjukkan satu cara program saling berbicara. Tiga pertanyaan membedakan cara-cara itu.",
    patterns: "Pola",
    attempt: (service) => `Coba ${service}`,
  },
});

export function LearnPage() {
  const now = useStore(language);
  return (
    <div class="learn">
      <div class="learn-head">
        <p>{words.intro}</p>
      </div>
      <nav class="jump" aria-label={words.patterns}>
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
          <span class="chip">{role}</span> {title[language]}
        </h2>
        <dl>
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
                {words.attempt(name)}
              </a>
            ))}
          </p>
        )}
      </div>
      <SketchView sketch={sketch} label={title[language]} />
    </section>
  );
}

import { Option } from "@commander-js/extra-typings";
import { english } from "../../report/explain/english.ts";
import { indonesian } from "../../report/explain/indonesian.ts";
import { type ExplainWords, type Language, languageOf, languages } from "../../report/explain/words.ts";

const dictionaries: Readonly<Record<Language, ExplainWords>> = { en: english, id: indonesian };

export const languageOption = new Option(
  "--lang <language>",
  "the language, en or id (default: as LANG says)",
).choices(languages);

/** The words that were asked for, or those of the environment. */
export function wordsFor(
  asked: Language | undefined,
  env: Readonly<Record<string, string | undefined>>,
): { readonly language: Language; readonly words: ExplainWords } {
  const language = asked ?? languageOf(env);
  return { language, words: dictionaries[language] };
}

import { Option } from "@commander-js/extra-typings";
import { type ExplainWords, type Language, languageOf, languages } from "../../report/explain/words.ts";
import { explainWords } from "../../report/languages.ts";

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
  return { language, words: explainWords(language) };
}

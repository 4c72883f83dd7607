import { english } from "./english.ts";
import { english as explainEnglish } from "./explain/english.ts";
import { indonesian as explainIndonesian } from "./explain/indonesian.ts";
import type { ExplainWords, Language } from "./explain/words.ts";
import { indonesian } from "./indonesian.ts";
import type { Wording } from "./sections.ts";
import type { ReportWords } from "./words.ts";

const reports: Readonly<Record<Language, ReportWords>> = { en: english, id: indonesian };
const explanations: Readonly<Record<Language, ExplainWords>> = { en: explainEnglish, id: explainIndonesian };

export const reportWords = (language: Language): ReportWords => reports[language];
export const explainWords = (language: Language): ExplainWords => explanations[language];

export const wordingFor = (language: Language): Wording => ({
  explain: explainWords(language),
  report: reportWords(language),
});

import { english } from "./english.ts";
import type { Language } from "./explain/words.ts";
import { indonesian } from "./indonesian.ts";
import type { ReportWords } from "./words.ts";

const dictionaries: Readonly<Record<Language, ReportWords>> = { en: english, id: indonesian };

export const reportWords = (language: Language): ReportWords => dictionaries[language];

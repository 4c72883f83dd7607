import { type Problem, problem } from "../../core/problem.ts";
import type { Term } from "./tls-files.ts";

const day = 86_400_000;

/** How long before its end somebody has to see to it. A revocation list is mostly made anew each day or week. */
const noticeOf = { certificate: 14 * day, authority: 14 * day, crl: day } as const;

/** What has expired, is about to, or is not valid yet. */
export const termProblems = (terms: readonly Term[], now: number): Problem[] =>
  terms.flatMap(
    (term) => (term.kind === "crl" ? crlProblem(term, now) : certificateProblem(term, now)) ?? [],
  );

function certificateProblem({ kind, path, name, from, to }: Term, now: number): Problem | undefined {
  const what = `The certificate of ${name} in ${path}`;
  if (to < now) {
    const values = { path, name, date: dateText(to) };
    return problem("tls-certificate-expired", `${what} has expired on ${values.date}`, values);
  }
  if (from > now) {
    const values = { path, name, date: dateText(from) };
    return problem("tls-certificate-early", `${what} is valid from ${values.date} on only`, values);
  }
  if (to - now >= noticeOf[kind]) return undefined;
  const values = { path, name, date: dateText(to), days: Math.floor((to - now) / day) };
  const text = `${what} expires on ${values.date}, in ${values.days === 1 ? "1 day" : `${values.days} days`}`;
  return problem("tls-certificate-expires", text, values);
}

function crlProblem({ path, to }: Term, now: number): Problem | undefined {
  if (to - now >= noticeOf.crl) return undefined;
  const values = { path, date: dateText(to) };
  if (to < now) {
    const text = `A revocation list in ${path} has expired on ${values.date}: no client with a certificate of its authority is let in`;
    return problem("tls-crl-expired", text, values);
  }
  const text = `A revocation list in ${path} expires on ${values.date}: from then on no client with a certificate of its authority is let in`;
  return problem("tls-crl-expires", text, values);
}

/** `2026-11-27 23:17 UTC` */
const dateText = (time: number): string =>
  `${new Date(time).toISOString().slice(0, 16).replace("T", " ")} UTC`;

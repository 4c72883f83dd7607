import { printable } from "../../protocol/text/printable.ts";
import { formatDuration, roundMs } from "../../protocol/text/units.ts";
import type { CommandContext } from "../program/command-context.ts";
import type { Style } from "../terminal/style.ts";
import { type Arrival, type Expectation, type JudgedPart, NotMetError, type Outcome } from "./expectation.ts";
import { shownLength } from "./pattern.ts";

/**
 * Prints what came: in one line when it is what was expected, and else beside it.
 * @throws {NotMetError}
 */
export function conclude(context: CommandContext, expectation: Expectation, outcome: Outcome): void {
  const text = outcome.met
    ? metText(context, expectation, outcome)
    : diff(context.style, expectation, outcome);
  context.result(text, fields(expectation, outcome));
  if (!outcome.met) throw new NotMetError(complaint(expectation, outcome));
}

function metText(
  { quiet, style }: CommandContext,
  { where, within, none, parts: expected }: Expectation,
  outcome: Outcome,
): string {
  const good = style.good("Met");
  if (none) return `${good}: nothing of that kind from ${where} within ${formatDuration(within)}`;
  const { last } = outcome;
  const came = last?.kind === "came" ? last.parts : [];
  const parts = expected.length === 0 ? came : came.slice(0, expected.length);
  if (quiet) return parts[0]?.text ?? "";
  const said = parts.map(({ name, text }) => `${name} ${shownText(text)}`).join(", ");
  const times = outcome.matched === 1 ? "" : `${outcome.matched} times, the last `;
  return `${good}: ${times}${said} (${placeOf(last, where)}, after ${formatDuration(outcome.ms)})`;
}

const placeOf = (arrival: Arrival | undefined, where: string): string => arrival?.source ?? where;

/** `-` before what is expected, `+` before what came instead. */
function diff(style: Style, expectation: Expectation, outcome: Outcome): string {
  const { where, within, count = 1, none, parts } = expectation;
  const when =
    outcome.ms < within ? `after ${formatDuration(outcome.ms)}` : `within ${formatDuration(within)}`;
  const wanted = none ? "nothing with " : count > 1 ? `${count} times ` : "";
  const missed = parts.filter((_, index) => none || count > 1 || isMissed(outcome, index));
  const expected = missed.map(({ name, pattern }) => style.good(`- ${wanted}${name} ${pattern.shown}`));
  const anything = style.good(`- ${none ? "nothing" : `${wanted}anything`}`);
  return [
    `${style.bad("Not met")} ${when}: ${where}`,
    ...(parts.length === 0 ? [anything] : expected),
    ...(outcome.arrivals.length === 0 ? [style.bad("+ nothing came")] : []),
    ...outcome.arrivals.flatMap((arrival) => arrivalLines(style, arrival, none ?? false)),
    ...(outcome.omitted > 0 ? [`  … and ${outcome.omitted} more`] : []),
  ].join("\n");
}

/** Whether something that came is wrong in that part, or nothing came at all. */
const isMissed = ({ arrivals }: Outcome, part: number): boolean =>
  arrivals.every(({ kind }) => kind === "failed") ||
  arrivals.some((arrival) => arrival.kind === "came" && arrival.parts[part]?.met === false);

function arrivalLines(style: Style, arrival: Arrival, none: boolean): string[] {
  const when = [
    ...(arrival.source === undefined ? [] : [printable(arrival.source)]),
    `after ${formatDuration(arrival.ms)}`,
    ...(arrival.times > 1 ? [`${arrival.times} times`] : []),
  ].join(", ");
  if (arrival.kind === "failed") return [style.bad(`+ ${printable(arrival.reason, shownLength)}  (${when})`)];
  return arrival.parts.flatMap((part, index) => {
    const ending = index === 0 ? `  ${style.faint(`(${when})`)}` : "";
    const isWrong = none ? arrival.met : !part.met;
    const line = `${part.name} ${shownText(part.text)}`;
    const shown = isWrong ? style.bad(`+ ${line}`) : `  ${line}`;
    return [`${shown}${ending}`, ...differenceLines(part)];
  });
}

const differenceLines = ({ difference }: JudgedPart): string[] =>
  difference === undefined ? [] : [`    ${difference}`];

function shownText(text: string | undefined): string {
  if (text === undefined) return "(there is none)";
  return text === "" ? "(empty)" : printable(text, shownLength);
}

function complaint(
  { where, within, count = 1, none }: Expectation,
  { matched, total, arrivals }: Outcome,
): string {
  if (none) return `${where} sent what it should not have sent`;
  const got = count > 1 ? `${matched} of ${count} came` : "it did not come";
  const others = total - matched;
  const instead = others > 0 ? `; ${others === 1 ? "something else" : `${others} others`} came instead` : "";
  const failure = arrivals.findLast((arrival) => arrival.kind === "failed");
  const why = total === 0 && failure?.kind === "failed" ? `: ${failure.reason}` : "";
  return `${where} was expected within ${formatDuration(within)}, and ${got}${instead}${why}`;
}

function fields({ where, parts, within, count = 1, none }: Expectation, outcome: Outcome): object {
  return {
    met: outcome.met,
    where,
    expected: parts.map(({ name, pattern }) => ({ part: name, ...pattern.fields })),
    within,
    ...(none ? { none } : { count }),
    ms: roundMs(outcome.ms),
    matched: outcome.matched,
    total: outcome.total,
    came: outcome.arrivals.map(arrivalFields),
    omitted: outcome.omitted,
  };
}

function arrivalFields(arrival: Arrival): object {
  const { source, times } = arrival;
  const common = { source, times, ms: roundMs(arrival.ms) };
  if (arrival.kind === "failed") return { ...common, failed: arrival.reason };
  const parts = Object.fromEntries(arrival.parts.map(({ name, text }) => [name, text ?? null]));
  return { ...common, met: arrival.met, parts };
}

import { type Command, Option, type OptionValues } from "@commander-js/extra-typings";
import { positiveDurationMs, wholeNumber } from "../program/options.ts";
import type { ExpectedPart } from "./expectation.ts";
import type { Pattern } from "./pattern.ts";

/** For all that is expected. */
export const withWithin = <A extends unknown[], O extends OptionValues>(command: Command<A, O>) =>
  command.option("--within <duration>", "how long it may take", positiveDurationMs, 5000);

/** For what comes by itself, perhaps several times. */
export const withCount = <A extends unknown[], O extends OptionValues>(command: Command<A, O>) =>
  withWithin(command)
    .option("-C, --count <n>", "how many such messages have to come (default: 1)", wholeNumber(1))
    .addOption(new Option("--none", "no such message may come in that time").conflicts("count"));

/** For what is asked for. */
export const withEvery = <A extends unknown[], O extends OptionValues>(command: Command<A, O>) =>
  withWithin(command).option(
    "--every <duration>",
    "ask again after that pause until it is as expected (default: ask once)",
    positiveDurationMs,
  );

/** The part that an option says something about; without it, nothing certain is expected of it. */
export const partOf = (name: string, pattern: Pattern | undefined): ExpectedPart[] =>
  pattern === undefined ? [] : [{ name, pattern }];

/** How a pattern is written, for the help of the options that take one. */
export const patternHelp = "a text, or a regular expression between slashes";

/** What the process knows of how it was started. */
export interface StartFacts {
  /** A compiled binary, or sources (or the npm package) that Bun runs. */
  readonly isBinary: boolean;
  /** The program as it was typed: `./dist/distsrv`, or `distsrv` where PATH has it. */
  readonly argv0: string;
  /** `npm_config_user_agent`, which npm and Bun set for the programs that they start. */
  readonly userAgent: string | undefined;
  readonly exists: (path: string) => boolean;
  /** Where PATH has a program of this name. */
  readonly which: (name: string) => string | undefined;
}

/** How the two programs can be run from the shell in which this one was started. */
export interface CommandNames {
  readonly distsrv: string;
  readonly distcli: string;
}

/** So that every command that the programs print works as it stands there. */
export function commandNames(facts: StartFacts): CommandNames {
  return facts.isBinary ? binaryNames(facts) : scriptNames(facts);
}

/** The second binary usually lies beside the first, but each may have been copied alone. */
function binaryNames(facts: StartFacts): CommandNames {
  const [own, other] = /distcli(?=[^\\/]*$)/.test(facts.argv0)
    ? (["distcli", "distsrv"] as const)
    : (["distsrv", "distcli"] as const);
  const { argv0, exists, which } = facts;
  const beside = argv0.replace(new RegExp(`${own}(?=[^\\\\/]*$)`), other);
  const isPath = /[\\/]/.test(argv0);
  const names = { distsrv: "distsrv", distcli: "distcli" };
  if (!isPath || beside === argv0 || !exists(beside)) return { ...names, [own]: quoted(argv0) };
  if (which(other) === beside) return names;
  return { ...names, [own]: quoted(argv0), [other]: quoted(beside) };
}

/** npx and bunx find the programs of a package, or of a checkout once it has been set up, in node_modules/.bin. */
function scriptNames({ userAgent, which }: StartFacts): CommandNames {
  if (userAgent?.startsWith("bun/")) return prefixed("bunx ");
  const isInstalled = userAgent === undefined && which("distcli") !== undefined;
  return prefixed(isInstalled ? "" : "npx ");
}

const prefixed = (runner: string): CommandNames => ({
  distsrv: `${runner}distsrv`,
  distcli: `${runner}distcli`,
});

const quoted = (path: string): string => (/^[\w./\\:+-]+$/.test(path) ? path : JSON.stringify(path));

/** A line of a help's examples: it begins with distcli, perhaps under sudo, or has it behind a pipe. */
const exampleLine = /^ {2}(?:(?:sudo )?|.* \| )distcli [a-z].*$/gm;

/**
 * A text of distcli's with the commands in it as they are typed here: those of its examples, also under sudo and behind
 * a pipe, and the one that starts the server.
 */
export const withCommandNames = (text: string, { distsrv, distcli }: CommandNames): string =>
  text
    .replace(exampleLine, (line) =>
      line.replace(/(^ {2}|sudo |\| )distcli(?= [a-z])/g, (_, before: string) => before + distcli),
    )
    .replace(/( with: )distsrv$/gm, (_, before: string) => before + distsrv);

/** An example of a role, `distcli time 127.0.0.1`, with distcli's real name. Other commands, such as curl, stay. */
export function exampleFor(example: string, { distcli }: CommandNames): string {
  return example.replace(/^distcli(?= )/, () => distcli);
}

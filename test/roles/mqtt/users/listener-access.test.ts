import { describe, expect, test } from "bun:test";
import { Reason } from "../../../../src/protocol/mqtt/reason.ts";
import { unmetAccess } from "../../../../src/roles/mqtt/access-files.ts";
import { mqtt } from "../../../../src/roles/mqtt/index.ts";
import { unknownArrival } from "../../../../src/roles/mqtt/ports/access.ts";
import { accessOfListeners } from "../../../../src/roles/mqtt/users/listener-access.ts";
import { reloadableAccess } from "../../../../src/roles/mqtt/users/reloadable-access.ts";

const users = [
  { name: "ani", password: "a" },
  { name: "budi", password: "b", groups: ["asisten"] },
  { name: "sri", password: "s", groups: ["dosen", "asisten"] },
];
const everybody = ["ani", "budi", "sri"];

/** Whom the listener lets in: the users by their names, and "-" for clients without one. */
async function lets(settings: object, index: number): Promise<string[]> {
  const config = mqtt.config.parse({ users, ...settings });
  const access = reloadableAccess(config);
  const listener = accessOfListeners(config)[index]!;
  const isIn = async (username: string | undefined) => {
    const password = username === undefined ? undefined : Buffer.from(username.slice(0, 1));
    const who = { clientId: "c", username };
    const verdict = await access.authenticate({
      ...who,
      password,
      remote: "",
      version: 5,
      arrival: unknownArrival,
      listener,
      isGone: () => false,
    });
    const reason = typeof verdict === "number" ? verdict : verdict.reason;
    return reason === Reason.Success && access.mayUse(listener, who);
  };
  const names = [...everybody, undefined];
  const verdicts = await Promise.all(names.map(isIn));
  return names.filter((_, index) => verdicts[index]).map((name) => name ?? "-");
}

describe("who may use a listener", () => {
  const cases: [what: string, settings: object, own: string[], further: string[]][] = [
    ["says nothing: as with the service", { listeners: [{ port: 0 }] }, everybody, everybody],
    [
      "takes the service's anonymous over",
      { anonymous: true, listeners: [{ port: 0 }] },
      [...everybody, "-"],
      [...everybody, "-"],
    ],
    [
      "lets clients without a name in, alone",
      { listeners: [{ port: 0, anonymous: true }] },
      everybody,
      [...everybody, "-"],
    ],
    [
      "keeps them out, alone",
      { anonymous: true, listeners: [{ port: 0, anonymous: false }] },
      [...everybody, "-"],
      everybody,
    ],
    ["is for one user", { listeners: [{ port: 0, onlyFor: [{ user: "ani" }] }] }, everybody, ["ani"]],
    [
      "is for a group, and for a user beside it",
      { listeners: [{ port: 0, onlyFor: [{ group: "dosen" }, { user: ["ani"] }] }] },
      everybody,
      ["ani", "sri"],
    ],
    [
      "takes the service's users over",
      { onlyFor: [{ group: "asisten" }], listeners: [{ port: 0 }] },
      ["budi", "sri"],
      ["budi", "sri"],
    ],
    [
      "takes all users again",
      { onlyFor: [{ group: "asisten" }], listeners: [{ port: 0, onlyFor: [] }] },
      ["budi", "sri"],
      everybody,
    ],
    [
      "names users: nobody without a name, although the service lets them in",
      { anonymous: true, listeners: [{ port: 0, onlyFor: [{ user: "ani" }] }] },
      [...everybody, "-"],
      ["ani"],
    ],
    [
      "names users, and lets clients without a name in",
      { listeners: [{ port: 0, onlyFor: [{ user: "ani" }], anonymous: true }] },
      everybody,
      ["ani", "-"],
    ],
    [
      "has other users than the service's own port, which lets clients without a name in",
      { anonymous: true, onlyFor: [{ user: "budi" }], listeners: [{ port: 0, onlyFor: [{ user: "ani" }] }] },
      ["budi", "-"],
      ["ani"],
    ],
  ];
  for (const [what, settings, own, further] of cases) {
    test(what, async () => {
      expect(await lets(settings, 0)).toEqual(own);
      expect(await lets(settings, 1)).toEqual(further);
    });
  }

  test("is the user that a name means, however it is written", async () => {
    // SASLprep drops a soft hyphen.
    expect(await lets({ onlyFor: [{ user: "a\u{ad}ni" }] }, 0)).toEqual(["ani"]);
  });

  test("is nobody's while nobody can prove a name", async () => {
    const settings = { users: [], listeners: [{ port: 0, anonymous: false }] };
    const result = mqtt.config.safeParse(settings);
    expect(result.error?.issues).toMatchObject([
      {
        path: ["listeners", 0, "anonymous"],
        message: "must not be false without users: nobody could connect",
      },
    ]);
  });
});

describe("a service is open to everybody", () => {
  const tls = { cert: "a", key: "b", ca: "c", requireClientCert: true };
  const cases: [settings: object, knows: boolean][] = [
    [{}, false],
    [{ users }, true],
    [{ users, anonymous: true }, false],
    [{ users, listeners: [{ port: 0 }] }, true],
    [{ users, listeners: [{ port: 0, anonymous: true }] }, false],
    [{ users, listeners: [{ path: "mqtt.sock", anonymous: true }] }, true],
    [
      { users, anonymous: true, onlyFor: [{ user: "ani" }], listeners: [{ port: 0, anonymous: false }] },
      false,
    ],
    [{ tls }, true],
    [{ tls, listeners: [{ port: 0 }] }, false],
    [{ tls: { ...tls, usernameFrom: "cn" }, anonymous: false, listeners: [{ port: 0 }] }, true],
  ];
  for (const [settings, knows] of cases) {
    test(`${JSON.stringify(settings)}: ${knows ? "no" : "yes"}`, () => {
      expect(mqtt.knowsItsClients?.(mqtt.config.parse(settings))).toBe(knows);
    });
  }
});

describe("a listener for somebody who does not exist", () => {
  const unmet = (settings: object) => [...unmetAccess(mqtt.config.parse(settings))];

  test("is reported where it is written", () => {
    const listeners = [{ port: 0, onlyFor: [{ user: "ani" }, { group: "dosn" }] }];
    expect(unmet({ users, onlyFor: [{ user: "bud" }], listeners })).toEqual([
      {
        path: ["onlyFor", 0, "user"],
        message: 'names the user "bud", and there is no such user: did you mean "budi"?',
      },
      {
        path: ["listeners", 0, "onlyFor", 1, "group"],
        message: 'names the group "dosn", and no user has it in its groups: did you mean "dosen"?',
      },
    ]);
  });

  test("is reported where no users are listed", () => {
    expect(unmet({ onlyFor: [{ user: "ani" }] })).toEqual([
      {
        path: ["onlyFor", 0, "user"],
        message: 'names the user "ani", and no users are listed, so nobody can prove a name',
      },
    ]);
  });

  test("may be somebody whom a certificate names, on that listener", () => {
    const tls = { cert: "a", key: "b", ca: "c", requireClientCert: true, usernameFrom: "cn" };
    expect(unmet({ listeners: [{ port: 0, tls, onlyFor: [{ user: "ani" }] }] })).toEqual([]);
    const listeners = [
      { port: 0, tls },
      { port: 0, onlyFor: [{ user: "ani" }] },
    ];
    expect(unmet({ listeners })).toMatchObject([{ path: ["listeners", 1, "onlyFor", 0, "user"] }]);
  });

  test("names somebody", () => {
    expect(mqtt.config.safeParse({ users, onlyFor: [{}] }).error?.issues).toMatchObject([
      { path: ["onlyFor", 0], message: "must name a user or a group" },
    ]);
  });
});

import { hostOf } from "../../../core/address.ts";
import type { Guards, LoginChecks, Logins } from "../../../core/guards.ts";
import { Reason } from "../../../protocol/mqtt/reason.ts";
import type { Access, Verdict } from "../ports/access.ts";
import type { Applicant, AuthenticationMethod, Exchange, Step } from "../ports/authentication.ts";

/** Access whose wrong logins are slowed down by the guard of the whole process, if it has one. */
export function guardedAccess<A extends Access>(
  access: A,
  service: string,
  guards: Guards | undefined,
): Access {
  const logins = guards?.logins;
  if (logins === undefined) return access;
  const methods = new WeakMap<AuthenticationMethod, AuthenticationMethod>();
  return {
    get methods() {
      return access.methods.map((method) => {
        const known = methods.get(method) ?? guardedMethod(method, service, logins);
        methods.set(method, known);
        return known;
      });
    },
    authenticate(credentials) {
      const { username, password, remote, arrival } = credentials;
      // Who shows nothing that could be guessed has nothing to wait for; a certificate has been checked already.
      const isGuess = password !== undefined || arrival.bearer !== undefined;
      if (!isGuess || arrival.certificate !== undefined) return access.authenticate(credentials);
      const attempt = { service, username, host: hostOf(remote), isGone: () => credentials.isGone() };
      return logins.check(attempt, { ...passwords, check: () => access.authenticate(credentials) });
    },
    mayUse: (listener, identity) => access.mayUse(listener, identity),
    mayTakeOver: (identity, owner) => access.mayTakeOver(identity, owner),
    permissionsOf: (identity) => access.permissionsOf(identity),
  };
}

const busy = { reason: Reason.ServerBusy, message: "too many logins wait" } as const;

const passwords: Omit<LoginChecks<Verdict>, "check"> = {
  isWrong: (verdict) => reasonOf(verdict) === Reason.BadUserNameOrPassword,
  isRight: (verdict) => reasonOf(verdict) === Reason.Success,
  busy,
};

const reasonOf = (verdict: Verdict): number => (typeof verdict === "number" ? verdict : verdict.reason);

/** Each step waits its turn: only the last one says whether the proof is right, and which that is the method knows. */
function guardedMethod(method: AuthenticationMethod, service: string, logins: Logins): AuthenticationMethod {
  return {
    name: method.name,
    begin: (applicant) => guarded(method.begin(applicant), applicant, service, logins),
  };
}

function guarded(exchange: Exchange, applicant: Applicant, service: string, logins: Logins): Exchange {
  const host = hostOf(applicant.remote);
  const isGone = () => applicant.isGone();
  return {
    next: (data) =>
      logins.check<Step>(
        { service, host, username: exchange.username, isGone },
        {
          check: () => exchange.next(data),
          isWrong: ({ kind }) => kind === "refused",
          isRight: ({ kind }) => kind === "accepted",
          busy: { kind: "refused", ...busy },
        },
      ),
  };
}

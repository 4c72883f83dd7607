import { Reason } from "../../../protocol/mqtt/reason.ts";
import { saslPrep } from "../../../protocol/scram/sasl-prep.ts";
import type { Access, CertifiedName, Credentials, Verdict } from "../ports/access.ts";
import { namesByCertificate, type UsersConfig, usersIn } from "./config.ts";

/** Lets those in whom their certificates name, and asks `others` about everybody else. */
export function byCertificate(others: Access, config: UsersConfig): Access {
  if (!namesByCertificate(config)) return others;
  const asksOthers = usersIn(config).length > 0 || config.auth !== undefined;
  return {
    ...others,
    authenticate(credentials) {
      const { certificate } = credentials.arrival;
      if (certificate !== undefined) return verdictOf(certificate, credentials);
      if (asksOthers) return others.authenticate(credentials);
      // Nobody has a password: on the other listeners a name could be anybody's, also one of a certificate.
      if (credentials.username !== undefined) return unproved;
      return (credentials.listener.anonymous ?? config.anonymous) === false
        ? Reason.NotAuthorized
        : Reason.Success;
    },
    mayTakeOver: (identity, owner) => identity.username === owner,
  };
}

const unproved = { reason: Reason.NotAuthorized, message: "here only a certificate proves a user name" };
const nameless = { reason: Reason.NotAuthorized, message: "the certificate gives no clear user name" };
const another = { reason: Reason.NotAuthorized, message: "the certificate gives another user name" };

function verdictOf({ name }: CertifiedName, { username }: Credentials): Verdict {
  // A name that means another one when it is normalized could be somebody else's: who signs certificates may not see it.
  if (name === undefined || saslPrep(name) !== name) return nameless;
  if (username !== undefined && saslPrep(username) !== name) return another;
  return { reason: Reason.Success, username: name };
}

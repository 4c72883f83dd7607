import { protocolError } from "../../../protocol/mqtt/errors.ts";
import { isReasonOf, Reason } from "../../../protocol/mqtt/reason.ts";
import type { Refusal } from "../ports/access.ts";
import type { AuthenticationMethod, Exchange, Step } from "../ports/authentication.ts";
import type { Connection } from "./connection.ts";
import { refuse } from "./handlers/connect/refuse.ts";
import { whenDecided } from "./pending-decision.ts";

type Accepted = Extract<Step, { kind: "accepted" }>;

/** The AUTH packets of one connection, section 4.12: those between CONNECT and CONNACK, and later ones anew. */
export class Authentication {
  readonly #connection: Connection;
  /** The one that is under way. */
  #exchange: Exchange | undefined;
  #isClientsTurn = false;
  #accept: (step: Accepted) => void = () => {};

  constructor(
    connection: Connection,
    /** The one that CONNECT named; it stays while the connection lasts. */
    readonly method: AuthenticationMethod,
  ) {
    this.#connection = connection;
  }

  /** @param accept called when the client has proved who it is; who cannot is turned away here */
  begin(data: Uint8Array | undefined, accept: (step: Accepted) => void): void {
    if (this.#exchange !== undefined)
      throw protocolError("AUTH begins anew in the middle of an authentication");
    const connection = this.#connection;
    const { clientId } = connection.identity;
    const { remote } = connection.link.conversation;
    const isGone = () => connection.state === "closed";
    this.#exchange = this.method.begin({ clientId, remote, isGone });
    this.#accept = accept;
    this.#judge(this.#exchange, data);
  }

  /** The client answers. */
  proceed(data: Uint8Array | undefined): void {
    if (this.#exchange === undefined || !this.#isClientsTurn) {
      throw protocolError("AUTH came as an answer, and nothing had been asked");
    }
    this.#judge(this.#exchange, data);
  }

  /** Says AUTH. */
  tell(reasonCode: number, authenticationData: Uint8Array | undefined): void {
    const properties = {
      authenticationMethod: this.method.name, // [MQTT-4.12.0-5]
      ...(authenticationData !== undefined && { authenticationData }),
    };
    const packet = { type: "auth", version: 5, reasonCode, properties } as const;
    // A client that cannot be told would wait for ever.
    if (!this.#connection.send(packet)) this.#connection.close();
  }

  #judge(exchange: Exchange, data: Uint8Array | undefined): void {
    this.#isClientsTurn = false;
    whenDecided(this.#connection, exchange.next(data), (step) => this.#take(step));
  }

  #take(step: Step): void {
    if (step.kind === "continue") {
      this.#isClientsTurn = true;
      if (this.#connection.session === undefined) this.#connection.state = "authenticating";
      this.tell(Reason.ContinueAuthentication, step.data); // [MQTT-4.12.0-2]
      return;
    }
    this.#exchange = undefined;
    if (step.kind === "accepted") this.#accept(step);
    else this.turnAway(step);
  }

  /** Before CONNACK by a CONNACK [MQTT-4.12.0-4], later by a DISCONNECT [MQTT-4.12.1-2]. */
  turnAway(refusal: Refusal): void {
    const connection = this.#connection;
    if (connection.session === undefined) {
      refuse(connection, refusal);
      return;
    }
    const { reason, serverReference } = refusal;
    // DISCONNECT has fewer reasons than CONNACK, section 3.14.2.1: 0x86 and 0x8C are not among them.
    const code = isReasonOf("disconnect", reason) ? reason : Reason.NotAuthorized;
    connection.broker.log.info(`Disconnected ${connection.name}: it could not prove anew who it is`);
    connection.disconnect(code, "it could not be proved anew who the client is", serverReference);
  }
}

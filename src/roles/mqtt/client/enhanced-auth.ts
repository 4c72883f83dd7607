import type { Conversation } from "../../../core/traffic.ts";
import { protocolError } from "../../../protocol/mqtt/errors.ts";
import type { Packet } from "../../../protocol/mqtt/packet.ts";
import { isReasonOf, Reason } from "../../../protocol/mqtt/reason.ts";
import type { Identity } from "../ports/access.ts";
import type { AuthenticationMethod, Exchange, Refusal, Step } from "../ports/authentication.ts";
import type { ConnectionState } from "./packet-reader.ts";
import { awaitDecision, type DecidedClient } from "./pending-decision.ts";

type Accepted = Extract<Step, { kind: "accepted" }>;

/** The client that authenticates. */
interface AuthenticatingClient extends DecidedClient {
  readonly identity: Identity;
  readonly conversation: Conversation;
  state: ConnectionState;
  send(packet: Packet): boolean;
  close(): void;
  disconnect(reasonCode: number, reasonString: string, serverReference?: string): void;
}

/** Enhanced authentication on one connection, section 4.12: by AUTH packets before CONNACK, and later ones anew. */
export class EnhancedAuth {
  readonly #client: AuthenticatingClient;
  /** The one that is under way. */
  #exchange: Exchange | undefined;
  #isClientsTurn = false;
  #accept: (step: Accepted) => void = () => {};

  constructor(
    client: AuthenticatingClient,
    /** The one that CONNECT named; it stays while the connection lasts. */
    readonly method: AuthenticationMethod,
  ) {
    this.#client = client;
  }

  /** @param accept called when the client has proved who it is; otherwise it is refused here */
  begin(data: Uint8Array | undefined, accept: (step: Accepted) => void): void {
    if (this.#exchange !== undefined)
      throw protocolError("AUTH begins anew in the middle of an authentication");
    const client = this.#client;
    const { clientId } = client.identity;
    const { remote } = client.conversation;
    this.#exchange = this.method.begin({ clientId, remote, isGone: () => client.isClosed });
    this.#accept = accept;
    this.#next(this.#exchange, data);
  }

  /** The client answers. */
  proceed(data: Uint8Array | undefined): void {
    if (this.#exchange === undefined || !this.#isClientsTurn) {
      throw protocolError("AUTH came as an answer, and nothing had been asked");
    }
    this.#next(this.#exchange, data);
  }

  /** Sends AUTH. */
  send(reasonCode: number, authenticationData: Uint8Array | undefined): void {
    const properties = {
      authenticationMethod: this.method.name, // [MQTT-4.12.0-5]
      ...(authenticationData !== undefined && { authenticationData }),
    };
    const packet = { type: "auth", version: 5, reasonCode, properties } as const;
    // A client that does not get it would wait for ever.
    if (!this.#client.send(packet)) this.#client.close();
  }

  #next(exchange: Exchange, data: Uint8Array | undefined): void {
    this.#isClientsTurn = false;
    awaitDecision(this.#client, exchange.next(data), (step) => this.#take(step));
  }

  #take(step: Step): void {
    if (step.kind === "continue") {
      this.#isClientsTurn = true;
      if (this.#client.session === undefined) this.#client.state = "authenticating";
      this.send(Reason.ContinueAuthentication, step.data); // [MQTT-4.12.0-2]
      return;
    }
    this.#exchange = undefined;
    if (step.kind === "accepted") this.#accept(step);
    else this.refuse(step);
  }

  /** Before CONNACK by a CONNACK [MQTT-4.12.0-4], later by a DISCONNECT [MQTT-4.12.1-2]. */
  refuse(refusal: Refusal): void {
    const client = this.#client;
    if (client.session === undefined) {
      client.refuse(refusal);
      return;
    }
    const { reason, serverReference } = refusal;
    // DISCONNECT has fewer reasons than CONNACK, section 3.14.2.1: 0x86 and 0x8C are not among them.
    const code = isReasonOf("disconnect", reason) ? reason : Reason.NotAuthorized;
    client.broker.log.info(`Disconnected ${client.name}: re-authentication failed`);
    client.disconnect(code, "re-authentication failed", serverReference);
  }
}

const xmlNamespace = "http://www.w3.org/XML/1998/namespace";

export interface QName {
  /** Empty: no namespace. */
  readonly namespace: string;
  readonly local: string;
}

/** Clark notation: `{namespace}local`, or `local` without a namespace. */
export function clarkName({ namespace, local }: QName): string {
  return namespace === "" ? local : `{${namespace}}${local}`;
}

interface Binding {
  readonly prefix: string;
  readonly namespace: string;
  readonly depth: number;
}

/** The namespace prefixes in scope while a document is read: an element binds them, its end removes them. */
export class Namespaces {
  readonly #bindings: Binding[] = [{ prefix: "xml", namespace: xmlNamespace, depth: 0 }];

  /** Binds the `xmlns` attributes of an element at `depth`, 1 for the root. */
  bind(attributes: Readonly<Record<string, string>>, depth: number): void {
    for (const name in attributes) {
      if (!name.startsWith("xmlns")) continue;
      if (name.length === 5) this.#push("", attributes[name], depth);
      else if (name.charCodeAt(5) === 0x3a) this.#push(name.slice(6), attributes[name], depth);
    }
  }

  #push(prefix: string, namespace = "", depth: number): void {
    this.#bindings.push({ prefix, namespace, depth });
  }

  /** Removes the prefixes that the element at `depth` bound. */
  leave(depth: number): void {
    while ((this.#bindings.at(-1)?.depth ?? 0) >= depth) this.#bindings.pop();
  }

  /** @returns undefined when the prefix is not bound or the name has more than one colon */
  element(name: string): QName | undefined {
    return this.#resolve(name, this.#find("") ?? "");
  }

  /** As `element`, but without a prefix an attribute is in no namespace (Namespaces in XML §6.2). */
  attribute(name: string): QName | undefined {
    return this.#resolve(name, "");
  }

  #resolve(name: string, unprefixed: string): QName | undefined {
    const colon = name.indexOf(":");
    if (colon < 0) return { namespace: unprefixed, local: name };
    const local = name.slice(colon + 1);
    const namespace = this.#find(name.slice(0, colon));
    if (!namespace || local === "" || local.includes(":")) return undefined;
    return { namespace, local };
  }

  #find(prefix: string): string | undefined {
    for (let index = this.#bindings.length - 1; index >= 0; index--) {
      const binding = this.#bindings[index];
      if (binding?.prefix === prefix) return binding.namespace;
    }
    return undefined;
  }
}

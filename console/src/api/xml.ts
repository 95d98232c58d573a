/** The part of a DOM element that the reader needs. */
export interface XmlElement {
  readonly localName: string;
  readonly children: ArrayLike<XmlElement>;
  readonly textContent: string | null;
}

export type XmlValue = string | XmlValue[] | { [name: string]: XmlValue };

/** Query-protocol XML as plain values: `<X><member>..</member></X>` is a list, an element with children an object. */
export function elementToValue(element: XmlElement): XmlValue {
  const children = Array.from(element.children);
  if (children.length === 0) return element.textContent ?? '';
  if (children.every((child) => child.localName === 'member')) return children.map(elementToValue);
  const object: { [name: string]: XmlValue } = {};
  for (const child of children) {
    // `__proto__` and the like must stay plain members.
    Object.defineProperty(object, child.localName, { value: elementToValue(child), enumerable: true });
  }
  return object;
}

/** Reads `<SomethingResult>` out of a query answer. An empty list is an empty text there: `asList` evens that out. */
export function readQueryResult(text: string, operation: string): { [name: string]: XmlValue } {
  const document = new DOMParser().parseFromString(text, 'text/xml');
  const result = document.getElementsByTagNameNS('*', `${operation}Result`)[0];
  const value = result ? elementToValue(result) : {};
  return typeof value === 'object' && !Array.isArray(value) ? value : {};
}

export function asList<Item = { [name: string]: XmlValue }>(value: XmlValue | undefined): Item[] {
  return Array.isArray(value) ? (value as Item[]) : [];
}

export function asText(value: XmlValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

export function asObject(value: XmlValue | undefined): { [name: string]: XmlValue } {
  return value !== undefined && typeof value === 'object' && !Array.isArray(value) ? value : {};
}

/** Form fields as the query protocol writes them: lists are `Name.member.1`. */
export function toForm(input: object, prefix = ''): [string, string][] {
  return Object.entries(input).flatMap(([key, value]): [string, string][] => {
    const name = prefix ? `${prefix}.${key}` : key;
    if (value === undefined || value === null) return [];
    if (Array.isArray(value)) {
      return value.flatMap((item, index) => {
        const itemName = `${name}.member.${index + 1}`;
        return typeof item === 'object' ? toForm(item, itemName) : [[itemName, String(item)] as [string, string]];
      });
    }
    return typeof value === 'object' ? toForm(value, name) : [[name, String(value)]];
  });
}

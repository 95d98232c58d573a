import type { Member, Shape } from '../model.ts';
import { formatTimestamp } from './timestamp.ts';

/** Members of a query or ec2 response, in the model's order; undefined and null are left out. */
export function writeXmlMembers(shape: Shape, value: any): string {
  let xml = '';
  for (const member of shape.members) {
    const item = value[member.name];
    if (!member.location && item !== undefined && item !== null) {
      xml += writeXml(member.shape, item, member.locationName ?? member.name, member);
    }
  }
  return xml;
}

function writeXml(shape: Shape, value: any, tag: string, member: Member): string {
  switch (shape.type) {
    case 'structure':
      return element(tag, writeXmlMembers(shape, value));
    case 'list':
      return writeList(shape, value, tag, member);
    case 'map':
      return writeMap(shape, value, tag, member);
    default:
      return element(tag, writeText(shape, value, member));
  }
}

function writeList(shape: Shape, value: Iterable<unknown>, tag: string, member: Member): string {
  const item = shape.item!;
  const itemTag = member.flattened ? (item.locationName ?? tag) : (item.locationName ?? 'member');
  let xml = '';
  for (const entry of value) xml += writeXml(item.shape, entry, itemTag, item);
  return member.flattened ? xml : element(tag, xml);
}

function writeMap(shape: Shape, value: Record<string, unknown>, tag: string, member: Member): string {
  let xml = '';
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined || item === null) continue;
    const pair =
      writeXml(shape.key!.shape, key, shape.key!.locationName ?? 'key', shape.key!) +
      writeXml(shape.value!.shape, item, shape.value!.locationName ?? 'value', shape.value!);
    xml += element(member.flattened ? tag : 'entry', pair);
  }
  return member.flattened ? xml : element(tag, xml);
}

function writeText(shape: Shape, value: any, member: Member): string {
  if (shape.type === 'timestamp') return formatTimestamp(value, member.timestampFormat ?? 'iso8601');
  if (shape.type === 'blob') return Buffer.from(value).toString('base64');
  return escapeXml(String(value));
}

const element = (tag: string, content: string): string => `<${tag}>${content}</${tag}>`;

// Control characters other than tab and newline may not stand in XML 1.0, not even escaped: they become U+FFFD.
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
const SPECIAL = /[&<>"\r\u0085\u2028]|[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

export function escapeXml(text: string): string {
  return text.replace(SPECIAL, (character) => {
    switch (character) {
      case '&':
        return '&amp;';
      case '<':
        return '&lt;';
      case '>':
        return '&gt;';
      case '"':
        return '&quot;';
      case '\r':
      case '\u0085':
      case '\u2028':
        return `&#x${character.charCodeAt(0).toString(16).toUpperCase()};`;
      default:
        return '\ufffd';
    }
  });
}

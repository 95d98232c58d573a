import { describe, expect, it } from 'vitest';
import { asList, elementToValue, toForm, type XmlElement } from './xml.ts';

/** Elements written as [name, text | children]: what the reader sees of a DOM. */
function element([localName, content]: [string, string | [string, any][]]): XmlElement {
  const children = typeof content === 'string' ? [] : content.map(element);
  return { localName, children, textContent: typeof content === 'string' ? content : '' };
}

describe('query answers', () => {
  it('become lists, objects and texts', () => {
    const value = elementToValue(
      element([
        'R',
        [
          [
            'Names',
            [
              ['member', 'a'],
              ['member', 'b'],
            ],
          ],
          ['State', [['Code', 'active']]],
          ['None', ''],
        ],
      ]),
    );
    expect(value).toEqual({ Names: ['a', 'b'], State: { Code: 'active' }, None: '' });
  });

  it('keep a name like __proto__ as a plain member', () => {
    const value = elementToValue(element(['R', [['__proto__', 'x']]])) as object;
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  it('read an empty list, which looks like an empty text', () => {
    expect(asList(elementToValue(element(['Names', ''])))).toEqual([]);
  });
});

describe('query forms', () => {
  it('number the members of lists from one', () => {
    expect(toForm({ Names: ['a', 'b'], Filter: { Key: 'k' }, Skip: undefined, Items: [{ Id: 1 }] })).toEqual([
      ['Names.member.1', 'a'],
      ['Names.member.2', 'b'],
      ['Filter.Key', 'k'],
      ['Items.member.1.Id', '1'],
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import { countFacets } from './count-facets.ts';

describe('facets', () => {
  it('count each trace once per value', () => {
    const facets = countFacets([
      {
        Id: '1',
        ServiceIds: [{ Name: 'bff' }, { Name: 'bff', Type: 'AWS::ECS::Container' }],
        Http: { HttpStatus: 200 },
      },
      { Id: '2', ServiceIds: [{ Name: 'bff' }], HasFault: true, Http: { HttpStatus: 502 } },
    ]);
    expect(facets).toEqual([
      { name: 'flag', values: [{ text: 'fault', count: 1, condition: 'fault' }] },
      { name: 'node', values: [{ text: 'bff', count: 2, condition: 'service("bff")' }] },
      {
        name: 'status',
        values: [
          { text: '200', count: 1, condition: 'http.status = 200' },
          { text: '502', count: 1, condition: 'http.status = 502' },
        ],
      },
    ]);
  });

  it('quote text values and leave numbers bare', () => {
    const facets = countFacets([
      {
        Id: '1',
        Annotations: {
          game: [{ AnnotationValue: { StringValue: 'a"b' } }],
          age: [{ AnnotationValue: { NumberValue: 0 } }],
        },
      },
    ]);
    expect(facets.flatMap((facet) => facet.values.map((value) => value.condition))).toEqual([
      'annotation[game] = "a\\"b"',
      'annotation[age] = 0',
    ]);
  });
});

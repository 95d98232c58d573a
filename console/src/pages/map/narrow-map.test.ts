import { describe, expect, it } from 'vitest';
import type { Service } from '../../api/ecs.ts';
import { buildTraceMap } from './map-model.ts';
import { namesOf, narrowMap, readShow } from './narrow-map.ts';

const map = buildTraceMap([
  { ReferenceId: 0, Name: 'bff', Type: 'client', Edges: [{ ReferenceId: 1 }] },
  { ReferenceId: 1, Name: 'bff', Type: 'svc', Edges: [{ ReferenceId: 2 }] },
  { ReferenceId: 2, Name: 'backend1', Type: 'svc', Edges: [{ ReferenceId: 3 }] },
  { ReferenceId: 3, Name: 'table', Type: 'AWS::DynamoDB::Table' },
]);

const service = (serviceName: string, cluster: string, tags: Service['tags'] = []): Service =>
  ({ serviceName, clusterArn: `arn:aws:ecs:x:1:cluster/${cluster}`, tags }) as Service;

describe('a part of the map', () => {
  it('keeps the chosen nodes and their neighbours', () => {
    const part = narrowMap(map, new Set(['backend1']));
    expect(part.nodes.map((node) => node.id)).toEqual(['backend1~svc', 'bff~svc', 'table~AWS::DynamoDB::Table']);
    expect(part.edges).toHaveLength(2);
  });

  it('is chosen by cluster, service or tag', () => {
    const services = [service('bff', 'shop', [{ key: 'team', value: 'web' }]), service('pay', 'bank')];
    expect(namesOf({ by: 'cluster', value: 'shop' }, services)).toEqual(new Set(['bff']));
    expect(namesOf({ by: 'tag', value: 'team=web' }, services)).toEqual(new Set(['bff']));
    expect(namesOf({ by: 'service', value: 'pay' }, services)).toEqual(new Set(['pay']));
  });

  it('is read from the address, whatever stands there', () => {
    expect(readShow('tag:team=a:b')).toEqual({ by: 'tag', value: 'team=a:b' });
    expect(readShow('group:')).toBeUndefined();
    expect(readShow('nonsense')).toBeUndefined();
  });
});

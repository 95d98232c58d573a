import { describe, expect, it } from 'vitest';
import type { TaskDefinition } from '../../api/ecs.ts';
import { definitionLines } from './definition-lines.ts';

const definition = (container: object, more: object = {}): TaskDefinition => ({
  taskDefinitionArn: 'arn:1',
  family: 'bff',
  revision: 1,
  containerDefinitions: [{ name: 'app', image: 'app', ...container }],
  ...more,
});

describe('the lines of a task definition', () => {
  it('are the same whether a default was written down or not', () => {
    const short = definition({ portMappings: [{ containerPort: 80 }] });
    const long = definition(
      {
        cpu: 0,
        essential: true,
        environment: [],
        mountPoints: [],
        dockerLabels: {},
        portMappings: [{ hostPort: 80, protocol: 'tcp', containerPort: 80 }],
      },
      { revision: 2, taskDefinitionArn: 'arn:2', registeredAt: 9, volumes: [], placementConstraints: [] },
    );
    expect(definitionLines(long)).toEqual(definitionLines(short));
  });

  it('are the same in whatever order members and variables were written', () => {
    const [a, b] = [
      { name: 'A', value: '1' },
      { name: 'B', value: '2' },
    ];
    const one = definition({ environment: [a, b] }, { cpu: '256', memory: '512' });
    const other = definition(
      { environment: [b, a].map(({ name, value }) => ({ value, name })) },
      { memory: '512', cpu: '256' },
    );
    expect(definitionLines(other)).toEqual(definitionLines(one));
  });

  it('gain one line for one variable more, wherever it stands', () => {
    const one = { name: 'A', value: '1' };
    const before = definitionLines(definition({ environment: [one] }));
    const after = definitionLines(definition({ environment: [one, { name: 'B', value: '2' }] }));
    expect(after.filter((line) => !before.includes(line))).toEqual(['        { "name": "B", "value": "2" }']);
    expect(before.filter((line) => !after.includes(line))).toEqual([]);
  });

  it('differ where they mean something else', () => {
    const before = definition({ environment: [{ name: 'DELAY', value: '0' }] });
    for (const after of [
      definition({ environment: [{ name: 'DELAY', value: '5' }] }),
      definition({ essential: false, environment: [{ name: 'DELAY', value: '0' }] }),
      definition({ cpu: 10, environment: [{ name: 'DELAY', value: '0' }] }),
      definition({ command: ['a', 'b'], environment: [{ name: 'DELAY', value: '0' }] }),
    ]) {
      expect(definitionLines(after)).not.toEqual(definitionLines(before));
    }
    expect(definitionLines(definition({ command: ['a', 'b'] }))).not.toEqual(
      definitionLines(definition({ command: ['b', 'a'] })),
    );
  });
});

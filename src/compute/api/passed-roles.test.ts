import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ComputeFixture, startComputeFixture, testContext } from '../compute.fixture.ts';

let fixture: ComputeFixture;

beforeEach(async () => {
  fixture = await startComputeFixture();
});
afterEach(() => fixture.stop());

const passed = (operation: string, input: object) =>
  fixture.compute.services[0]!.passedRoles!(operation, input, testContext).map((one) => one.roleArn);
const role = (name: string) => `arn:aws:iam::000000000000:role/${name}`;

it('a definition that is registered passes its roles, by name or ARN, each once', () => {
  const input = { family: 'web', taskRoleArn: 'app', executionRoleArn: role('team/pull') };
  expect(passed('RegisterTaskDefinition', input)).toEqual([role('app'), role('team/pull')]);
  expect(passed('RegisterTaskDefinition', { taskRoleArn: 'app', executionRoleArn: role('app') })).toEqual([
    role('app'),
  ]);
  expect(passed('RegisterTaskDefinition', { family: 'web' })).toEqual([]);
});

it('a task that is run passes the roles that it will have', async () => {
  const containerDefinitions = [{ name: 'app', image: 'web:1', memory: 64 }];
  await fixture.call('RegisterTaskDefinition', { family: 'web', taskRoleArn: 'app', containerDefinitions });
  expect(passed('RunTask', { taskDefinition: 'web' })).toEqual([role('app')]);
  expect(passed('StartTask', { taskDefinition: 'web:1', overrides: { taskRoleArn: role('admin') } })).toEqual([
    role('admin'),
  ]);
  expect(passed('RunTask', { taskDefinition: 'nothing' })).toEqual([]);
  expect(passed('CreateService', { taskDefinition: 'web' })).toEqual([]);
});

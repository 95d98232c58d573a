import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createImageCatalog } from './image-catalog.ts';
import { repositoryOf } from './image-name.ts';

function makeImage(dockerfile: string): string {
  const directory = realpathSync(mkdtempSync(path.join(tmpdir(), 'hatoba-image-')));
  writeFileSync(path.join(directory, 'Dockerfile'), dockerfile);
  return directory;
}

const container = (image: string, extra: object = {}) => ({ image, entryPoint: [], command: [], ...extra });

test.each([
  ['nginx', 'nginx'],
  ['nginx:1.25', 'nginx'],
  ['library/nginx@sha256:abc', 'nginx'],
  ['docker.io/library/nginx:latest', 'nginx'],
  ['123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/bff:12@sha256:abc', 'shop/bff'],
  ['localhost:5000/shop/bff', 'shop/bff'],
  ['shop/bff:12', 'shop/bff'],
])('the repository of %s is %s', (image, repository) => {
  expect(repositoryOf(image)).toBe(repository);
});

test('a name with its own tag wins over the same repository', () => {
  const [one, two] = [makeImage('CMD ["one"]'), makeImage('CMD ["two"]')];
  const catalog = createImageCatalog({ images: { 'shop/bff': one, 'shop/bff:2': two }, standIns: true });
  expect(catalog.resolve(container('shop/bff:2')).command).toEqual(['two']);
  expect(catalog.resolve(container('registry.example.com/shop/bff:9')).command).toEqual(['one']);
});

test('paths below the image’s root are paths below the directory', () => {
  const directory = makeImage(
    'WORKDIR /srv\nCOPY . /app\nWORKDIR /app/server\nENV CONFIG=/app/config.json PATH=/app/bin:$PATH\nENTRYPOINT ["/app/run"]\nCMD ["/etc/x", "/application"]',
  );
  mkdirSync(path.join(directory, 'server'));
  const resolved = createImageCatalog({ images: { a: directory }, standIns: true }).resolve(container('a'));
  expect(resolved).toMatchObject({
    kind: 'directory',
    command: [`${directory}/run`, '/etc/x', '/application'],
    workingDirectory: `${directory}/server`,
    environment: { CONFIG: `${directory}/config.json`, PATH: `${directory}/bin:$PATH` },
  });
});

test('the definition’s entry point drops the image’s command, its command does not drop the entry point', () => {
  const catalog = createImageCatalog({ images: { a: makeImage('ENTRYPOINT ["e"]\nCMD ["c"]') }, standIns: true });
  expect(catalog.resolve(container('a', { entryPoint: ['x'] })).command).toEqual(['x']);
  expect(catalog.resolve(container('a', { command: ['y'] })).command).toEqual(['e', 'y']);
});

test('a mapped directory wins over a stand-in, and stand-ins can be turned off', () => {
  const image = 'public.ecr.aws/aws-observability/aws-otel-collector:v0.40.0';
  const mapped = createImageCatalog({
    images: { 'aws-observability/aws-otel-collector': makeImage('CMD ["own"]') },
    standIns: true,
  });
  expect(mapped.resolve(container(image)).kind).toBe('directory');
  expect(createImageCatalog({ images: {}, standIns: true }).resolve(container(image)).kind).toBe('stand-in');
  expect(() => createImageCatalog({ images: {}, standIns: false }).resolve(container(image))).toThrow(
    'is not known here',
  );
});

test('an image that is not there says so', () => {
  const catalog = createImageCatalog({ images: { gone: '/no/such/directory', silent: makeImage('') }, standIns: true });
  expect(() => catalog.requireImage('gone', true)).toThrow('there is no directory /no/such/directory');
  expect(() => catalog.resolve(container('silent'))).toThrow('says what to run');
  expect(() => catalog.requireImage('constructor', false)).toThrow('is not known here');
});

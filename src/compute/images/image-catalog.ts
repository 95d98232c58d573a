import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { type ContainerSpec, ContainerStartError } from '../runtime/runtime.ts';
import { findImageDirectory } from './image-name.ts';
import { type DockerfileFacts, parseDockerfile } from './parse-dockerfile.ts';
import { findStandIn, standInCommand } from './stand-ins.ts';

/** A container as the process runtime starts it: image and definition brought together. */
export interface ResolvedImage {
  readonly kind: 'directory' | 'stand-in' | 'host';
  /** Program and arguments; never empty. */
  readonly command: readonly string[];
  /** Undefined: the container's own scratch directory. */
  readonly workingDirectory?: string;
  /** The mapped directory, for `directory`. */
  readonly directory?: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly user?: string;
  readonly stopSignal: string;
}

export interface ImageCatalog {
  /** Throws CannotPullContainerError for an image that cannot be had. */
  resolve(container: Pick<ContainerSpec, 'image' | 'entryPoint' | 'command' | 'workingDirectory'>): ResolvedImage;
  /** Throws CannotPullContainerError for an image that cannot be had. */
  requireImage(image: string, hasCommand: boolean): void;
}

export interface ImageCatalogOptions {
  /** Image name to directory; read at each use, so that it may grow. */
  readonly images: Readonly<Record<string, string>>;
  /** False: sidecars that hatoba stands in for are looked up like any other image. */
  readonly standIns: boolean;
}

/** Where image names lead in the process runtime: a directory, a stand-in, or the host's own programs. */
export function createImageCatalog({ images, standIns }: ImageCatalogOptions): ImageCatalog {
  const lookUp = (image: string, hasCommand: boolean) => {
    const directory = findImageDirectory(image, images);
    if (directory !== undefined) return { kind: 'directory', ...readDirectory(image, directory) } as const;
    const standIn = standIns ? findStandIn(image) : undefined;
    if (standIn) return { kind: 'stand-in', standIn } as const;
    if (hasCommand) return { kind: 'host' } as const;
    throw new ContainerStartError(
      'CannotPullContainerError',
      `pull image manifest has been retried 1 time(s): ${image} is not known here: map it to a directory under ` +
        "`images:` in hatoba.yaml and start hatoba again, or give the container a command to run from the host's PATH",
    );
  };

  return {
    resolve(container) {
      const hasCommand = container.entryPoint.length + container.command.length > 0;
      const found = lookUp(container.image, hasCommand);
      if (found.kind === 'stand-in') {
        return { kind: 'stand-in', command: standInCommand(found.standIn), environment: {}, stopSignal: 'SIGTERM' };
      }
      if (found.kind === 'host') {
        const command = [...container.entryPoint, ...container.command];
        return {
          kind: 'host',
          command,
          workingDirectory: container.workingDirectory,
          environment: {},
          stopSignal: 'SIGTERM',
        };
      }
      return resolveDirectory(container, found.directory, found.facts);
    },
    requireImage(image, hasCommand) {
      lookUp(image, hasCommand);
    },
  };
}

function resolveDirectory(
  container: Pick<ContainerSpec, 'image' | 'entryPoint' | 'command' | 'workingDirectory'>,
  directory: string,
  facts: DockerfileFacts,
): ResolvedImage {
  const root = facts.copyRoot ?? facts.workingDirectory;
  const toHost = (containerPath: string) => mapPath(containerPath, root, directory);
  // As Docker does: an entry point of the definition drops the image's command.
  const entryPoint = container.entryPoint.length > 0 ? container.entryPoint : facts.entryPoint;
  const imageCommand = container.entryPoint.length > 0 ? [] : facts.command;
  const command = [...entryPoint, ...(container.command.length > 0 ? container.command : imageCommand)].map(toHost);
  if (command.length === 0) {
    throw new ContainerStartError(
      'CannotPullContainerError',
      `${container.image}: neither the task definition nor a Dockerfile in ${directory} says what to run`,
    );
  }
  const asked = container.workingDirectory ?? facts.workingDirectory;
  return {
    kind: 'directory',
    directory,
    command,
    workingDirectory: chooseWorkingDirectory(asked, toHost, directory),
    environment: mapEnvironment(facts.environment, toHost),
    ...(facts.user ? { user: facts.user } : {}),
    stopSignal: facts.stopSignal ?? 'SIGTERM',
  };
}

/** Values that are a path, or a list of paths, below the image's root follow it. */
function mapEnvironment(
  environment: Readonly<Record<string, string>>,
  toHost: (path: string) => string,
): Record<string, string> {
  const mapList = (value: string) => value.split(':').map(toHost).join(':');
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, mapList(value)]));
}

/** A path below the image's root is a path below the mapped directory; others stay. */
function mapPath(containerPath: string, root: string | undefined, directory: string): string {
  if (root === undefined || root === '/') return containerPath;
  if (containerPath === root) return directory;
  return containerPath.startsWith(`${root}/`)
    ? path.join(directory, containerPath.slice(root.length + 1))
    : containerPath;
}

function chooseWorkingDirectory(
  asked: string | undefined,
  toHost: (path: string) => string,
  directory: string,
): string {
  if (asked === undefined) return directory;
  const mapped = toHost(asked);
  return mapped !== asked && existsSync(mapped) ? mapped : directory;
}

function readDirectory(image: string, directory: string): { directory: string; facts: DockerfileFacts } {
  const absolute = path.resolve(directory);
  if (!existsSync(absolute) || !statSync(absolute).isDirectory()) {
    throw new ContainerStartError('CannotPullContainerError', `${image}: there is no directory ${absolute}`);
  }
  const dockerfile = path.join(absolute, 'Dockerfile');
  return {
    directory: absolute,
    facts: parseDockerfile(existsSync(dockerfile) ? readFileSync(dockerfile, 'utf8') : ''),
  };
}

/**
 * The repository part of an image name: without registry host, tag and digest.
 * `123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/bff:12@sha256:...` gives `shop/bff`.
 */
export function repositoryOf(image: string): string {
  const withoutDigest = image.split('@', 1)[0] ?? image;
  const lastSlash = withoutDigest.lastIndexOf('/');
  const tagAt = withoutDigest.indexOf(':', lastSlash + 1);
  const withoutTag = tagAt === -1 ? withoutDigest : withoutDigest.slice(0, tagAt);
  const [first = '', ...rest] = withoutTag.split('/');
  // Docker's own rule: a first part with a dot or a port, or `localhost`, is a registry.
  const isRegistry = rest.length > 0 && (first.includes('.') || first.includes(':') || first === 'localhost');
  const repository = isRegistry ? rest.join('/') : withoutTag;
  return repository.startsWith('library/') ? repository.slice('library/'.length) : repository;
}

/** The directory that `images` gives for a name: as it is written, else by repository. */
export function findImageDirectory(image: string, images: Readonly<Record<string, string>>): string | undefined {
  if (Object.hasOwn(images, image)) return images[image];
  const repository = repositoryOf(image);
  const match = Object.keys(images).find((name) => repositoryOf(name) === repository);
  return match === undefined ? undefined : images[match];
}

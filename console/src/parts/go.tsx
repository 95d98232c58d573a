import { createLink } from '@tanstack/react-router';
import type { AnchorHTMLAttributes, Ref } from 'react';

interface AnchorProps extends AnchorHTMLAttributes<HTMLAnchorElement> {
  ref?: Ref<HTMLAnchorElement>;
}

function Anchor({ ref, className, ...rest }: AnchorProps) {
  return <a ref={ref} className={className ? `hatoba-link ${className}` : 'hatoba-link'} {...rest} />;
}

/** A link to a page of the console. Time range, account and region travel along. */
export const Go = createLink(Anchor);

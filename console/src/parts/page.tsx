import ContentLayout from '@cloudscape-design/components/content-layout';
import Header from '@cloudscape-design/components/header';
import { type ReactNode, useEffect } from 'react';
import { Go } from './go.tsx';
import { shorten } from './shorten.ts';

export interface Crumb {
  text: string;
  to: string;
  params?: Record<string, string>;
  search?: Record<string, string>;
}

interface PageProps {
  title: string;
  /** The way here, nearest last. */
  crumbs?: readonly Crumb[];
  description?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** A page's frame: where it is, what it is called, what can be done with it. */
export function Page({ title, crumbs = [], description, actions, children }: PageProps) {
  useEffect(() => {
    document.title = `${shorten(title)} · hatoba`;
  }, [title]);
  return (
    <ContentLayout
      defaultPadding
      header={
        <div className="hatoba-page-head">
          {crumbs.length > 0 && (
            <nav className="hatoba-crumbs">
              {crumbs.map((crumb) => (
                <span key={crumb.text}>
                  <Go to={crumb.to as '/'} params={crumb.params as never} search={crumb.search as never}>
                    {crumb.text}
                  </Go>
                  <span aria-hidden="true"> › </span>
                </span>
              ))}
            </nav>
          )}
          <Header variant="h1" description={description} actions={actions}>
            <span className="hatoba-wrap" title={title}>
              {shorten(title, 160)}
            </span>
          </Header>
        </div>
      }
    >
      {children}
    </ContentLayout>
  );
}

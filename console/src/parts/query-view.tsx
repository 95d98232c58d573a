import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ErrorBox, Loading } from './states.tsx';

interface QueryViewProps<Data> {
  query: UseQueryResult<Data>;
  children: (data: Data) => ReactNode;
  loadingText?: string;
}

/** What a query has so far. After a failure the last good data stays on screen under the error. */
export function QueryView<Data>({ query, children, loadingText }: QueryViewProps<Data>) {
  const { data, error } = query;
  return (
    <>
      {error && <ErrorBox error={error} onRetry={() => query.refetch()} />}
      {data !== undefined ? children(data) : !error && <Loading {...(loadingText ? { text: loadingText } : {})} />}
    </>
  );
}

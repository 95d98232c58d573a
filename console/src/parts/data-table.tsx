import { useCollection } from '@cloudscape-design/collection-hooks';
import Box from '@cloudscape-design/components/box';
import Header from '@cloudscape-design/components/header';
import Pagination from '@cloudscape-design/components/pagination';
import Table, { type TableProps } from '@cloudscape-design/components/table';
import TextFilter from '@cloudscape-design/components/text-filter';
import type { ReactNode } from 'react';
import { useText } from '../i18n/text.ts';
import { useHeldRows } from './use-held-rows.ts';
import { WaitingRows } from './waiting-rows.tsx';

interface DataTableProps<Item> {
  title?: string | undefined;
  description?: ReactNode;
  actions?: ReactNode;
  items: readonly Item[];
  columns: TableProps.ColumnDefinition<Item>[];
  empty: ReactNode;
  trackBy: (item: Item) => string;
  /** Column id and direction to begin with. */
  sort?: { column: string; descending?: boolean };
  filter?: boolean;
  variant?: TableProps.Variant;
  pageSize?: number;
  loading?: boolean;
}

/** Short texts, which numbers with their units are, stay on one line; only long ones are broken. */
const oneLineUpTo = 24;

function unbroken<Item>(column: TableProps.ColumnDefinition<Item>): TableProps.ColumnDefinition<Item> {
  return {
    ...column,
    cell: (item) => {
      const content = column.cell(item);
      const short = typeof content === 'number' || (typeof content === 'string' && content.length <= oneLineUpTo);
      return short ? <span className="hatoba-nowrap">{content}</span> : content;
    },
  };
}

/** A table that sorts, filters by text and pages in the browser, and whose rows stay put while somebody points at one. */
export function DataTable<Item>(props: DataTableProps<Item>) {
  const t = useText();
  const { title, items, columns, empty, sort, pageSize = 50, variant = 'container' } = props;
  const first = columns.find((column) => column.id === sort?.column);
  const {
    items: shown,
    collectionProps,
    filterProps,
    paginationProps,
    filteredItemsCount,
  } = useCollection(items, {
    filtering: { empty, noMatch: <Box textAlign="center">{t('table.no-match')}</Box> },
    pagination: { pageSize },
    sorting: first ? { defaultState: { sortingColumn: first, isDescending: sort?.descending ?? false } } : {},
  });
  const held = useHeldRows(shown, items, props.trackBy);
  const count = filterProps.filteringText ? `(${filteredItemsCount}/${items.length})` : `(${items.length})`;
  return (
    <div {...held.frame}>
      <Table
        {...collectionProps}
        items={held.rows}
        columnDefinitions={columns.map(unbroken)}
        variant={variant}
        wrapLines
        contentDensity="compact"
        stickyHeader={variant === 'full-page'}
        loading={props.loading ?? false}
        loadingText={t('state.loading')}
        trackBy={props.trackBy}
        {...(title
          ? {
              header: (
                <Header
                  variant="h2"
                  counter={count}
                  info={<WaitingRows count={held.waiting} />}
                  {...(props.description ? { description: props.description } : {})}
                  {...(props.actions ? { actions: props.actions } : {})}
                >
                  {title}
                </Header>
              ),
            }
          : {})}
        {...(props.filter
          ? {
              filter: (
                <TextFilter
                  {...filterProps}
                  filteringPlaceholder={t('table.filter')}
                  filteringAriaLabel={t('table.filter')}
                />
              ),
            }
          : {})}
        {...(items.length > pageSize ? { pagination: <Pagination {...paginationProps} /> } : {})}
        empty={empty}
      />
    </div>
  );
}
